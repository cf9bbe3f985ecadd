using Nexo.Cli.Terminal;
using Nexo.Client;
using Nexo.Protocol;
using Spectre.Console;

namespace Nexo.Cli.Store;

/// <summary>Prints names beside their values: keys of a batch, or fields of a hash.</summary>
internal static class ItemList
{
    private const int ShownCharsMax = 200;

    /// <summary>
    /// The items of a batch read; an item that cannot be read fails the command after the others were printed.
    /// </summary>
    public static int Print(
        ClientRun run, string noun, byte[][] names, IReadOnlyList<StoreItem<ReadOnlyMemory<byte>>> items)
    {
        if (run.Out.Json)
        {
            for (int i = 0; i < names.Length; i++)
            {
                PrintJson(run, noun, names[i], items[i]);
            }
        }
        else
        {
            Print(run, noun, [.. names.Zip(items).Where(pair => pair.Second.Found)
                .Select(pair => ((ReadOnlyMemory<byte>)pair.First, pair.Second.Value))]);
        }

        for (int i = 0; i < names.Length; i++)
        {
            if (items[i].Error != ErrorCode.None)
            {
                throw new CliFailure(
                    ExitCode.Refused,
                    ClientFailures.SnakeCase($"{items[i].Error}"),
                    $"'{EscapedText.Show(names[i])}' cannot be read: {items[i].Error}.",
                    ClientFailures.Hint(items[i].Error));
            }
        }

        return items.All(item => item.Found) ? ExitCode.Ok : ExitCode.Negative;
    }

    /// <summary>Two columns: a table for people, a tab between them for pipes.</summary>
    public static void Print(
        CommandRun run, string noun, IReadOnlyList<(ReadOnlyMemory<byte> Name, ReadOnlyMemory<byte> Value)> pairs)
    {
        if (!run.Out.ForPeople)
        {
            foreach ((ReadOnlyMemory<byte> name, ReadOnlyMemory<byte> value) in pairs)
            {
                run.Out.Items(name, value);
            }

            return;
        }

        if (pairs.Count == 0)
        {
            return;
        }

        Table table = Tables.Create(noun, "value");
        foreach ((ReadOnlyMemory<byte> name, ReadOnlyMemory<byte> value) in pairs)
        {
            table.AddRow(new Text(run.Out.Shown(name.Span)), new Text(Shown(run, value.Span)));
        }

        run.Out.Render(console => console.Write(table));
    }

    // A table is for looking; the whole of a long value is what get and hget are for.
    private static string Shown(CommandRun run, ReadOnlySpan<byte> value)
    {
        string text = run.Out.Shown(value[..Math.Min(value.Length, ShownCharsMax)]);
        return value.Length <= ShownCharsMax ? text : $"{text}… ({value.Length:N0} bytes)";
    }

    private static void PrintJson(ClientRun run, string noun, byte[] name, StoreItem<ReadOnlyMemory<byte>> item) =>
        run.Out.Object(json =>
        {
            json.WriteBytes(noun, name);
            json.WriteBoolean("found", item.Found);
            if (item.Found)
            {
                json.WriteBytes("value", item.Value.Span);
                if (item.Version != 0)
                {
                    // Fields of a hash have none of their own.
                    json.WriteNumber("version", item.Version);
                }
            }
            else if (item.Error != ErrorCode.None)
            {
                json.WriteString("error", ClientFailures.SnakeCase($"{item.Error}"));
            }
        });
}
