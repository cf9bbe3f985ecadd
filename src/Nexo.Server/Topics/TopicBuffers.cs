namespace Nexo.Server.Topics;

/// <summary>The room that the outboxes of all subscriptions have together. Thread-safe.</summary>
internal sealed class TopicBuffers(long bytesMax)
{
    private long _bytes;

    /// <summary>What is taken now.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    public long BytesMax => bytesMax;

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

    public void Give(int bytes) => Interlocked.Add(ref _bytes, -bytes);
}
