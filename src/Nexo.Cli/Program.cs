using System.CommandLine;
using System.Runtime.InteropServices;
using Nexo.Cli.Bench;
using Nexo.Cli.Clients;
using Nexo.Cli.Data;
using Nexo.Cli.Manual;
using Nexo.Cli.Queues;
using Nexo.Cli.Serve;
using Nexo.Cli.Store;
using Nexo.Cli.Streams;
using Nexo.Cli.Terminal;
using Nexo.Cli.Topics;
using Nexo.Cli.Users;

namespace Nexo.Cli;

internal static class Program
{
    private static volatile bool _isTerminated;

    /// <summary>Every command; the order is that of the help.</summary>
    public static IEnumerable<Command> Commands() =>
    [
        ServeCommand.Create(),
        ConfigCommand.Create(),
        UserCommand.Create(),
        PingCommand.Create(),
        HealthCommand.Create(),
        InfoCommand.Create(),
        Keeper.TopCommand.Create(),
        ClientsCommand.Create(),
        SlowCommand.Create(),
        StoreCommand.Create(),
        QueueCommand.Create(),
        StreamCommand.Create(),
        PubCommand.Create().InGroup("Topics"),
        SubCommand.Create().InGroup("Topics"),
        RequestCommand.Create().InGroup("Topics"),
        ReplyCommand.Create().InGroup("Topics"),
        TopicsCommand.Create().InGroup("Topics"),
        RetainedCommands.Create().InGroup("Topics"),
        BindCommand.Create().InGroup("Topics"),
        SnapshotCommand.Create(),
        BackupCommand.Create(),
        RestoreCommand.Create(),
        DoctorCommand.Create(),
        BenchCommand.Create(),
        CompletionCommand.Create(),
        ManualCommand.Create(),
        VersionCommand.Create(),
    ];

    public static async Task<int> Main(string[] args)
    {
        using var stop = new CancellationTokenSource();
        using PosixSignalRegistration interrupt = CancelOn(PosixSignal.SIGINT, stop);
        using PosixSignalRegistration terminate = CancelOn(PosixSignal.SIGTERM, stop);
        int exitCode = await CommandLineApp.RunAsync(args, CliConsole.OfProcess(), Commands(), stop.Token);
        return exitCode == ExitCode.Interrupted && _isTerminated ? ExitCode.Terminated : exitCode;
    }

    // The first signal asks; a second one, to a command that does not listen, ends the process.
    private static PosixSignalRegistration CancelOn(PosixSignal signal, CancellationTokenSource stop) =>
        PosixSignalRegistration.Create(signal, context =>
        {
            context.Cancel = !stop.IsCancellationRequested;
            _isTerminated |= signal == PosixSignal.SIGTERM;
            stop.Cancel();
        });
}
