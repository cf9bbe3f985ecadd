using Nexo.Cli.Terminal;
using Nexo.Protocol;

namespace Nexo.Cli.Bench.Queues;

/// <summary>One run of <c>bench queue</c>.</summary>
internal sealed record QueueBenchSettings
{
    /// <summary>Messages of one batch that a server takes at most.</summary>
    public const int BatchMax = 65_536;

    private const long WindowBytesMax = 1L << 30;

    /// <summary>Bytes of a body; it holds at least what the benchmark knows it by.</summary>
    public int Size { get; init; } = 256;

    /// <summary>Messages of one publisher that may be unconfirmed.</summary>
    public int Window { get; init; } = 256;

    public int Publishers { get; init; } = 1;

    public int Consumers { get; init; } = 4;

    /// <summary>Messages that one consumer may hold unsettled, of each queue that it takes from.</summary>
    public int Prefetch { get; init; } = 100;

    /// <summary>Messages in one push; 1: no batches.</summary>
    public int Batch { get; init; } = 1;

    public int Queues { get; init; } = 1;

    public Durability Durability { get; init; } = Durability.Fsync;

    /// <summary>How long is published, and how long is published and consumed at once.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Publish so many messages and drain them, and no more; 0: as <see cref="Duration"/> says.</summary>
    public long Backlog { get; init; }

    /// <summary>Messages per second that are published while they are consumed; 0: as fast as it goes.</summary>
    public double Rate { get; init; }

    /// <summary>Compare the content of every message, not only what it is known by.</summary>
    public bool Verify { get; init; }

    public TimeSpan ReplyTimeout { get; init; } = GlobalOptions.DefaultTimeout;

    /// <summary>Pushes of one publisher that may be unanswered.</summary>
    public int RequestsInFlight => Window / Batch;

    /// <summary>Queues that one consumer takes from, at most.</summary>
    public int QueuesPerConsumer => (Queues + Consumers - 1) / Consumers;

    /// <summary>Says what cannot be, before anything is connected.</summary>
    public void Validate()
    {
        Require(Size >= MessageHead.Size, $"--size must be {MessageHead.Size} or more: each message carries when it was sent.");
        Require(Batch <= BatchMax, $"--batch must be at most {BatchMax}.");
        Require(Window >= Batch, $"--window ({Window}) must not be less than --batch ({Batch}).");
        Require(Prefetch <= CreditNotice.CreditsMax, $"--prefetch must be at most {CreditNotice.CreditsMax}.");
        Require(Rate >= 0 && double.IsFinite(Rate), "--rate must be 0 (as fast as it goes) or a number of messages per second.");
        Require(Rate == 0 || Backlog == 0, "--rate is about publishing and consuming at once, which --backlog leaves out.");
        Require((long)Window * (Size + 64) <= WindowBytesMax, "--window times --size must stay below 1 GiB.");
    }

    private static void Require(bool condition, string message)
    {
        if (!condition)
        {
            throw CliFailure.Usage(message);
        }
    }
}
