using Nexo.Protocol;

namespace Nexo.Client;

/// <summary>How messages of topics are received.</summary>
public sealed record TopicSubscribeOptions
{
    /// <summary>True, the default: the retained messages of the filters come first, also when filters are added and when the
    /// subscription is opened again after a lost connection.</summary>
    public bool Retained { get; init; } = true;

    /// <summary>True: what this client publishes itself does not come.</summary>
    public bool NotOwn { get; init; }

    /// <summary>What becomes of messages for which there is no room, because the reader or the network is too slow; the oldest are
    /// dropped unless it is given. With <see cref="SlowPolicy.End"/> the subscription ends with
    /// <see cref="ErrorCode.SlowConsumer"/>.</summary>
    public SlowPolicy WhenSlow { get; init; }

    /// <summary>Bytes that may wait at the server for this subscription; the server's default (8 MiB) unless it is given. The server
    /// has an upper limit.</summary>
    public int? OutboxBytes { get; init; }

    /// <summary>Messages that may wait here for the reader: 1 to 1,000,000.</summary>
    public int BufferMessages { get; init; } = 8_192;

    /// <summary>Bytes that may wait here for the reader. Half of them are asked for, going by the size of the messages that came lately;
    /// more wait at the server. The rest is for messages that suddenly are much larger: beyond it <see cref="WhenSlow"/> applies here.
    /// One message may be larger.</summary>
    public int BufferBytes { get; init; } = 8 * 1_024 * 1_024;

    /// <summary>Called when messages were missed, before the next one is handed out, on the thread that reads. So a reader that keeps
    /// a copy of something learns that it must fetch it anew.</summary>
    public Action<TopicGap>? OnGap { get; init; }

    /// <summary>Called when a handler, or <see cref="OnGap"/>, has failed, after which the next message is handed out. Without it the
    /// subscription ends with the exception. Of a loop the exceptions are the loop's own.</summary>
    public Action<Exception>? OnError { get; init; }

    internal void Require()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(BufferMessages, 1, nameof(BufferMessages));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(BufferMessages, (int)CreditNotice.CreditsMax, nameof(BufferMessages));
        ArgumentOutOfRangeException.ThrowIfLessThan(BufferBytes, 1, nameof(BufferBytes));
        ArgumentOutOfRangeException.ThrowIfLessThan(OutboxBytes ?? 1, 1, nameof(OutboxBytes));
        ArgumentOutOfRangeException.ThrowIfGreaterThan((byte)WhenSlow, (byte)SlowPolicy.End, nameof(WhenSlow));
    }
}

/// <summary>Messages that a subscription did not get.</summary>
/// <param name="Missed">How many were dropped because the subscription was slow.</param>
/// <param name="Reconnected">True: the connection was lost meanwhile, and nobody knows how many were missed while there was
/// none.</param>
public readonly record struct TopicGap(long Missed, bool Reconnected)
{
    /// <summary>True when nothing was missed.</summary>
    public bool IsNone => Missed == 0 && !Reconnected;

    internal TopicGap And(TopicGap other) => new(Missed + other.Missed, Reconnected || other.Reconnected);
}
