using Nexo.Protocol;

namespace Nexo.Client;

/// <summary>Which records are read.</summary>
public sealed record StreamReadOptions
{
    /// <summary>Where to begin; the beginning unless it is given, backward the end.</summary>
    public StreamFrom? From { get; init; }

    /// <summary>True: the records before the place are read, the last one first.</summary>
    public bool Backward { get; init; }

    /// <summary>Only records with this key; empty: all.</summary>
    public NexoKey Key { get; init; }

    /// <summary>Most records to read; all unless it is given.</summary>
    public long? Max { get; init; }

    /// <summary>True: an offset that the stream does not have, or no longer has, stands for the nearest one. False: it fails with
    /// <see cref="ErrorCode.OffsetOutOfRange"/>.</summary>
    public bool Clamp { get; init; }

    /// <summary>Bytes that are read at once, and once more ahead of the reader; a larger record comes alone.</summary>
    public int PageBytes { get; init; } = 64 * 1_024;

    internal void Require()
    {
        ArgumentOutOfRangeException.ThrowIfNegative(Max ?? 0, nameof(Max));
        ArgumentOutOfRangeException.ThrowIfLessThan(PageBytes, 1, nameof(PageBytes));
    }
}

/// <summary>Which records are followed, and how many may wait.</summary>
public sealed record StreamTailOptions
{
    /// <summary>Where to begin; the end unless it is given.</summary>
    public StreamFrom? From { get; init; }

    /// <summary>Only records with this key; empty: all.</summary>
    public NexoKey Key { get; init; }

    /// <summary>True: when what comes next has gone meanwhile, because the stream keeps no more, it goes on with the first record that
    /// is there. False: it fails with <see cref="ErrorCode.OffsetOutOfRange"/>.</summary>
    public bool Clamp { get; init; }

    /// <summary>Records that may wait here for the reader: 1 to 1,000,000.</summary>
    public int BufferRecords { get; init; } = 8_192;

    /// <summary>Bytes that may wait here for the reader, roughly; one record may be larger.</summary>
    public int BufferBytes { get; init; } = 4 * 1_024 * 1_024;

    internal void Require()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(BufferRecords, 1, nameof(BufferRecords));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(BufferRecords, (int)CreditNotice.CreditsMax, nameof(BufferRecords));
        ArgumentOutOfRangeException.ThrowIfLessThan(BufferBytes, 1, nameof(BufferBytes));
    }
}
