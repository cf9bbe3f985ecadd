using Nexo.Cli.Terminal;
using Nexo.Protocol;

namespace Nexo.Cli.Bench;

/// <summary>What <c>bench store</c> sends.</summary>
internal enum StoreBenchOperation
{
    Set,
    Get,
    Mixed,
}

/// <summary>How often each key is chosen.</summary>
internal enum KeyDistribution
{
    Uniform,
    Zipf,
}

/// <summary>One run of <c>bench store</c>.</summary>
internal sealed record StoreBenchSettings
{
    /// <summary>The key number shares its 32 bits with the mark of a read.</summary>
    public const int KeysMax = int.MaxValue;

    private const long BatchBytesMax = 1L << 30;

    public StoreBenchOperation Operation { get; init; } = StoreBenchOperation.Get;

    public int Clients { get; init; } = 50;

    public int Pipeline { get; init; } = 1;

    public int Size { get; init; } = 64;

    public int Keys { get; init; } = 100_000;

    public string KeyPrefix { get; init; } = "key:";

    public int KeySize { get; init; } = 16;

    public KeyDistribution Distribution { get; init; }

    public double ZipfExponent { get; init; } = 0.99;

    /// <summary>The share of reads in a mixed run.</summary>
    public double ReadRatio { get; init; } = 0.8;

    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(5);

    public TimeSpan WarmUp { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Requests per second in all, from the open loop; 0: the closed loop.</summary>
    public double Rate { get; init; }

    public TimeSpan? Ttl { get; init; }

    public Durability Durability { get; init; }

    public int Threads { get; init; } = 1;

    /// <summary>Null: load the keys first where they are going to be read.</summary>
    public bool? Prefill { get; init; }

    public bool Verify { get; init; }

    public ulong Seed { get; init; } = 1;

    public TimeSpan ReplyTimeout { get; init; } = GlobalOptions.DefaultTimeout;

    public OperationMix Mix => new(Operation switch
    {
        StoreBenchOperation.Set => 0,
        StoreBenchOperation.Get => 1,
        _ => ReadRatio,
    });

    public bool LoadsFirst => Prefill ?? Operation != StoreBenchOperation.Set;

    /// <summary>Says what cannot be, before anything is connected.</summary>
    public void Validate()
    {
        int keySizeMin = KeyNames.SizeBytesMin(KeyPrefix, Keys);
        Require(KeySize >= keySizeMin, $"--key-size must be {keySizeMin} or more for {Keys} keys named '{KeyPrefix}…'.");
        Require(Threads <= Clients, $"--threads ({Threads}) must not be more than --clients ({Clients}).");
        Require(ReadRatio is >= 0 and <= 1, "--read-ratio must be between 0 and 1.");
        Require(ZipfExponent is > 0 and <= 10, "--zipf-exponent must be above 0 and at most 10.");
        Require(Rate >= 0 && double.IsFinite(Rate), "--rate must be 0 (closed loop) or a number of requests per second.");
        Require(
            (long)Pipeline * (Size + KeySize + 64) <= BatchBytesMax,
            "--pipeline times --size must stay below 1 GiB.");
    }

    private static void Require(bool condition, string message)
    {
        if (!condition)
        {
            throw CliFailure.Usage(message);
        }
    }
}
