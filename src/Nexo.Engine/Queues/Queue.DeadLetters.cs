namespace Nexo.Engine.Queues;

/// <content>Dead letters that are listed, counted, deleted or moved back, in bounded holds of the lock.</content>
internal sealed unsafe partial class Queue
{
    public QueueStatus DeadList<TSink>(DeadWalk walk, int limit, ref TSink sink, out bool more)
        where TSink : IQueueKeptSink, allows ref struct
    {
        int looks = _shard.Tuning.PageLooksMax;
        int left = limit;
        while (true)
        {
            lock (_shard.Gate)
            {
                more = false;
                if (Closed)
                {
                    return QueueStatus.NotFound;
                }

                if (ListSome(walk, ref looks, ref left, ref sink, ref more) || looks <= 0)
                {
                    return QueueStatus.Ok;
                }
            }
        }
    }

    /// <summary>Counts or deletes a slice; false: there is no more.</summary>
    public bool DeadSome(DeadWalk walk, bool delete, int messagesMax, ref long done, ref QueueStatus status, ref bool waits)
    {
        lock (_shard.Gate)
        {
            status = Closed ? QueueStatus.NotFound
                : delete ? AdmitRemoval(RemovedRecord.BytesMax(_shard.Tuning.HoldMessagesMax))
                : QueueStatus.Ok;
            int left = Math.Min(messagesMax, _shard.Tuning.HoldMessagesMax);
            bool more = status == QueueStatus.Ok;
            for (int looks = _shard.Tuning.HoldLooksMax; more && looks > 0 && left > 0; looks--)
            {
                if (!TryNextDead(walk, out ulong id, out uint reference, out more) || reference == 0)
                {
                    continue;
                }

                left--;
                done++;
                if (delete)
                {
                    Remove(reference, MessageAt(reference));
                    _shard.Changes.Removed.Add(id);
                    waits |= Waits;
                }
            }

            LogChanges(admitted: true);
            return more;
        }
    }

    /// <summary>
    /// The queue from which the next dead letter came, which is looked for in a bounded number of others; null: none
    /// yet.
    /// </summary>
    public byte[]? NextSource(DeadWalk walk, out bool more)
    {
        lock (_shard.Gate)
        {
            more = !Closed;
            for (int looks = _shard.Tuning.HoldLooksMax; more && looks > 0; looks--)
            {
                if (PeekNextDead(walk, out ulong id, out uint reference, out more) && reference != 0)
                {
                    ReadOnlySpan<byte> source = MessageNote.Source(_arena, MessageAt(reference));
                    return source.IsEmpty ? Name : source.ToArray();
                }

                if (more)
                {
                    walk.Pass(id);
                }
            }

            return null;
        }
    }

    /// <summary>Moves the next dead letters to a queue, as long as they came from a given one; both shards' locks are held.</summary>
    /// <param name="source">Null: from any.</param>
    /// <param name="more">False: there are no others.</param>
    public QueueStatus Redrive(
        DeadWalk walk, byte[]? source, Queue target, QueueWork work, ref int left, ref long done, ref bool waits, out bool more)
    {
        more = !Closed;
        QueueStatus status = Closed || target.Closed ? QueueStatus.NotFound : QueueStatus.Ok;
        long bytes = _shard.Tuning.HoldBytesMax;
        int looks = _shard.Tuning.HoldLooksMax;
        for (; status == QueueStatus.Ok && more && looks > 0 && left > 0 && bytes > 0; looks--)
        {
            if (PeekNextDead(walk, out ulong id, out uint reference, out more) && reference != 0)
            {
                MessageSlot* message = MessageAt(reference);
                if (source is not null && !CameFrom(message, source))
                {
                    break;
                }

                bytes -= message->ContentBytes;
                status = target.AdmitMoved(message->ContentBytes);
                status = status == QueueStatus.Ok ? Move(reference, message, target, MessageState.Ready) : status;
                if (status != QueueStatus.Ok)
                {
                    break;
                }

                left--;
                done++;
                waits |= Waits || target.Waits;
            }

            if (more)
            {
                walk.Pass(id);
            }
        }

        target.NoteWork(work);
        return status;
    }

    private QueueStatus AdmitMoved(long bytes) =>
        (Paused & QueuePausedParts.Pushes) != 0 ? QueueStatus.Paused
        : IsFull(bytes, default) ? QueueStatus.Full
        : QueueStatus.Ok;

    private bool CameFrom(MessageSlot* message, byte[] source)
    {
        ReadOnlySpan<byte> from = MessageNote.Source(_arena, message);
        return (from.IsEmpty ? Name : from).SequenceEqual(source);
    }

    /// <summary>True: the page is full, or there are no more.</summary>
    private bool ListSome<TSink>(DeadWalk walk, ref int looks, ref int left, ref TSink sink, ref bool more)
        where TSink : IQueueKeptSink, allows ref struct
    {
        for (int inHold = _shard.Tuning.HoldLooksMax; inHold > 0 && looks > 0; inHold--, looks--)
        {
            bool meant = PeekNextDead(walk, out ulong id, out uint reference, out more);
            if (!more || (meant && (left == 0 || !Show(MessageAt(reference), ref sink))))
            {
                return true;
            }

            left -= meant ? 1 : 0;
            walk.Pass(id);
        }

        return false;
    }

    private bool TryNextDead(DeadWalk walk, out ulong id, out uint reference, out bool more)
    {
        bool meant = PeekNextDead(walk, out id, out reference, out more);
        if (more)
        {
            walk.Pass(id);
        }

        return meant;
    }

    /// <summary>Looks at the next message; true: it is a dead letter that is meant. Not more: there was none.</summary>
    private bool PeekNextDead(DeadWalk walk, out ulong id, out uint reference, out bool more)
    {
        more = walk.TryNext(_index, out id, out reference);
        return more
            && reference != 0
            && walk.Matches(MessageAt(reference), _arena, Name, _shard.WallOffsetAt(_shard.Clock.NowMs));
    }
}
