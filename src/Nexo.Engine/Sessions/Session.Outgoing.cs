using Nexo.Storage;

namespace Nexo.Engine.Sessions;

/// <content>What its client is sent, and acknowledges.</content>
public sealed unsafe partial class Session
{
    // The next one for this connection.
    private ulong _next = 1;

    internal bool TryNext(SessionLink link, out SessionDelivery delivery)
    {
        delivery = default;
        lock (_gate)
        {
            if (_link != link)
            {
                return false;
            }

            _next = Math.Max(_next, _ring.First);
            long now = _service.NowMs;

            // Of two with the same packet id the first must be gone.
            while (_next <= _ring.Last && _next - _ring.First < ushort.MaxValue)
            {
                ref SessionItem item = ref _ring[_next];
                bool wasSent = _next <= _sent;
                if (!item.IsPresent)
                {
                    _next++;
                }
                else if (item.IsReceived)
                {
                    if (!IsOnDisk(_receivedLsn))
                    {
                        return false;
                    }

                    delivery = new SessionDelivery(PacketIdOf(_next++));
                    return true;
                }
                else if (!wasSent && IsExpired(in item, now))
                {
                    ulong expired = _next++;
                    _sent = expired;
                    _service.Counters.AddExpired(1);
                    Settle(expired);
                    _next = Math.Max(_next, _ring.First);
                }
                else if (!wasSent && item.IsExactlyOnce && !IsOnDisk(_next))
                {
                    return false;
                }
                else
                {
                    delivery = HandOut(in item, _next, wasSent, now);
                    _sent = Math.Max(_sent, _next++);
                    return true;
                }
            }

            return false;
        }
    }

    internal SessionStatus Acknowledge(SessionLink link, ushort packetId)
    {
        lock (_gate)
        {
            if (_link != link)
            {
                return SessionStatus.Fenced;
            }

            ulong number = NumberOf(packetId);
            if (number == 0 || _ring[number].IsExactlyOnce)
            {
                return SessionStatus.NotFound;
            }

            Settle(number);
            return SessionStatus.Ok;
        }
    }

    internal SessionStatus Receive(SessionLink link, ushort packetId)
    {
        lock (_gate)
        {
            if (_link != link)
            {
                return SessionStatus.Fenced;
            }

            ulong number = NumberOf(packetId);
            if (number == 0 || !_ring[number].IsExactlyOnce)
            {
                return SessionStatus.NotFound;
            }

            SessionStatus status = _ring[number].IsReceived ? SessionStatus.Ok : _service.LogReceived(this, number, ref _receivedLsn);
            if (status == SessionStatus.Ok)
            {
                MarkReceived(number);
            }

            return status;
        }
    }

    internal SessionStatus Complete(SessionLink link, ushort packetId)
    {
        lock (_gate)
        {
            if (_link != link)
            {
                return SessionStatus.Fenced;
            }

            ulong number = NumberOf(packetId);
            if (number == 0 || !_ring[number].IsReceived)
            {
                return SessionStatus.NotFound;
            }

            Settle(number);
            return SessionStatus.Ok;
        }
    }

    internal SessionStatus Refuse(SessionLink link, ushort packetId)
    {
        lock (_gate)
        {
            if (_link != link)
            {
                return SessionStatus.Fenced;
            }

            ulong number = NumberOf(packetId);
            if (number == 0)
            {
                return SessionStatus.NotFound;
            }

            Settle(number);
            return SessionStatus.Ok;
        }
    }

    /// <summary>The log is durable up to a record that was marked, if not the one that is now.</summary>
    void IDurableReader.OnDurable()
    {
        ISessionHolder? holder;
        lock (_gate)
        {
            _isAwaited = false;
            holder = _link?.Holder;
        }

        holder?.Wake();
    }

    private SessionDelivery HandOut(in SessionItem item, ulong number, bool wasSent, long now)
    {
        SessionBody body = _service.Bodies.Of(item.Body);
        body.Hold();
        return new SessionDelivery(PacketIdOf(number), body, item.Marks, item.Identifier, wasSent, now);
    }

    private void MarkReceived(ulong number)
    {
        ref SessionItem item = ref _ring[number];
        item.Marks |= SessionMarks.Received;
        LetGo(ref item);
    }

    /// <summary>The message that was sent under this id; 0: there is none.</summary>
    private ulong NumberOf(ushort packetId)
    {
        if (packetId == 0 || _ring.First > _ring.Last)
        {
            return 0;
        }

        uint ahead = (uint)(packetId + ushort.MaxValue - PacketIdOf(_ring.First)) % ushort.MaxValue;
        ulong number = _ring.First + ahead;
        return number <= _sent && number <= _ring.Last && _ring[number].IsPresent ? number : 0;
    }

    /// <summary>
    /// Whether the record that names it is on disk. If not, its holder is told when it is: sent before, it could come twice, or
    /// another under the same id not at all, if the record were lost.
    /// </summary>
    private bool IsOnDisk(ulong number)
    {
        if (number <= _durable || _service.Visibility is not { } visibility)
        {
            return true;
        }

        if (visibility.IsDurable(_markedLsn))
        {
            // The next mark is the end: what is behind it comes with a later one.
            _durable = Math.Max(_durable, _markedMessage);
            if (number > _durable)
            {
                _markedMessage = _ring.Last;
                _markedLsn = _lastLsn;
                _durable = visibility.IsDurable(_markedLsn) ? _markedMessage : _durable;
            }

            if (number <= _durable)
            {
                return true;
            }
        }

        Await(visibility, _markedLsn);
        return false;
    }

    /// <summary>Whether a record is on disk. If not, its holder is told when it is.</summary>
    private bool IsOnDisk(Lsn lsn)
    {
        if (_service.Visibility is not { } visibility || visibility.IsDurable(lsn))
        {
            return true;
        }

        Await(visibility, lsn);
        return false;
    }

    private void Await(DurableNotices<Session> visibility, Lsn lsn)
    {
        if (!_isAwaited)
        {
            _isAwaited = true;
            visibility.Want(this, lsn);
        }
    }
}
