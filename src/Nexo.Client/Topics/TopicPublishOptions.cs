using Nexo.Protocol;

namespace Nexo.Client;

/// <summary>How a message is published.</summary>
public readonly record struct TopicPublishOptions
{
    /// <summary>True: it is kept as its topic's last value, for who subscribes later. With an empty body the one that is there
    /// goes.</summary>
    public bool Retain { get; init; }

    /// <summary>How long a retained message is kept, 1 ms or more; until it is replaced unless it is given.</summary>
    public TimeSpan? Ttl { get; init; }

    /// <summary>Travel with the message. Names are lower-case, 1 to 255 bytes; all together have 65,535 bytes at most.
    /// The trace of the activity that publishes is added, unless a <c>traceparent</c> is given.</summary>
    public IReadOnlyCollection<KeyValuePair<string, string>>? Headers { get; init; }
}

/// <summary>How a will is published.</summary>
public readonly record struct TopicWillOptions
{
    /// <summary>How long after the connection is lost it is published, unless the client is back by then and has set its will
    /// again; at once unless it is given.</summary>
    public TimeSpan Delay { get; init; }

    /// <inheritdoc cref="TopicPublishOptions.Retain"/>
    public bool Retain { get; init; }

    /// <inheritdoc cref="TopicPublishOptions.Ttl"/>
    public TimeSpan? Ttl { get; init; }

    /// <summary>Travel with the message.</summary>
    public IReadOnlyCollection<KeyValuePair<string, string>>? Headers { get; init; }
}

/// <summary>A message of a batch.</summary>
/// <param name="Topic">Where it is published.</param>
/// <param name="Body">What it says.</param>
/// <param name="Options">How it is published.</param>
public readonly record struct TopicPublication<T>(string Topic, T Body, TopicPublishOptions Options = default);

/// <summary>What became of a publish.</summary>
/// <param name="Receivers">Subscriptions that the message goes to; of a shared group one.</param>
/// <param name="Bindings">Queues and streams that have taken it.</param>
public readonly record struct TopicPublishResult(int Receivers, int Bindings);

/// <summary>What became of one message of a batch.</summary>
/// <param name="Error">Why it was refused; else none. With <see cref="ErrorCode.BindingRefused"/> it went to subscriptions, and not
/// to every queue and stream that is bound.</param>
/// <param name="Receivers">Subscriptions that it goes to; of a shared group one.</param>
/// <param name="Bindings">Queues and streams that have taken it.</param>
public readonly record struct TopicPublishItem(ErrorCode Error, int Receivers, int Bindings)
{
    /// <summary>True when it was published, and taken by all that is bound.</summary>
    public bool IsPublished => Error == ErrorCode.None;
}

/// <summary>Messages that were published without confirmation, and failed.</summary>
public sealed class TopicPublishFailedEventArgs : EventArgs
{
    /// <summary>Creates the event.</summary>
    public TopicPublishFailedEventArgs(long count, NexoException error)
    {
        Count = count;
        Error = error;
    }

    /// <summary>How many, since the event before.</summary>
    public long Count { get; }

    /// <summary>Why the last of them failed.</summary>
    public NexoException Error { get; }
}
