namespace Nexo.Engine.Queues;

/// <content>Messages that are looked at, purged, or dealt with as dead letters, in the order of their ids and in bounded holds.</content>
internal sealed unsafe partial class Queue
{
    /// <param name="lastId">The last one that was looked at; set to where it begins.</param>
    public QueueStatus Peek<TSink>(QueuePart part, ref ulong lastId, int limit, ref TSink sink, out bool more)
        where TSink : IQueueKeptSink, allows ref struct
    {
        more = true;
        int looks = _shard.Tuning.PageLooksMax;
        int left = limit;
        bool end = false;
        while (!end && looks > 0)
        {
            lock (_shard.Gate)
            {
                if (Closed)
                {
                    return QueueStatus.NotFound;
                }

                end = PeekSome(part, ref lastId, ref looks, ref left, ref sink, ref more);
            }
        }

        return QueueStatus.Ok;
    }

    public QueueStatus Purge(QueuePart parts, out long removed, out bool waits)
    {
        removed = 0;
        waits = false;
        ulong id = 0;
        bool first = true;
        ulong? end = null;
        while (true)
        {
            lock (_shard.Gate)
            {
                QueueStatus status = Closed ? QueueStatus.NotFound : AdmitRemoval(RemovedRecord.BytesMax(_shard.Tuning.HoldMessagesMax));
                if (status != QueueStatus.Ok)
                {
                    return first ? status : QueueStatus.Ok;
                }

                // What comes meanwhile is not purged: a purge would not end beside a busy publisher.
                end ??= _nextId;
                removed += first && (parts & QueuePart.Ready) != 0 ? PurgeBacklogs() : 0;
                first = false;
                waits = Waits;
                if (PurgeSome(parts, end.Value, ref id, ref removed))
                {
                    return QueueStatus.Ok;
                }
            }
        }
    }

    /// <summary>Shows one message.</summary>
    private bool Show<TSink>(MessageSlot* message, ref TSink sink)
        where TSink : IQueueKeptSink, allows ref struct
    {
        long offset = _shard.WallOffsetAt(_shard.Clock.NowMs);
        bool dead = message->State == MessageState.Dead;
        long visible = message->State switch
        {
            MessageState.Delayed or MessageState.Held => message->Stamp + offset,
            MessageState.Leased => message->DeadlineMs + offset,
            _ => 0,
        };
        ReadOnlySpan<byte> source = MessageNote.Source(_arena, message);
        return sink.Add(new QueueKept
        {
            MessageId = message->Id,
            EnqueuedAtMs = message->EnqueuedAtMs + offset,
            VisibleAtMs = visible,
            ExpiresAtMs = message->ExpiresAtMs == 0 ? 0 : message->ExpiresAtMs + offset,
            Attempts = message->Deliveries,
            Failures = message->Failures,
            Priority = message->Priority,
            Group = MessageSlot.Group(message),
            Headers = MessageSlot.Headers(message),
            Body = MessageSlot.Body(message),
            DiedAtMs = dead ? message->Stamp + offset : 0,
            Cause = dead ? (QueueDeadCause)message->Cause : QueueDeadCause.None,
            Source = !dead ? default : source.IsEmpty ? Name : source,
            Reason = MessageNote.Reason(_arena, message),
        });
    }

    /// <summary>True: the page is full, or there are no more.</summary>
    private bool PeekSome<TSink>(
        QueuePart part, ref ulong lastId, ref int looks, ref int left, ref TSink sink, ref bool more)
        where TSink : IQueueKeptSink, allows ref struct
    {
        for (int inHold = _shard.Tuning.HoldLooksMax; inHold > 0 && looks > 0; inHold--, looks--)
        {
            ulong id = lastId;
            if (!_index.TryNext(ref id, out uint reference))
            {
                more = false;
                return true;
            }

            MessageSlot* message = MessageAt(reference);
            if (PartOf(message->State) == part && (left-- == 0 || !Show(message, ref sink)))
            {
                return true;
            }

            lastId = id;
        }

        return false;
    }

    private static QueuePart PartOf(MessageState state) => state switch
    {
        MessageState.Ready => QueuePart.Ready,
        MessageState.Delayed or MessageState.Held => QueuePart.Delayed,
        MessageState.Leased => QueuePart.Leased,
        MessageState.Dead => QueuePart.Dead,
        _ => QueuePart.None,
    };

    /// <summary>True: that was the last.</summary>
    private bool PurgeSome(QueuePart parts, ulong endId, ref ulong id, ref long removed)
    {
        bool last = false;
        for (int steps = _shard.Tuning.HoldMessagesMax; steps > 0 && !last; steps--)
        {
            last = !_index.TryNext(ref id, out uint reference) || id >= endId;
            if (!last && (PartOf(MessageAt(reference)->State) & parts) != 0)
            {
                Remove(reference, MessageAt(reference));
                _shard.Changes.Removed.Add(id);
                removed++;
            }
        }

        LogChanges(admitted: true);
        return last;
    }
}
