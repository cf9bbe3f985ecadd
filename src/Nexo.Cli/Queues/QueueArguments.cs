using System.CommandLine;
using Nexo.Cli.Terminal;
using Nexo.Client;

namespace Nexo.Cli.Queues;

/// <summary>The arguments that queue commands share.</summary>
internal static class QueueArguments
{
    public static Argument<string> Queue() => new("QUEUE") { Description = "The queue's name" };

    /// <summary>Absent: every one.</summary>
    public static Argument<string?> Prefix(string description) =>
        new("PREFIX") { Description = description, Arity = ArgumentArity.ZeroOrOne };

    /// <summary>The queue that was named; its bodies are any bytes.</summary>
    public static NexoQueue<ReadOnlyMemory<byte>> Queue(this ClientRun run, Argument<string> argument) =>
        run.Client.Queue(run.Get(argument));

    public static Option<bool> Yes() => new("--yes", "-y") { Description = "Do not ask" };
}
