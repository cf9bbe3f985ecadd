namespace Nexo.Server.Topics;

/// <summary>The room that the outboxes of all subscriptions have together. Thread-safe.</summary>
internal sealed class TopicBuffers(long bytesMax)
{
    private long _bytes;
    private long _endedSlow;

    /// <summary>What is taken now.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>Subscriptions that were ended for want of room.</summary>
    public long EndedSlow => Interlocked.Read(ref _endedSlow);

    /// <summary>Takes room; false: there is not so much left.</summary>
    public bool TryTake(int bytes)
    {
        if (Interlocked.Add(ref _bytes, bytes) <= bytesMax)
        {
            return true;
        }

        Give(bytes);
        return false;
    }

    public void CountEndedSlow() => Interlocked.Increment(ref _endedSlow);

    public void Give(int bytes) => Interlocked.Add(ref _bytes, -bytes);
}
