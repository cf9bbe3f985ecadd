using Nexo.Protocol;

namespace Nexo.Client;

/// <summary>
/// Where deliveries came from, and through which they are settled: the pulls of a queue, or one opening of a subscription. It
/// knows of each whether it can be settled, so that it is settled once. What a subscription has given out it keeps in a line, so
/// that it can be extended, given back, or told that it is lost. Its gate guards the states of its deliveries; no foreign code
/// runs under it.
/// </summary>
internal sealed class DeliverySource : ILateReply, IAckSource<QueueDelivery>
{
    private readonly Lock _gate = new();
    private readonly NexoQueue _queue;
    private readonly AckLine<QueueDelivery> _acks;
    private readonly LinkedLine<QueueDelivery>? _kept;
    private bool _isLost;

    /// <param name="queue">The queue.</param>
    /// <param name="kept">Where its deliveries are kept; null for pulls.</param>
    public DeliverySource(NexoQueue queue, LinkedLine<QueueDelivery>? kept = null)
    {
        _queue = queue;
        _kept = kept;
        _acks = new AckLine<QueueDelivery>(this);
    }

    public NexoQueue Queue => _queue;

    public NexoClient Client => _queue.Client;

    public string QueueName => _queue.Name;

    public TimeSpan Timeout => _queue.Timeout;

    /// <summary>Takes in a delivery that came.</summary>
    public void Add(QueueDelivery delivery)
    {
        lock (_gate)
        {
            if (delivery.LeaseToken == 0)
            {
                delivery.State = DeliveryState.Settled;
            }
            else if (_kept is null)
            {
                delivery.State = DeliveryState.Taken;
            }
            else
            {
                _kept.AddLast(delivery);
            }
        }
    }

    /// <summary>Hands a delivery out; false when its lease was lost while it waited.</summary>
    public bool TryTake(QueueDelivery delivery)
    {
        lock (_gate)
        {
            if (delivery.State == DeliveryState.Waiting)
            {
                delivery.State = DeliveryState.Taken;
            }

            return delivery.State == DeliveryState.Taken || delivery.LeaseToken == 0;
        }
    }

    /// <summary>Takes it as being settled; false, with the reason, when it no longer can be.</summary>
    public bool TryBegin(QueueDelivery delivery, out NexoException? refusal)
    {
        lock (_gate)
        {
            if (delivery.State is DeliveryState.Waiting or DeliveryState.Taken)
            {
                delivery.State = DeliveryState.Settling;
                _kept?.Remove(delivery);
                refusal = null;
                return true;
            }
        }

        refusal = Refusal(delivery);
        return false;
    }

    /// <summary>Takes down what came of it.</summary>
    public void End(QueueDelivery delivery, ErrorCode error)
    {
        lock (_gate)
        {
            switch (error)
            {
                case ErrorCode.None:
                    delivery.State = DeliveryState.Settled;
                    break;
                case ErrorCode.LeaseLost:
                case not ErrorCode.None when _isLost:
                    delivery.State = DeliveryState.Lost;
                    break;
                default:
                    // It is still this consumer's, as far as anybody knows: it can be tried again.
                    delivery.State = DeliveryState.Taken;
                    _kept?.AddLast(delivery);
                    break;
            }
        }
    }

    /// <summary>Lets the lease of a delivery end by itself.</summary>
    public void Forget(QueueDelivery delivery)
    {
        lock (_gate)
        {
            _kept?.Remove(delivery);
        }
    }

    /// <summary>The deliveries that are kept: those that wait, and those that were taken as well if that is asked
    /// for.</summary>
    public List<QueueDelivery> Kept(bool taken)
    {
        lock (_gate)
        {
            return KeptHere(taken);
        }
    }

    /// <summary>The leases of these deliveries were lost: they can no longer be settled, and whoever works on one is
    /// told.</summary>
    public void Lose(IReadOnlyList<QueueDelivery> deliveries)
    {
        lock (_gate)
        {
            foreach (QueueDelivery delivery in deliveries)
            {
                if (delivery.State is DeliveryState.Waiting or DeliveryState.Taken)
                {
                    delivery.State = DeliveryState.Lost;
                    _kept?.Remove(delivery);
                }
            }
        }

        foreach (QueueDelivery delivery in deliveries)
        {
            if (delivery.State == DeliveryState.Lost)
            {
                delivery.OnLost?.Invoke(delivery);
            }
        }
    }

    /// <summary>All leases were lost, those of messages that are being settled included unless that succeeds.</summary>
    public void LoseAll()
    {
        List<QueueDelivery> kept;
        lock (_gate)
        {
            _isLost = true;
            kept = KeptHere(taken: true);
        }

        Lose(kept);
    }

    public ValueTask AckAsync(QueueDelivery delivery, CancellationToken cancel)
    {
        if (cancel.IsCancellationRequested)
        {
            return ValueTask.FromCanceled(cancel);
        }

        if (!TryBegin(delivery, out NexoException? refusal))
        {
            return ValueTask.FromException(refusal!);
        }

        return _acks.AckAsync(delivery, cancel);
    }

    bool IAckSource<QueueDelivery>.AreTogether(QueueDelivery first, QueueDelivery next) => true;

    ValueTask<bool> IAckSource<QueueDelivery>.SendAsync(
        ReadOnlySpan<AckWaiter<QueueDelivery>> acks, Memory<ErrorCode> codes)
    {
        FrameBuffer body = Settlement.Ack.Begin(_queue.NameBytes, acks.Length);
        foreach (AckWaiter<QueueDelivery> ack in acks)
        {
            LeaseList.WriteItem(body, ack.Delivery.MessageId, ack.Delivery.LeaseToken);
        }

        return _queue.CallAsync<PerItemReader, bool>(Opcode.QueueAck, CallTraits.None, body, new(codes), CancellationToken.None);
    }

    public async ValueTask SettleAsync(QueueDelivery delivery, Settlement settlement, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        if (!TryBegin(delivery, out NexoException? refusal))
        {
            throw refusal!;
        }

        ErrorCode[] codes = [ErrorCode.Internal];
        try
        {
            await SettleBatch.SendAsync(_queue, [delivery], codes, settlement, cancel).ConfigureAwait(false);
        }
        finally
        {
            End(delivery, codes[0]);
        }

        if (codes[0] != ErrorCode.None)
        {
            throw ErrorOf(delivery, codes[0]);
        }
    }

    public async ValueTask<DateTimeOffset> ExtendAsync(QueueDelivery delivery, TimeSpan? lease, CancellationToken cancel)
    {
        uint leaseMs = lease is { } given ? WireTimes.MillisecondsShort(given, nameof(lease)) : delivery.LeaseMs;
        if (delivery.State is not (DeliveryState.Waiting or DeliveryState.Taken))
        {
            throw Refusal(delivery);
        }

        ErrorCode[] codes = [ErrorCode.Internal];
        await LeaseExtension.SendAsync(_queue, [delivery], codes, leaseMs, cancel).ConfigureAwait(false);
        return codes[0] switch
        {
            ErrorCode.None => delivery.LeaseEndsAt,
            ErrorCode.LeaseLost => throw LostBy(delivery),
            _ => throw ErrorOf(delivery, codes[0]),
        };
    }

    /// <summary>Messages that were pulled by a caller who had gone: they are given back at once, unless they were settled by
    /// their delivery.</summary>
    public void OnLateReply(ReadOnlySpan<byte> body)
    {
        if (!DeliveryList.TryRead(body, out DeliveryList list) || list.Count == 0)
        {
            return;
        }

        DeliveryList ahead = list;
        if (ahead.TryTake(out DeliveredMessage first) && first.Lease == 0)
        {
            return;
        }

        FrameBuffer request = Settlement.Release.Begin(_queue.NameBytes, (int)list.Count);
        while (list.TryTake(out DeliveredMessage message))
        {
            LeaseList.WriteItem(request, message.MessageId, message.Lease);
        }

        _ = SettleBatch.ForgetAsync(_queue.CallAsync<PerItemReader, bool>(
            Opcode.QueueNack, CallTraits.None, request, new(new ErrorCode[list.Count]), CancellationToken.None));
    }

    public NexoException ErrorOf(QueueDelivery delivery, ErrorCode code) => code == ErrorCode.LeaseLost
        ? LeaseLost(delivery, "it ended, or the message was settled before")
        : new NexoException(
            code, $"Message {delivery.MessageId} of queue '{QueueName}' was not settled ({code}).", ErrorCodes.IsRetryable(code));

    private List<QueueDelivery> KeptHere(bool taken)
    {
        var all = new List<QueueDelivery>();
        for (QueueDelivery? delivery = _kept!.First; delivery is not null; delivery = LinkedLine<QueueDelivery>.After(delivery))
        {
            if (taken || delivery.State == DeliveryState.Waiting)
            {
                all.Add(delivery);
            }
        }

        return all;
    }

    private NexoException LostBy(QueueDelivery delivery)
    {
        Lose([delivery]);
        return ErrorOf(delivery, ErrorCode.LeaseLost);
    }

    private NexoException Refusal(QueueDelivery delivery) => LeaseLost(delivery, delivery.State switch
    {
        _ when delivery.LeaseToken == 0 => "it was settled by its delivery",
        DeliveryState.Settling => "it is being settled",
        DeliveryState.Settled => "it was settled before",
        _ => "it ended, or the connection over which the message came was lost",
    });

    private NexoException LeaseLost(QueueDelivery delivery, string how) => new(
        ErrorCode.LeaseLost,
        $"The lease of message {delivery.MessageId} of queue '{QueueName}' is not there any more: {how}. Nothing was changed.",
        retryable: false);
}
