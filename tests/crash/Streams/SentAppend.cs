namespace Nexo.Crash.Streams;

/// <summary>What is known of an append.</summary>
internal enum AppendState
{
    /// <summary>It was sent, and may have been done.</summary>
    Open,

    Appended,

    /// <summary>The answer was that nothing is appended.</summary>
    Refused,
}

/// <summary>An append of one record or more, all or none of which are there.</summary>
/// <param name="lane">The connection's number.</param>
/// <param name="numbers">Of its records.</param>
internal sealed class SentAppend(int lane, params ulong[] numbers)
{
    public int Lane => lane;

    public IReadOnlyList<ulong> Numbers => numbers;

    /// <summary>The offset that it must get; null: any.</summary>
    public ulong? Expected { get; init; }

    /// <summary>Of an idempotent producer, which sends it until it is answered; null: it is none.</summary>
    public ulong? Sequence { get; init; }

    public AppendState State { get; set; }

    /// <summary>Of its first record, once it is <see cref="AppendState.Appended"/>.</summary>
    public ulong Offset { get; set; }

    /// <summary>Where it was found after a crash, although it had not been answered.</summary>
    public ulong? FoundAt { get; set; }

    /// <summary>When it was sent first, as a moment of the ledger.</summary>
    public long SentAt { get; set; }

    /// <summary>When it was answered, as a moment of the ledger and in Unix ms.</summary>
    public long AnsweredAt { get; set; }

    public long AnsweredMs { get; set; }

    /// <summary>Where the stream ended at least when it was sent: what had been confirmed or shown lies before that.</summary>
    public ulong Floor { get; set; }

    public override string ToString() => $"#{numbers[0]:x}{(numbers.Length > 1 ? $" and {numbers.Length - 1} more" : "")}, {State}";
}
