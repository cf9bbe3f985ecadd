using System.Diagnostics.CodeAnalysis;
using Nexo.Protocol;

namespace Nexo.Client;

/// <summary>Tells the application of publishes that failed without anybody waiting for them.</summary>
internal sealed class TopicFailures(NexoTopics sender)
{
    private readonly Lock _gate = new();
    private Task _told = Task.CompletedTask;

    public event EventHandler<TopicPublishFailedEventArgs>? Raised;

    /// <summary>The server reports notices that failed. Called by the receiving thread.</summary>
    public void OnReport(Opcode opcode, ulong count, NexoException error)
    {
        if (opcode.IsTopic())
        {
            Raise((long)Math.Min(count, long.MaxValue), error);
        }
    }

    /// <summary>Raises the event on a thread of the pool, since what handles it may block; one after the other.</summary>
    public void Raise(long count, NexoException error)
    {
        if (Raised is { } raised)
        {
            lock (_gate)
            {
                _told = TellAsync(_told, raised, sender, new TopicPublishFailedEventArgs(count, error));
            }
        }
    }

    /// <summary>Ends when all that has come so far has been told.</summary>
    public Task WhenToldAsync()
    {
        lock (_gate)
        {
            return _told;
        }
    }

    // What a handler throws is the handler's: on a thread of the pool it would end the process.
    [SuppressMessage("Design", "CA1031", Justification = "An event handler may throw anything.")]
    private static async Task TellAsync(
        Task before, EventHandler<TopicPublishFailedEventArgs> raised, NexoTopics sender, TopicPublishFailedEventArgs failed)
    {
        await before.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
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
