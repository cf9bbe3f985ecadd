using Nexo.Cli.Terminal;

namespace Nexo.Cli.Bench.Topics;

/// <summary>One run of <c>bench pubsub</c>.</summary>
internal sealed record TopicBenchSettings
{
    private const int WindowMax = 1 << 24;
    private const int ConfirmWindowMax = 1_024;
    private const int TopicsMax = 1_000_000;
    private const long StreamsMax = 50_000_000;

    /// <summary>Bytes of a body; it holds at least what the benchmark knows it by.</summary>
    public int Size { get; init; } = 64;

    public int Publishers { get; init; } = 1;

    public int Subscribers { get; init; } = 100;

    /// <summary>Topics that each publisher goes round.</summary>
    public int Topics { get; init; } = 1;

    /// <summary>Topics are each publisher's own, and subscribers match them all by wildcards.</summary>
    public bool Wildcard { get; init; }

    /// <summary>Messages are requests, which the server confirms with the number of receivers.</summary>
    public bool Confirm { get; init; }

    /// <summary>Messages of all publishers that the slowest subscriber may be behind; 0: however many.</summary>
    public int Window { get; init; } = 1_024;

    /// <summary>How long is published.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Messages per second of all publishers; 0: as fast as it goes.</summary>
    public double Rate { get; init; }

    public TimeSpan ReplyTimeout { get; init; } = GlobalOptions.DefaultTimeout;

    /// <summary>Says what cannot be, before anything is connected.</summary>
    public void Validate()
    {
        Require(
            Size >= TopicMessageHead.Size,
            $"--size must be {TopicMessageHead.Size} or more: each message carries when it was sent.");
        Require(Window <= WindowMax, $"--window must be at most {WindowMax}.");
        Require(Topics <= TopicsMax, $"--topics must be at most {TopicsMax}.");
        Require(
            (long)Topics * Publishers * Subscribers <= StreamsMax,
            $"--topics times --publishers times --subscribers must be at most {StreamsMax}: the order of each is checked.");
        Require(Rate >= 0 && double.IsFinite(Rate), "--rate must be 0 (as fast as it goes) or a number of messages per second.");
    }

    /// <param name="root">What the topics of this run begin with.</param>
    public TopicWork Work(string root)
    {
        TopicWork work = Wildcard
            ? TopicWork.Wildcards(Publishers, Subscribers, Topics, Size, root)
            : TopicWork.FanOut(Publishers, Subscribers, Size, Topics, root);
        return work with
        {
            ConfirmWindow = Confirm ? Math.Clamp(Window == 0 ? ConfirmWindowMax : Window, 1, ConfirmWindowMax) : 0,
        };
    }

    private static void Require(bool condition, string message)
    {
        if (!condition)
        {
            throw CliFailure.Usage(message);
        }
    }
}
