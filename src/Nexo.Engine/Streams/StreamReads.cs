namespace Nexo.Engine.Streams;

/// <summary>What a place in a stream is said by. The numbers are those of the wire.</summary>
public enum StreamFrom : byte
{
    Offset = 0,

    /// <summary>The first record whose time is this or later, in Unix ms; the end if there is none.</summary>
    Time = 1,
    Beginning = 2,

    /// <summary>Behind the last record that readers see.</summary>
    End = 3,

    /// <summary>So many offsets before the end, or the beginning.</summary>
    Last = 4,
}

/// <summary>A place in a stream.</summary>
/// <param name="From">What <paramref name="Value"/> says.</param>
/// <param name="Value">An offset, a time, or a number of records; else without meaning.</param>
/// <param name="Clamp">An offset out of range stands for the nearest within, instead of being refused.</param>
public readonly record struct StreamPlace(StreamFrom From, ulong Value = 0, bool Clamp = false);

/// <summary>What a read is to give.</summary>
public readonly ref struct StreamReadTerms
{
    public StreamReadTerms()
    {
    }

    public StreamPlace From { get; init; }

    /// <summary>
    /// The records before the place, the newest first: from an offset without the one that has it, so that reading on is from <see
    /// cref="StreamReadResult.ContinueAt"/> again.
    /// </summary>
    public bool Backward { get; init; }

    public int RecordsMax { get; init; } = int.MaxValue;

    /// <summary>Bytes of the records; one is given however large it is.</summary>
    public int BytesMax { get; init; } = 1_024 * 1_024;

    /// <summary>Only records with this key; empty: all.</summary>
    public ReadOnlySpan<byte> Key { get; init; }
}

/// <summary>
/// The answer to a read. The records have gone to the target in the form of the wire (see <see cref="StreamRecordForm"/>).
/// </summary>
/// <param name="Range">What there is to be read now.</param>
/// <param name="ContinueAt">Where the next read goes on.</param>
/// <param name="Count">Records given.</param>
/// <param name="Bytes">Their bytes.</param>
public readonly record struct StreamReadResult(StreamRange Range, long ContinueAt, int Count, int Bytes);

/// <summary>What a trim is given as.</summary>
public enum StreamTrimBy : byte
{
    /// <summary>Records before this offset go.</summary>
    Offset = 0,

    /// <summary>Records before the first whose time is this or later, in Unix ms.</summary>
    Time = 1,

    /// <summary>So many bytes stay, roughly.</summary>
    Bytes = 2,

    /// <summary>So many records stay.</summary>
    Records = 3,
}
