using Nexo.Engine.Queues;

namespace Nexo.Engine.Tests.Queues.Model;

/// <summary>A consumer of the model, and the one of the engine that it stands for.</summary>
internal sealed class ModelConsumer(int number, ModelQueue queue, QueueConsumerOptions options)
{
    /// <summary>Load beyond this is not told apart.</summary>
    private const int LoadMax = 63;

    public int Number => number;

    public ModelQueue Queue => queue;

    public QueueConsumerOptions Options => options;

    public QueueConsumer? Real { get; set; }

    public long Credits { get; set; }

    public int Unsettled { get; set; }

    public bool IsCongested { get; set; }

    /// <summary>Its queue was deleted.</summary>
    public bool IsEnded { get; set; }

    public bool MayTake => Credits > 0 && !IsCongested;

    public int Load => Math.Min(Unsettled, LoadMax);

    /// <summary>One of its messages is not its own any more.</summary>
    public void Free(ModelMessage message)
    {
        Unsettled--;
        if (options.CreditsAreUnsettled && message.TookCredit)
        {
            Credits++;
        }
    }

    public override string ToString() => $"consumer {number} of {queue.Name}, credits {Credits}, unsettled {Unsettled}";
}
