using Nexo.Protocol;

namespace Nexo.Client;

/// <summary>Tells the application of publishes that failed without anybody waiting for them.</summary>
internal sealed class TopicFailures(NexoTopics sender)
{
    public event EventHandler<TopicPublishFailedEventArgs>? Raised;

    /// <summary>The server reports notices that failed. Called by the receiving thread.</summary>
    public void OnReport(Opcode opcode, ulong count, NexoException error)
    {
        if (opcode.IsTopic())
        {
            Raise((long)Math.Min(count, long.MaxValue), error);
        }
    }

    /// <summary>Raises the event on a thread of the pool, since what handles it may block.</summary>
    public void Raise(long count, NexoException error)
    {
        if (Raised is { } raised)
        {
            ThreadPool.UnsafeQueueUserWorkItem(
                static told => told.Raised(told.Sender, told.Failed),
                (Raised: raised, Sender: sender, Failed: new TopicPublishFailedEventArgs(count, error)),
                preferLocal: false);
        }
    }
}
