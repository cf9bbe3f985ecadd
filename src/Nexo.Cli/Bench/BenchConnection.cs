
namespace Nexo.Cli.Bench;

/// <summary>One connection and the batch that is in flight on it. Belongs to one worker.</summary>
internal sealed class BenchConnection(int id, BenchLink link, uint nextCorrelation, ReadinessQueue ready, int batchMax)
    : BenchSocket(id, link, ready)
{
    private uint _nextCorrelation = nextCorrelation;

    /// <summary>Room for the requests of a batch; the first <see cref="Count"/> are in flight or answered.</summary>
    public uint[] Plan { get; } = new uint[batchMax];

    public int Count { get; private set; }

    public int Answered { get; set; }

    public bool IsIdle => Answered == Count;

    /// <summary>When the batch was sent, or should have been.</summary>
    public long StartedAt { get; private set; }

    public uint FirstCorrelation { get; private set; }

    /// <summary>Batches that the pace has set free on this connection so far.</summary>
    public long Released { get; set; }

    /// <summary>Batches that were begun.</summary>
    public long Begun { get; private set; }

    /// <summary>Counts batches from 0 again.</summary>
    public void BeginPhase()
    {
        Released = 0;
        Begun = 0;
    }

    /// <summary>Sends the first requests of <see cref="Plan"/>.</summary>
    /// <returns>The bytes that they are.</returns>
    public int Send(int count, BatchEncoder encoder, long startedAt)
    {
        Count = count;
        Answered = 0;
        StartedAt = startedAt;
        FirstCorrelation = _nextCorrelation;
        _nextCorrelation += (uint)count;
        Begun++;
        ReadOnlySpan<byte> batch = encoder.Encode(Plan.AsSpan(0, count), FirstCorrelation);
        Send(batch);
        return batch.Length;
    }
}
