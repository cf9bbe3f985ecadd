namespace Nexo.Engine.Streams;

/// <summary>A record that is to be appended; its bytes are borrowed for the call.</summary>
public readonly ref struct StreamRecord
{
    public StreamRecord()
    {
    }

    /// <summary>Without a key it has none; an empty key is one.</summary>
    public bool HasKey { get; init; }

    public ReadOnlySpan<byte> Key { get; init; }

    /// <summary>The inside of a header block: <c>([u8 nameLength][name][u16 valueLength][value])*</c>, which is not looked at.</summary>
    public ReadOnlySpan<byte> Headers { get; init; }

    public ReadOnlySpan<byte> Value { get; init; }

    /// <summary>Its key is to be forgotten by compaction; the value is empty.</summary>
    public bool IsTombstone { get; init; }

    /// <summary>Unix ms by the producer; null: the broker's.</summary>
    public long? TimestampMs { get; init; }
}

/// <summary>An idempotent producer's mark on an append.</summary>
/// <param name="Id">Its own, chosen at random.</param>
/// <param name="Sequence">Of the first record; the next append's is higher by the number of records. Begins with 0.</param>
public readonly record struct StreamProducer(ulong Id, ulong Sequence);

/// <summary>On which conditions an append is made.</summary>
public readonly ref struct StreamAppendTerms
{
    public StreamAppendTerms()
    {
    }

    /// <summary>The offset that the first record must get; null: any.</summary>
    public ulong? ExpectedNext { get; init; }

    /// <summary>The version that a key must have: the offset of its last record and one, 0: it has none; null: any.</summary>
    public ulong? ExpectedKeyVersion { get; init; }

    /// <summary>That key. Of a single append without one, the record's.</summary>
    public ReadOnlySpan<byte> ExpectedKey { get; init; }

    /// <summary>Null: not idempotent.</summary>
    public StreamProducer? Producer { get; init; }
}

/// <summary>What became of an append that was no mistake.</summary>
public enum StreamOutcome : byte
{
    None = 0,
    Appended = 1,

    /// <summary>This producer has appended it before.</summary>
    Duplicate = 2,

    /// <summary>The stream, or the key, is not where it was expected. Nothing was appended.</summary>
    Conflict = 3,
}

/// <summary>The answer to an append.</summary>
/// <param name="Outcome">What became of it.</param>
/// <param name="Offset">
/// Of the first record; of a duplicate that of the first time, -1 if that was too long ago to be known; of a conflict the stream's next.
/// </param>
/// <param name="KeyVersion">
/// Where a key's version was expected: the key's now; of a single append with a key: the record's. Else 0.
/// </param>
/// <param name="TimestampMs">Of the first record, or of a conflict the broker's; 0 for a duplicate.</param>
/// <param name="ExpectedSequence">With <see cref="StreamStatus.SequenceGap"/>.</param>
/// <param name="Waits">True when the answer must wait until the log is durable.</param>
public readonly record struct StreamAppended(
    StreamOutcome Outcome, long Offset, long KeyVersion, long TimestampMs, ulong ExpectedSequence, bool Waits);
