namespace Nexo.Client;

/// <summary>
/// The deliveries of a subscription that are not settled, oldest first, linked through themselves: so that they can be extended,
/// given back, or told that they are lost. Guarded by the gate of their source.
/// </summary>
internal sealed class KeptDeliveries
{
    private QueueDelivery? _first;
    private QueueDelivery? _last;

    public int Count { get; private set; }

    public void Add(QueueDelivery delivery)
    {
        delivery.IsKept = true;
        delivery.Previous = _last;
        if (_last is null)
        {
            _first = delivery;
        }
        else
        {
            _last.Next = delivery;
        }

        _last = delivery;
        Count++;
    }

    public void Remove(QueueDelivery delivery)
    {
        if (!delivery.IsKept)
        {
            return;
        }

        if (delivery.Previous is null)
        {
            _first = delivery.Next;
        }
        else
        {
            delivery.Previous.Next = delivery.Next;
        }

        if (delivery.Next is null)
        {
            _last = delivery.Previous;
        }
        else
        {
            delivery.Next.Previous = delivery.Previous;
        }

        delivery.IsKept = false;
        delivery.Previous = null;
        delivery.Next = null;
        Count--;
    }

    /// <summary>Those that wait, and those that were taken as well if that is asked for.</summary>
    public List<QueueDelivery> All(bool taken)
    {
        var all = new List<QueueDelivery>();
        for (QueueDelivery? delivery = _first; delivery is not null; delivery = delivery.Next)
        {
            if (taken || delivery.State == DeliveryState.Waiting)
            {
                all.Add(delivery);
            }
        }

        return all;
    }
}
