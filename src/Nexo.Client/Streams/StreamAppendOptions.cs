using Nexo.Protocol;

namespace Nexo.Client;

/// <summary>What a record has besides its value.</summary>
public readonly record struct StreamRecordOptions
{
    /// <summary>Up to 65,535 bytes: what it is about. Records can be read, compacted, expected and shared by their keys.</summary>
    public NexoKey? Key { get; init; }

    /// <summary>Travel with the record. Names are lower-case, 1 to 255 bytes; all together have 65,535 bytes at most. The trace of the
    /// activity that appends is added, unless a <c>traceparent</c> is given.</summary>
    public IReadOnlyCollection<KeyValuePair<string, string>>? Headers { get; init; }

    /// <summary>Its time, by the producer; the server's unless it is given. The stream says how far it may be off.</summary>
    public DateTimeOffset? Timestamp { get; init; }

    /// <summary>True: the key has no value any more; the record's own value is not sent.</summary>
    public bool IsTombstone { get; init; }
}

/// <summary>How a record is appended.</summary>
public readonly record struct StreamAppendOptions
{
    /// <inheritdoc cref="StreamRecordOptions.Key"/>
    public NexoKey? Key { get; init; }

    /// <inheritdoc cref="StreamRecordOptions.Headers"/>
    public IReadOnlyCollection<KeyValuePair<string, string>>? Headers { get; init; }

    /// <inheritdoc cref="StreamRecordOptions.Timestamp"/>
    public DateTimeOffset? Timestamp { get; init; }

    /// <inheritdoc cref="StreamRecordOptions.IsTombstone"/>
    public bool IsTombstone { get; init; }

    /// <summary>Append only if the record gets this offset, so if nobody has appended since it was the next one.</summary>
    public ulong? ExpectedNext { get; init; }

    /// <summary>Append only if the key has this version: the offset of its last record plus 1, or 0 when there is none.</summary>
    public ulong? ExpectedKeyVersion { get; init; }

    internal StreamRecordOptions Record => new()
    {
        Key = Key,
        Headers = Headers,
        Timestamp = Timestamp,
        IsTombstone = IsTombstone,
    };
}

/// <summary>What must hold for a batch to be appended.</summary>
public readonly record struct StreamBatchOptions
{
    /// <summary>Append only if the first record gets this offset.</summary>
    public ulong? ExpectedNext { get; init; }

    /// <summary>The key whose version is expected: 1 byte or more. It need not be that of a record.</summary>
    public NexoKey ExpectedKey { get; init; }

    /// <summary>Append only if <see cref="ExpectedKey"/> has this version.</summary>
    public ulong? ExpectedKeyVersion { get; init; }
}

/// <summary>A record that is to be appended.</summary>
/// <param name="Value">What it says.</param>
/// <param name="Options">What it has besides.</param>
public readonly record struct StreamMessage<T>(T Value, StreamRecordOptions Options = default);

/// <summary>What became of an append.</summary>
public readonly record struct StreamAppendResult
{
    private readonly StreamAppendReply _reply;

    internal StreamAppendResult(StreamAppendReply reply) => _reply = reply;

    /// <summary>Appended, there already, or not appended because of a conflict.</summary>
    public AppendOutcome Outcome => _reply.Outcome;

    /// <summary>True when it was appended, now.</summary>
    public bool IsAppended => Outcome == AppendOutcome.Appended;

    /// <summary>True when its producer had appended it before: it is there once.</summary>
    public bool IsDuplicate => Outcome == AppendOutcome.Duplicate;

    /// <summary>True when what was expected did not hold: nothing was appended.</summary>
    public bool IsConflict => Outcome == AppendOutcome.Conflict;

    /// <summary>The offset of the record, or of the first one of a batch. Null after a conflict, and of a duplicate whose offset was
    /// too long ago to be known.</summary>
    public ulong? Offset =>
        !IsConflict && _reply.Offset != StreamAppendReply.UnknownOffset ? _reply.Offset : null;

    /// <summary>The version that the key has by now, where one was expected or a single record has one; else 0.</summary>
    public ulong KeyVersion => _reply.KeyVersion;

    /// <summary>The time of the record, or of the first one of a batch; null unless it was appended now, and of a record of a
    /// producer.</summary>
    public DateTimeOffset? Timestamp => WireTimes.MomentIf(IsAppended && _reply.Timestamp != 0, _reply.Timestamp);

    /// <summary>Where the stream and the key are instead of where they were expected; null without a conflict.</summary>
    public StreamConflict? Conflict => IsConflict ? new StreamConflict(_reply.Offset, _reply.KeyVersion) : null;

    /// <summary>That of one record of the batch that this is the result of.</summary>
    internal StreamAppendResult ForRecord(int index) => new(_reply with
    {
        Offset = Offset is { } first ? first + (ulong)index : StreamAppendReply.UnknownOffset,
        Timestamp = 0,
    });
}

/// <summary>Where a stream and a key are, instead of where an append has expected them.</summary>
/// <param name="Next">The offset that the next append gets.</param>
/// <param name="KeyVersion">The version of the key, if one was expected; else 0.</param>
public readonly record struct StreamConflict(ulong Next, ulong KeyVersion);
