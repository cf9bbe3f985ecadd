using Nexo.Protocol;

namespace Nexo.Crash.Ledger;

/// <summary>The ledgers of all connections, and the verdict over all that a server holds.</summary>
internal sealed class LedgerBook
{
    /// <summary>What an interval of the server may take beyond its setting, ms.</summary>
    private const long IntervalSlackMs = 1_500;

    private readonly List<Lane> _lanes = [];
    private readonly Durability _serverDefault;
    private readonly long _intervalMs;

    public LedgerBook(int lanes, Durability serverDefault, long intervalMs = 1_000)
    {
        _serverDefault = serverDefault;
        _intervalMs = intervalMs;
        for (int i = 0; i < lanes; i++)
        {
            AddLane();
        }
    }

    public IReadOnlyList<Lane> Lanes => _lanes;

    public long Acknowledged => _lanes.Sum(lane => lane.Acknowledged);

    public long Durable => _lanes.Sum(lane => lane.Durable);

    public long Refused => _lanes.Sum(lane => lane.Refused);

    public int Unknown => _lanes.Sum(lane => lane.Unknown);

    public Lane AddLane()
    {
        var lane = new Lane($"L{_lanes.Count}/", _serverDefault);
        _lanes.Add(lane);
        return lane;
    }

    /// <summary>The server is gone.</summary>
    public void Crash()
    {
        long intervalBefore = TimeWindow.Now - _intervalMs - IntervalSlackMs;
        foreach (Lane lane in _lanes)
        {
            lane.Crash(intervalBefore);
        }
    }

    /// <summary>Reads all that a server holds and compares; what was found is the truth from here on.</summary>
    public async Task<IReadOnlyList<Finding>> VerifyAsync(int port, CancellationToken cancel)
    {
        Observed seen = await Observer.ReadAllAsync(port, _lanes.SelectMany(lane => lane.Model.Keys), cancel);
        List<Finding> findings = [.. _lanes.SelectMany(lane => Audit.Run(lane, seen))];
        findings.AddRange(
            from key in seen.Keys.Keys
            where !_lanes.Exists(lane => key.StartsWith(lane.Prefix, StringComparison.Ordinal))
            select new Finding(FindingKind.Invented, key, "a key that no connection has written"));
        Verified += seen.Keys.Count;
        return findings;
    }

    /// <summary>Keys compared so far.</summary>
    public long Verified { get; private set; }
}
