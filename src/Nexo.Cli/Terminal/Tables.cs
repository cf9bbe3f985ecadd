using Spectre.Console;

namespace Nexo.Cli.Terminal;

/// <summary>The look of our tables: no frame, a bold heading.</summary>
internal static class Tables
{
    public static Table Create(params ReadOnlySpan<string> headings)
    {
        Table table = new Table().NoBorder();
        foreach (string heading in headings)
        {
            table.AddColumn(new TableColumn(new Text(heading, new Style(decoration: Decoration.Bold))).PadRight(2));
        }

        return table;
    }

    /// <summary>Puts what stands in the columns from this one on to their right, where digits of a kind are below each
    /// other.</summary>
    public static Table AlignNumbers(this Table table, int from, int until = int.MaxValue)
    {
        for (int i = from; i < Math.Min(until, table.Columns.Count); i++)
        {
            table.Columns[i].RightAligned();
        }

        return table;
    }
}
