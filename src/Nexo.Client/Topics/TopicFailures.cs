using System.Diagnostics.CodeAnalysis;
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
                static told => Tell(told.Raised, told.Sender, told.Failed),
                (Raised: raised, Sender: sender, Failed: new TopicPublishFailedEventArgs(count, error)),
                preferLocal: false);
        }
    }

    // What a handler throws is the handler's: on a thread of the pool it would end the process.
    [SuppressMessage("Design", "CA1031", Justification = "An event handler may throw anything.")]
    private static void Tell(
        EventHandler<TopicPublishFailedEventArgs> raised, NexoTopics sender, TopicPublishFailedEventArgs failed)
    {
        try
        {
            raised(sender, failed);
        }
        catch (Exception)
        {
            // Nobody waits for it.
        }
    }
}
