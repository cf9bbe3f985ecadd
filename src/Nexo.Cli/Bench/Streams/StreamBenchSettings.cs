using Nexo.Cli.Terminal;
using Nexo.Protocol;

namespace Nexo.Cli.Bench.Streams;

/// <summary>One run of <c>bench stream</c>.</summary>
internal sealed record StreamBenchSettings
{
    /// <summary>Records of one batch that a server takes at most.</summary>
    public const int BatchMax = 65_536;

    private const long WindowBytesMax = 1L << 30;

    /// <summary>Bytes of a value; it holds at least what the benchmark knows it by.</summary>
    public int Size { get; init; } = 1_024;

    /// <summary>Records of one producer that may be unconfirmed.</summary>
    public int Window { get; init; } = 1_024;

    public int Producers { get; init; } = 1;

    public int Readers { get; init; } = 1;

    /// <summary>Records in one append; 1: no batches.</summary>
    public int Batch { get; init; } = 1;

    public int Streams { get; init; } = 1;

    public Durability Durability { get; init; } = Durability.Fsync;

    /// <summary>How long is appended, and how long is appended beside readers that follow.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Records per second that are appended beside readers that follow; 0: as fast as it goes.</summary>
    public double Rate { get; init; }

    public TimeSpan ReplyTimeout { get; init; } = GlobalOptions.DefaultTimeout;

    /// <summary>Appends of one producer that may be unanswered.</summary>
    public int RequestsInFlight => Window / Batch;

    /// <summary>Streams that one reader reads, at most.</summary>
    public int StreamsPerReader => (Streams + Readers - 1) / Readers;

    /// <summary>The streams of a reader: with fewer streams than readers each reads one, else each its share.</summary>
    public IReadOnlyList<int> StreamsOf(int reader) => Readers >= Streams
        ? [reader % Streams]
        : [.. Enumerable.Range(0, Streams).Where(stream => stream % Readers == reader)];

    /// <summary>Says what cannot be, before anything is connected.</summary>
    public void Validate()
    {
        Require(Size >= MessageHead.Size, $"--size must be {MessageHead.Size} or more: each record carries when it was sent.");
        Require(Batch <= BatchMax, $"--batch must be at most {BatchMax}.");
        Require(Window >= Batch, $"--window ({Window}) must not be less than --batch ({Batch}).");
        Require(Rate >= 0 && double.IsFinite(Rate), "--rate must be 0 (as fast as it goes) or a number of records per second.");
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
