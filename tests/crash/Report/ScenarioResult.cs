using Nexo.Crash.Ledger;
using Nexo.Crash.Scenarios;

namespace Nexo.Crash.Report;

/// <summary>What a run of a scenario came to.</summary>
internal sealed class ScenarioResult(string name, int seed)
{
    private const int FindingsMax = 50;

    public string Name => name;

    public int Seed => seed;

    public int Cycles { get; set; }

    public long Acknowledged { get; set; }

    public long Durable { get; set; }

    public long Verified { get; set; }

    public TimeSpan Took { get; set; }

    /// <summary>Why it could not run; null: it ran.</summary>
    public string? Skipped { get; init; }

    /// <summary>What else is worth a word, such as how many kills struck a recovery.</summary>
    public SortedDictionary<string, long> Facts { get; } = new(StringComparer.Ordinal);

    public List<Finding> Findings { get; } = [];

    public bool Passed => Skipped is null && Findings.Count == 0;

    public void Count(string fact, long by = 1) => Facts[fact] = Facts.GetValueOrDefault(fact) + by;

    /// <summary>What a load came to so far.</summary>
    public void Take(Proof proof)
    {
        Acknowledged = proof.Acknowledged;
        Durable = proof.Durable;
        Verified = proof.Verified;
        foreach ((string fact, long count) in proof.Facts)
        {
            Facts[fact] = count;
        }
    }

    public void Add(IEnumerable<Finding> findings) => Findings.AddRange(findings.Take(FindingsMax - Findings.Count));

    /// <summary>A run in which the server acknowledged nothing has proven nothing.</summary>
    public void RequireWork()
    {
        if (Skipped is null && Findings.Count == 0 && Acknowledged == 0)
        {
            Findings.Add(new Finding(FindingKind.Service, Name, $"no write was acknowledged in {Cycles} cycles"));
        }
    }

    public override string ToString() =>
        $"{Name}, seed {Seed}, {Cycles} cycles: {(Passed ? "passed" : Skipped ?? string.Join('\n', Findings))}";
}
