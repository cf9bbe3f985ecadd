namespace Nexo.Crash.Queues;

/// <summary>
/// The order within a group, as what must never be seen: a delivery although an older message of the group is certainly
/// still there, or a message that turns out to be older than one that was delivered before it.
/// </summary>
internal sealed class GroupOrder
{
    private readonly SortedDictionary<ulong, TrackedMessage> _messages = [];

    /// <summary>The youngest that was delivered in this run of the server.</summary>
    public ulong DeliveredMax { get; set; }

    /// <summary>The id of a message came to be known.</summary>
    public void Add(TrackedMessage message) => _messages[message.Id] = message;

    public void Remove(ulong id) => _messages.Remove(id);

    /// <summary>An older message than this, which is certainly there; null: none.</summary>
    public TrackedMessage? Older(ulong id)
    {
        // Mostly the first one: what is gone is taken out on the way.
        List<ulong> gone = [];
        TrackedMessage? found = null;
        foreach ((ulong other, TrackedMessage message) in _messages)
        {
            if (other >= id)
            {
                break;
            }

            if (message.IsCertain && message.Id == other)
            {
                found = message;
                break;
            }

            if (message.Place != Place.Alive || message.Id != other)
            {
                gone.Add(other);
            }
        }

        foreach (ulong other in gone)
        {
            _messages.Remove(other);
        }

        return found;
    }
}
