namespace Nexo.Engine.Topics;

/// <content>The retained messages of its filters.</content>
public sealed partial class TopicSubscriber
{
    private readonly Lock _retainedGate = new();
    private readonly List<RetainedPages> _retained = [];
    private readonly Lock _removedGate = new();
    private Dictionary<byte[], long>? _removed;
    private long _lastRetained;
    private volatile bool _hasRetained;

    /// <summary>
    /// True when there may be retained messages for its sink, which come with <see cref="NextRetained"/>: after it was made, or has
    /// got more filters, with <see cref="TopicSubscribeOptions.Retained"/>.
    /// </summary>
    public bool HasRetained => _hasRetained;

    /// <summary>
    /// Delivers the next retained messages of its filters to its sink and flushes it: so many of them, and so many bytes or one
    /// message; none if many topics were passed over. To be called under no lock that the sink takes.
    /// </summary>
    /// <returns>True: there may be more.</returns>
    public bool NextRetained(int bytesMax, int messagesMax = int.MaxValue)
    {
        int delivered;
        lock (_retainedGate)
        {
            DropRemoved();
            if (_retained is not [RetainedPages pages, ..])
            {
                return false;
            }

            if (_service.DeliverRetained(this, pages, bytesMax, messagesMax, out delivered))
            {
                _retained.RemoveAt(0);
                _hasRetained = _retained.Count > 0;
            }
        }

        if (delivered > 0)
        {
            Sink.Flush();
        }

        return _hasRetained;
    }

    /// <summary>
    /// Has the retained messages of some of its filters come again, as they are now: with the next <see cref="NextRetained"/>.
    /// </summary>
    public void AskRetained(TopicFilterList filters)
    {
        var pages = new RetainedPages();
        foreach (ReadOnlySpan<byte> given in filters)
        {
            if (TopicFilter.TryParse(given, _service.Limits, out TopicFilter filter) && filter.Group.IsEmpty)
            {
                pages.Add(filter.Text);
            }
        }

        if (!pages.IsEmpty)
        {
            lock (_service.Retained.Gate)
            {
                pages.VersionMax = _service.Retained.Version;
            }

            Begin(pages);
        }
    }

    /// <summary>Filters have been added: what is retained for them comes behind what comes for others.</summary>
    internal void Begin(RetainedPages pages)
    {
        lock (_retainedGate)
        {
            DropRemoved();
            lock (_removedGate)
            {
                pages.Number = ++_lastRetained;
            }

            _retained.Add(pages);
            _hasRetained = true;
        }
    }

    /// <summary>
    /// A filter has been taken away: what is still to come by it does not. May be called under the index's locks: it is noted, and
    /// done later.
    /// </summary>
    internal void EndRetained(ReadOnlySpan<byte> filter)
    {
        if (_hasRetained)
        {
            lock (_removedGate)
            {
                _removed ??= new Dictionary<byte[], long>(BytesComparer.Instance);
                _removed[filter.ToArray()] = _lastRetained;
            }
        }
    }

    private void DropRemoved()
    {
        Dictionary<byte[], long>? removed;
        lock (_removedGate)
        {
            removed = _removed;
            _removed = null;
        }

        if (removed is not null)
        {
            foreach (RetainedPages pages in _retained)
            {
                pages.Remove(removed);
            }

            _retained.RemoveAll(static pages => pages.IsEmpty);
            _hasRetained = _retained.Count > 0;
        }
    }
}
