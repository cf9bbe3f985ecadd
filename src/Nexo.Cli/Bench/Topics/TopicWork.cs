namespace Nexo.Cli.Bench.Topics;

/// <summary>Who publishes what and who subscribes to what. Every message has the same number of receivers.</summary>
internal sealed record TopicWork
{
    public required string Name { get; init; }

    /// <summary>Of a body; <see cref="TopicMessageHead.Size"/> at least.</summary>
    public required int BodyBytes { get; init; }

    /// <summary>The topics of each publisher, which it takes in turn. Streams are numbered in this order.</summary>
    public required IReadOnlyList<IReadOnlyList<string>> Publishers { get; init; }

    /// <summary>The filters of each subscriber. No two of one match the same topic.</summary>
    public required IReadOnlyList<IReadOnlyList<string>> Subscribers { get; init; }

    /// <summary>How many subscribers get each message.</summary>
    public required int Receivers { get; init; }

    /// <summary>Messages of a publisher that may be unconfirmed; 0: none is to be confirmed.</summary>
    public int ConfirmWindow { get; init; }

    /// <summary>Whether a subscriber (first) gets a stream (second).</summary>
    public Func<int, int, bool> Receives { get; init; } = (_, _) => true;

    public int Streams => Publishers.Sum(topics => topics.Count);

    /// <summary>The same topics for all, to which everybody subscribes by name.</summary>
    public static TopicWork FanOut(
        int publishers, int subscribers, int bodyBytes, int topics = 1, string root = "bench/fan/out")
    {
        string[] names = [.. Enumerable.Range(0, topics).Select(topic => $"{root}/{topic}")];
        return new TopicWork
        {
            Name = $"{publishers} → {subscribers}",
            BodyBytes = bodyBytes,
            Publishers = [.. Enumerable.Repeat(names, publishers)],
            Subscribers = [.. Enumerable.Repeat(names, subscribers)],
            Receivers = subscribers,
        };
    }

    /// <summary>
    /// Each publisher has topics of its own, and all subscribers match all of them by wildcards: <c>+</c>, <c>#</c> and both
    /// in turn.
    /// </summary>
    public static TopicWork Wildcards(int publishers, int subscribers, int topics, int bodyBytes, string root = "bench/wild")
    {
        string[] filters = [$"{root}/#", $"{root}/+/room/+/value", $"{root}/+/room/#"];
        return new TopicWork
        {
            Name = $"{publishers} → {subscribers} wildcards",
            BodyBytes = bodyBytes,
            Publishers =
            [
                .. Enumerable.Range(0, publishers).Select(publisher => (IReadOnlyList<string>)
                    [.. Enumerable.Range(0, topics).Select(topic => $"{root}/{publisher}/room/{topic}/value")]),
            ],
            Subscribers = [.. Enumerable.Range(0, subscribers).Select(i => (IReadOnlyList<string>)[filters[i % filters.Length]])],
            Receivers = subscribers,
        };
    }
}

/// <summary>How long and how fast is published.</summary>
internal sealed record TopicPhase
{
    public required TimeSpan Duration { get; init; }

    /// <summary>Messages per publisher and round of the loop, at most.</summary>
    public int BatchMax { get; init; } = 256;

    /// <summary>
    /// Messages of all publishers together that the slowest receiver may be behind: the flow control, the same for every
    /// protocol. 0: none, what the sockets take is sent. Not looked at with a <see cref="Rate"/>.
    /// </summary>
    public int Window { get; init; } = 1_024;

    /// <summary>Messages per second of all publishers together, in an open loop; 0: as fast as the window lets.</summary>
    public double Rate { get; init; }

    /// <summary>Messages after which no more is published.</summary>
    public long MessagesMax { get; init; } = long.MaxValue;

    /// <summary>Which of the publishers publish; null: all.</summary>
    public Range? Publishers { get; init; }
}
