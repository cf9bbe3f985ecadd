using System.Globalization;

namespace Nexo.Siege;

/// <summary>What became of a scenario: figures for the table, and what must not be.</summary>
internal sealed class SiegeResult(string name)
{
    public string Name => name;

    public List<(string Name, string Figure)> Figures { get; } = [];

    public List<string> Findings { get; } = [];

    public void Add(string figure, FormattableString value) => Figures.Add((figure, value.ToString(CultureInfo.InvariantCulture)));

    public void Require(bool holds, string otherwise)
    {
        if (!holds)
        {
            Findings.Add(otherwise);
        }
    }

    public override string ToString() =>
        $"{Name}: {string.Join(", ", Figures.Select(figure => $"{figure.Name} {figure.Figure}"))}"
        + string.Concat(Findings.Select(finding => $"\n  BROKEN: {finding}"));

    /// <summary>As Markdown, for the terminal and the documents.</summary>
    public static void WriteTable(TextWriter output, IReadOnlyList<SiegeResult> results)
    {
        foreach (IGrouping<string, SiegeResult> same in results.GroupBy(
            result => string.Join('|', result.Figures.Select(figure => figure.Name))))
        {
            output.WriteLine($"| scenario | {string.Join(" | ", same.First().Figures.Select(figure => figure.Name))} | broken |");
            output.WriteLine($"|---|{string.Concat(same.First().Figures.Select(_ => "---|"))}---|");
            foreach (SiegeResult result in same)
            {
                output.WriteLine(
                    $"| {result.Name} | {string.Join(" | ", result.Figures.Select(figure => figure.Figure))} | {result.Findings.Count} |");
            }

            output.WriteLine();
        }

        foreach (SiegeResult result in results.Where(result => result.Findings.Count > 0))
        {
            output.WriteLine(result);
        }
    }
}
