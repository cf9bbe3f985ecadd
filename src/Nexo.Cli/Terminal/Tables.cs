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
}
