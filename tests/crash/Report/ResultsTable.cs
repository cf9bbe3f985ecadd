namespace Nexo.Crash.Report;

/// <summary>The results as a Markdown table, for the terminal and for <c>docs/durability.md</c>.</summary>
internal static class ResultsTable
{
    public static void Write(TextWriter output, IReadOnlyList<ScenarioResult> results)
    {
        output.WriteLine(
            "| scenario | seed | cycles | acknowledged | of those durable | keys compared | seconds "
            + "| broken promises | and |");
        output.WriteLine("|---|---|---|---|---|---|---|---|---|");
        foreach (ScenarioResult result in results)
        {
            string facts = result.Skipped is { } reason
                ? $"**NOT RUN**: {reason}"
                : string.Join(", ", result.Facts.Select(fact => $"{fact.Value:N0} {fact.Key}"));
            output.WriteLine(
                $"| {result.Name} | {result.Seed} | {result.Cycles:N0} | {result.Acknowledged:N0} "
                + $"| {result.Durable:N0} | {result.Verified:N0} | {result.Took.TotalSeconds:N0} | {result.Findings.Count} | {facts} |");
        }

        foreach (ScenarioResult result in results.Where(result => result.Findings.Count > 0))
        {
            output.WriteLine($"\n{result.Name}, seed {result.Seed}:");
            foreach (object finding in result.Findings)
            {
                output.WriteLine($"- {finding}");
            }
        }
    }
}
