namespace Nexo.Protocol;

/// <summary>What a place in a stream is said by. Numbers are append-only.</summary>
public enum PositionKind : byte
{
    /// <summary>The record with this offset, or the first behind it.</summary>
    Offset = 0,

    /// <summary>The first record whose time is this or later, in ms since the Unix epoch; the end if there is none.</summary>
    Time = 1,

    /// <summary>The first record.</summary>
    Beginning = 2,

    /// <summary>Behind the last record that can be read.</summary>
    End = 3,

    /// <summary>So many offsets before the end, or the beginning.</summary>
    Last = 4,
}

/// <summary>How a place in a stream is meant, as bits.</summary>
[Flags]
public enum PositionFlags : byte
{
    None = 0,

    /// <summary>The records before the place are read, the last one first.</summary>
    Backward = 1,

    /// <summary>An offset out of range stands for the nearest within, instead of being refused.</summary>
    Clamp = 2,
}

/// <summary>
/// A place in a stream, *from* in <c>docs/protocol.md</c>: <c>[u8 kind][u8 bits][u16 0][u64 value]</c>.
/// </summary>
/// <param name="Kind">What the value says.</param>
/// <param name="Value">An offset, a time, or a number of records; else without meaning.</param>
/// <param name="Flags">How it is meant.</param>
public readonly record struct StreamPosition(PositionKind Kind, ulong Value = 0, PositionFlags Flags = PositionFlags.None)
{
    private const PositionFlags AllFlags = PositionFlags.Backward | PositionFlags.Clamp;

    internal static bool TryRead(scoped ref BodyReader reader, out StreamPosition position)
    {
        position = default;
        if (!reader.TryReadUInt32(out uint head)
            || (PositionKind)(byte)head > PositionKind.Last
            || head >> 8 > (uint)AllFlags
            || !reader.TryReadUInt64(out ulong value))
        {
            return false;
        }

        position = new StreamPosition((PositionKind)(byte)head, value, (PositionFlags)(head >> 8));
        return true;
    }

    internal void Write(FrameBuffer buffer)
    {
        buffer.WriteUInt32((uint)Kind | ((uint)Flags << 8));
        buffer.WriteUInt64(Value);
    }
}
