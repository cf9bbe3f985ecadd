using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json;
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

    // A number that a double holds exactly is a number; ids and versions stay text.
    private static void WriteFact(Utf8JsonWriter json, string name, string value)
    {
        const long ExactMax = 1L << 53;
        if (long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out long number)
            && number <= ExactMax)
        {
            json.WriteNumber(name, number);
        }
        else
        {
            json.WriteString(name, value);
        }
    }

    private static void Print(ClientRun run, KeyValuePair<string, string>[] facts)
    {
        if (run.Out.Json)
        {
            run.Out.Object(json =>
            {
                foreach ((string name, string value) in facts)
                {
                    WriteFact(json, name, value);
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
