namespace Nexo.Server.Topics;

/// <summary>What one connection has of the room that all have together. Guarded by whatever guards the connection's outbox.</summary>
internal sealed class TopicRoom(TopicBuffers all)
{
    private long _held;
    private long _large;

    /// <summary>Takes room for what waits in a subscription's <see cref="TopicOutbox"/>; false: there is not so much for it.</summary>
    /// <param name="bytes">More than it has.</param>
    /// <param name="isFloor">It is not more than a subscription's <see cref="TopicBuffers.FloorBytes"/>.</param>
    public bool TryTake(int bytes, bool isFloor)
    {
        if (!all.TryTake(bytes, _held, isFloor))
        {
            return false;
        }

        _held += bytes;
        return true;
    }

    public void Give(int bytes)
    {
        _held -= bytes;
        all.Give(bytes);
    }

    /// <summary>
    /// Has so much for what is on its way and larger than a connection may have of its own; false: there is not so much for it.
    /// </summary>
    /// <param name="bytes">In all.</param>
    /// <param name="isForced">Whether there is or not.</param>
    public bool TryHaveLarge(long bytes, bool isForced)
    {
        long more = bytes - _large;
        if (more <= 0)
        {
            return true;
        }

        if (isForced)
        {
            all.Take(more);
        }
        else if (!all.TryTake(more, _held, isFloor: false))
        {
            return false;
        }

        _held += more;
        _large += more;
        all.NoteLarge(more);
        return true;
    }

    /// <summary>No more than so much is on its way.</summary>
    public void ReduceLarge(long bytes)
    {
        long less = _large - bytes;
        if (less > 0)
        {
            _large -= less;
            _held -= less;
            all.NoteLarge(-less);
            all.Give(less);
        }
    }
}
