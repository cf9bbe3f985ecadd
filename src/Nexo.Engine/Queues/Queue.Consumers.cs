namespace Nexo.Engine.Queues;

/// <content>Consumers, and pulls that wait.</content>
internal sealed unsafe partial class Queue
{
    private readonly List<QueueConsumer?> _consumers = [];
    private readonly Stack<uint> _consumersFree = new();
    private ConsumersByLoad? _takers;
    private long _consumerCount;
    private QueueWaiter? _firstWaiter;
    private QueueWaiter? _lastWaiter;

    /// <summary>Waiters that were woken and have neither pulled nor given up.</summary>
    private long _woken;

    /// <summary>Somebody would take what is offered.</summary>
    private bool CanDispatch =>
        Offers
        && (Paused & QueuePausedParts.Deliveries) == 0
        && (_takers?.First is not null || (_firstWaiter is not null && _offered > _woken));

    public QueueStatus Consume(IQueueSink sink, QueueConsumerOptions options, out QueueConsumer? consumer)
    {
        lock (_shard.Gate)
        {
            consumer = null;
            if (Closed)
            {
                return QueueStatus.NotFound;
            }

            if (!_consumersFree.TryPop(out uint number))
            {
                number = (uint)_consumers.Count;
                _consumers.Add(null);
            }

            consumer = new QueueConsumer(this, number, sink, options);
            _consumers[(int)number] = consumer;
            Recount(consumer);
            return QueueStatus.Ok;
        }
    }

    public void AddCredits(QueueConsumer consumer, uint credits, QueueWork work)
    {
        lock (_shard.Gate)
        {
            consumer.Credits = Math.Min(consumer.Credits + credits, QueueConsumer.CreditsMax);
            ListTaker(consumer);
            NoteWork(work);
        }
    }

    public void ResumeConsumer(QueueConsumer consumer, QueueWork work)
    {
        lock (_shard.Gate)
        {
            consumer.Parked = false;
            ListTaker(consumer);
            NoteWork(work);
        }
    }

    /// <summary>The consumer is gone: what it has comes back, oldest first, in bounded holds of the lock.</summary>
    public void RemoveConsumer(QueueConsumer consumer)
    {
        var work = new QueueWork();
        bool more = true;
        while (more)
        {
            lock (_shard.Gate)
            {
                if (!consumer.Closed)
                {
                    CloseConsumer(consumer);
                }

                more = ReturnLost(consumer);
                NoteWork(work);
            }
        }

        work.Run();
    }

    public IDisposable Wait(QueueConsumer consumer, Action ready)
    {
        var waiter = new QueueWaiter(this, consumer, ready);
        var work = new QueueWork();
        lock (_shard.Gate)
        {
            EndWoken(consumer);
            if (consumer.Closed)
            {
                work.Wake(waiter);
            }
            else if (!consumer.Stopped)
            {
                AddWaiter(waiter);
                NoteWork(work);
            }
        }

        work.Run();
        return waiter;
    }

    public void EndWait(QueueWaiter waiter)
    {
        var work = new QueueWork();
        lock (_shard.Gate)
        {
            if (waiter.Waiting)
            {
                RemoveWaiter(waiter);
            }
            else
            {
                EndWoken(waiter.Consumer);
            }

            NoteWork(work);
        }

        work.Run();
    }

    public bool WaitsForLog()
    {
        lock (_shard.Gate)
        {
            return Waits;
        }
    }

    /// <summary>Notes the queue for the caller's work if there is something to be done without the lock.</summary>
    private void NoteWork(QueueWork work)
    {
        if (CanDispatch || _firstDying != 0)
        {
            work.Add(this);
        }
    }

    public void StopConsumer(QueueConsumer consumer)
    {
        var work = new QueueWork();
        lock (_shard.Gate)
        {
            StopTaking(consumer);
            NoteWork(work);
        }

        work.Run();
    }

    private void CloseConsumer(QueueConsumer consumer)
    {
        StopTaking(consumer);
        consumer.Closed = true;
    }

    private void StopTaking(QueueConsumer consumer)
    {
        if (consumer.Stopped || consumer.Closed)
        {
            return;
        }

        consumer.Stopped = true;
        if (consumer.LoadList != QueueConsumer.InNoList)
        {
            _takers!.Remove(consumer);
        }

        while (consumer.Woken > 0)
        {
            EndWoken(consumer);
        }

        Recount(consumer);
    }

    /// <summary>Something has changed of which it depends whether a consumer counts as one.</summary>
    private void Recount(QueueConsumer consumer)
    {
        if (consumer.Counts != consumer.ShouldCount)
        {
            consumer.Counts = !consumer.Counts;
            _consumerCount += consumer.Counts ? 1 : -1;
            _usedAtMs = _shard.Clock.NowMs;
        }
    }

    /// <summary>Its place is free once nothing of it is unsettled.</summary>
    private void FreeConsumer(QueueConsumer consumer)
    {
        if (consumer.Number < _consumers.Count && _consumers[(int)consumer.Number] == consumer)
        {
            _consumers[(int)consumer.Number] = null;
            _consumersFree.Push(consumer.Number);
        }
    }

    /// <summary>Puts a consumer into the list of its load, or into none.</summary>
    private void ListTaker(QueueConsumer consumer)
    {
        if (consumer.LoadList != QueueConsumer.InNoList)
        {
            _takers!.Remove(consumer);
        }

        if (consumer.CanTake && !Closed)
        {
            _takers ??= new ConsumersByLoad();
            _takers.Add(consumer);
        }
    }

    private void JoinConsumer(QueueConsumer consumer, uint reference, MessageSlot* message)
    {
        message->Consumer = consumer.Number;
        message->Next = 0;
        message->Prev = consumer.Last;
        if (consumer.Last != 0)
        {
            MessageAt(consumer.Last)->Next = reference;
        }
        else
        {
            consumer.First = reference;
        }

        consumer.Last = reference;
        consumer.Load++;
        Recount(consumer);
    }

    /// <summary>The message of a consumer is settled, or taken from it.</summary>
    private void LeaveConsumer(MessageSlot* message)
    {
        QueueConsumer consumer = _consumers[(int)message->Consumer]!;
        if (message->Next != 0)
        {
            MessageAt(message->Next)->Prev = message->Prev;
        }
        else
        {
            consumer.Last = message->Prev;
        }

        if (message->Prev != 0)
        {
            MessageAt(message->Prev)->Next = message->Next;
        }
        else
        {
            consumer.First = message->Next;
        }

        consumer.Load--;
        Recount(consumer);
        if (consumer.Options.CreditsAreUnsettled)
        {
            consumer.Credits++;
        }

        if (!consumer.Closed)
        {
            ListTaker(consumer);
        }
    }

    private void AddWaiter(QueueWaiter waiter)
    {
        waiter.Waiting = true;
        waiter.Consumer.Waiting++;
        Recount(waiter.Consumer);
        waiter.Prev = _lastWaiter;
        if (_lastWaiter is not null)
        {
            _lastWaiter.Next = waiter;
        }
        else
        {
            _firstWaiter = waiter;
        }

        _lastWaiter = waiter;
    }

    private void RemoveWaiter(QueueWaiter waiter)
    {
        waiter.Waiting = false;
        if (waiter.Next is not null)
        {
            waiter.Next.Prev = waiter.Prev;
        }
        else
        {
            _lastWaiter = waiter.Prev;
        }

        if (waiter.Prev is not null)
        {
            waiter.Prev.Next = waiter.Next;
        }
        else
        {
            _firstWaiter = waiter.Next;
        }

        waiter.Next = null;
        waiter.Prev = null;
        waiter.Consumer.Waiting--;
        Recount(waiter.Consumer);
    }

    /// <summary>Wakes one waiter for each message that is offered and nobody was woken for.</summary>
    private void WakeWaiters(QueueWork work)
    {
        for (int i = 0; i < _shard.Tuning.HoldLooksMax && _offered > _woken && _firstWaiter is { } waiter; i++)
        {
            if (waiter.Consumer.Stopped)
            {
                RemoveWaiter(waiter);
                continue;
            }

            waiter.Consumer.Woken++;
            _woken++;
            RemoveWaiter(waiter);
            work.Wake(waiter);
        }
    }

    private void EndWoken(QueueConsumer consumer)
    {
        if (consumer.Woken > 0)
        {
            consumer.Woken--;
            _woken--;
            Recount(consumer);
        }
    }
}
