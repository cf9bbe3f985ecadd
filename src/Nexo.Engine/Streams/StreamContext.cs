using Nexo.Engine.Memory;
using Nexo.Storage;

namespace Nexo.Engine.Streams;

/// <summary>What the streams share.</summary>
internal sealed class StreamContext(StreamLimits limits, EngineClock clock)
{
    // Where the clocks stood at the start: what is let go of by age goes by a time that no jump of the wall clock moves ahead.
    private readonly long _wallAheadMs = clock.WallMs - clock.NowMs;
    private uint _lastGroup;

    public StreamLimits Limits => limits;

    public EngineClock Clock => clock;

    /// <summary>Of names; and of keys two, so that nobody can make up keys that are taken for each other.</summary>
    public KeyHash Hasher { get; } = KeyHash.Random();

    public KeyHash OtherHasher { get; } = KeyHash.Random();

    public StreamTotals Totals { get; } = new();

    public GroupTimers GroupTimers { get; } = new();

    public GroupMemory GroupMemory { get; } = new(limits.Groups.WindowsBytesMax);

    /// <summary>The streams.</summary>
    public NameTable<StreamLog> Names { get; set; } = null!;

    /// <summary>Numbers of groups up to this one were given out.</summary>
    public uint LastGroupNumber => Volatile.Read(ref _lastGroup);

    /// <summary>Null: what is appended is not logged.</summary>
    public IDurableLog? Log { get; set; }

    public StreamFiles Files { get; set; } = null!;

    public StreamCompactor Compactor { get; set; } = null!;

    public DurableNotices<StreamLog>? Visibility { get; set; }

    /// <summary>The wall clock, or the time since the start by it, whichever is earlier.</summary>
    public long AgeNowMs => Math.Min(clock.WallMs, clock.NowMs + _wallAheadMs);

    public uint NextGroupNumber() => Interlocked.Increment(ref _lastGroup);

    /// <summary>At recovery: numbers up to this one were given out.</summary>
    public void RaiseGroupNumber(uint number) => _lastGroup = Math.Max(_lastGroup, number);
}

/// <summary>Sums over all streams since the start.</summary>
internal sealed class StreamTotals
{
    public long Appended;
    public long AppendedBytes;
    public long Read;
    public long ReadBytes;
    public long Duplicates;
    public long Conflicts;
    public long Trimmed;
    public long Compacted;
    public long Readers;
    public long Groups;
}
