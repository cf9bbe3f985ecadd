namespace Nexo.Engine.Streams;

/// <summary>Bytes of records that the windows of all groups keep in memory together.</summary>
internal sealed class GroupMemory(long bytesMax)
{
    private long _bytes;

    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>Each window is to keep no more than what it has read last.</summary>
    public bool IsFull => Bytes > bytesMax;

    public void Add(long bytes) => Interlocked.Add(ref _bytes, bytes);
}
