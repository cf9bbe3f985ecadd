using System.CommandLine;
using System.Text;
using Nexo.Cli.Terminal;
using Spectre.Console;

namespace Nexo.Cli;

/// <summary><c>nexo info</c>: what the server says of itself.</summary>
internal static class InfoCommand
{
    public static Command Create()
    {
        Argument<string?> group = new("GROUP")
        {
            Description = "Only names that begin with this, such as store",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var command = new Command("info", "Show what the server says of itself") { group };
        return command
            .OnServer(async run =>
            {
                string prefix = run.Parsed.GetValue(group) ?? "";
                KeyValuePair<string, string>[] facts =
                [
                    .. (await run.Client.InfoAsync(run.Cancel))
                        .Where(fact => fact.Key.StartsWith(prefix, StringComparison.Ordinal)),
                ];
                Print(run, facts);
                return facts.Length > 0 ? ExitCode.Ok : ExitCode.Negative;
            })
            .WithDetails("On a pipe one name and value a line, with a tab between.")
            .WithExamples(
                ("Everything", "nexo info"),
                ("One group, for a program", "nexo info store --json"));
    }

    private static void Print(ClientRun run, KeyValuePair<string, string>[] facts)
    {
        if (run.Out.Json)
        {
            run.Out.Object(json =>
            {
                foreach ((string name, string value) in facts)
                {
                    json.WriteString(name, value);
                }
            });
            return;
        }

        if (!run.Out.ForPeople)
        {
            foreach ((string name, string value) in facts)
            {
                run.Out.Items(Encoding.UTF8.GetBytes(name), Encoding.UTF8.GetBytes(value));
            }

            return;
        }

        Table table = Tables.Create("name", "value");
        foreach ((string name, string value) in facts)
        {
            table.AddRow(new Text(name), new Text(value));
        }

        run.Out.Render(console => console.Write(table));
    }
}
