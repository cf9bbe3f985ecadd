using Nexo.Engine.Memory;

namespace Nexo.Server.Topics;

/// <summary>
/// The room that what waits for the subscribers of all connections has together. Nobody can have all of it: what a connection takes
/// beyond a little must leave as much free as the connection then has, and a quarter besides, in which others find that little.
/// Thread-safe.
/// </summary>
/// <param name="bytesMax">All of it.</param>
/// <param name="cap">What the process may take: what waits does not grow any more when that is near.</param>
internal sealed class TopicBuffers(long bytesMax, MemoryCap? cap = null)
{
    /// <summary>The little: a subscription has so much whatever others have, as long as there is any room.</summary>
    public const int FloorBytes = 16 * 1_024;

    private const int Parts = 4;

    private readonly MemoryCap _cap = cap ?? MemoryCap.None;
    private long _bytes;
    private long _large;
    private long _endedSlow;

    /// <summary>What is taken now.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>Subscriptions that were ended for want of room.</summary>
    public long EndedSlow => Interlocked.Read(ref _endedSlow);

    /// <summary>True when so many large messages are on their way that what can come later should.</summary>
    public bool IsCrowded => Interlocked.Read(ref _large) > bytesMax / Parts;

    /// <summary>Takes room; false: there is not so much for whoever has so much already.</summary>
    /// <param name="bytes">More than it has.</param>
    /// <param name="held">What its connection has.</param>
    /// <param name="isFloor">It is not more than a subscription's <see cref="FloorBytes"/>.</param>
    public bool TryTake(long bytes, long held, bool isFloor)
    {
        if (!TryTakeOfCap(bytes, isFloor))
        {
            return false;
        }

        long before;
        long now = Interlocked.Read(ref _bytes);
        do
        {
            before = now;
            long free = bytesMax - before - bytes;
            long most = isFloor ? Math.Max(free, FloorBytes) : free - (bytesMax / Parts);
            if (free < 0 || held + bytes > most)
            {
                _cap.Give(bytes);
                return false;
            }

            now = Interlocked.CompareExchange(ref _bytes, before + bytes, before);
        }
        while (now != before);

        return true;
    }

    // The little is no cache: as long as nothing is refused everybody has it, else a message for who is slow by one would be lost.
    private bool TryTakeOfCap(long bytes, bool isFloor)
    {
        if (!isFloor)
        {
            return _cap.TryTakeForCache(bytes);
        }

        if (_cap.IsReached)
        {
            return _cap.TryTake(bytes);
        }

        _cap.Give(-bytes);
        return true;
    }

    /// <summary>Takes room even where there is none.</summary>
    public void Take(long bytes)
    {
        _cap.Give(-bytes);
        Interlocked.Add(ref _bytes, bytes);
    }

    public void Give(long bytes)
    {
        _cap.Give(bytes);
        Interlocked.Add(ref _bytes, -bytes);
    }

    /// <summary>So much more of it, or less, is of large messages that are on their way.</summary>
    public void NoteLarge(long change) => Interlocked.Add(ref _large, change);

    public void CountEndedSlow() => Interlocked.Increment(ref _endedSlow);
}
