using Nexo.Protocol;

namespace Nexo.Client;

/// <summary>A place in a stream, from which it is read. The default is the beginning.</summary>
public readonly record struct StreamFrom
{
    private readonly PositionKind? _kind;
    private readonly ulong _value;

    private StreamFrom(PositionKind kind, ulong value = 0)
    {
        _kind = kind;
        _value = value;
    }

    /// <summary>The first record.</summary>
    public static StreamFrom Beginning => new(PositionKind.Beginning);

    /// <summary>Behind the last record.</summary>
    public static StreamFrom End => new(PositionKind.End);

    internal PositionKind Kind => _kind ?? PositionKind.Beginning;

    /// <summary>The record with this offset, or if it was compacted away the next one.</summary>
    public static StreamFrom Offset(ulong offset) => new(PositionKind.Offset, offset);

    /// <summary>The first record with this time or a later one; the end if there is none.</summary>
    public static StreamFrom Time(DateTimeOffset time) => new(PositionKind.Time, WireTimes.Place(time));

    /// <summary>So many offsets before the end, or the beginning.</summary>
    public static StreamFrom Last(ulong records) => new(PositionKind.Last, records);

    /// <inheritdoc/>
    public override string ToString() => Kind switch
    {
        PositionKind.Beginning => "the beginning",
        PositionKind.End => "the end",
        PositionKind.Time => $"time {WireTimes.Moment((long)_value):O}",
        PositionKind.Last => $"the last {_value}",
        _ => $"offset {_value}",
    };

    internal StreamPosition ToWire(bool backward = false, bool clamp = false) => new(
        Kind,
        _value,
        (backward ? PositionFlags.Backward : PositionFlags.None) | (clamp ? PositionFlags.Clamp : PositionFlags.None));
}
