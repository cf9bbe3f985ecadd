using System.CommandLine;
using Nexo.Cli.Terminal;
using Nexo.Server.Brokers;

namespace Nexo.Cli.Users;

/// <summary><c>nexo user bind</c> and <c>nexo user unbind</c>: which namespace a user is always in.</summary>
internal static class BindCommands
{
    public static Command CreateBind()
    {
        Argument<string> name = NameOf();
        var space = new Argument<string>("NAMESPACE") { Description = "One of the server's data.namespaces" };
        var command = new Command("bind", "Have a user be in one namespace always, whatever it asks for") { name, space };
        return command
            .OnUsers(async (run, file) =>
            {
                string to = Read(run.Get(space));
                await file.ChangeAsync(run, run.Get(name), user => user with { Namespace = to });
                Print(run, run.Get(name), to, $"{run.Get(name)} is in {to} always; its connections elsewhere are ended");
                return ExitCode.Ok;
            })
            .WithExamples(("An application of its own", "nexo user bind shop-web shop"));
    }

    public static Command CreateUnbind()
    {
        Argument<string> name = NameOf();
        var command = new Command("unbind", "Have a user be in the default namespace again") { name };
        return command
            .OnUsers(async (run, file) =>
            {
                await file.ChangeAsync(run, run.Get(name), user => user with { Namespace = null });
                Print(run, run.Get(name), null, $"{run.Get(name)} is bound to no namespace");
                return ExitCode.Ok;
            })
            .WithExamples(("It is to keep the server", "nexo user unbind ada"));
    }

    public static Option<string?> NamespaceOption(string description) => new("--namespace")
    {
        Description = description,
        HelpName = "NAME",
    };

    /// <summary>A name that a namespace may have.</summary>
    public static string Read(string name) => Namespaces.FaultOf(name) is { } fault
        ? throw CliFailure.Usage($"'{name}' cannot be a namespace to bind to: {fault}.")
        : name;

    private static Argument<string> NameOf() => new("NAME") { Description = "Whose" };

    private static void Print(CommandRun run, string name, string? space, string text) => run.Out.Result(
        $"{name}\t{space}",
        text,
        json =>
        {
            json.WriteString("user", name);
            json.WriteString("namespace", space);
        });
}
