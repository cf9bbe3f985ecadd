using System.Runtime.InteropServices;

namespace Nexo.Engine.Topics;

/// <content>Its filters.</content>
public sealed partial class TopicSubscriber
{
    // What a level of a filter takes when no other filter has it.
    private const int LevelBytes = 80;

    // So many are added under one hold of the retained messages' lock.
    private const int FiltersPerHold = 4_096;

    private readonly Lock _gate = new();
    private readonly List<FilterPlace> _places = new(1);
    private HashSet<TopicGroup>? _shares;
    private bool _isGone;

    /// <summary>How many filters it has.</summary>
    public int Filters
    {
        get
        {
            lock (_gate)
            {
                return FilterCount;
            }
        }
    }

    private int FilterCount => _places.Count + (_shares?.Count ?? 0);

    /// <summary>
    /// Takes filters away, then adds others: all of them or, if one is refused, none. Those that are not there, or there already,
    /// are passed over.
    /// </summary>
    public TopicStatus Change(TopicFilterList added, TopicFilterList removed)
    {
        long bytes = 0;
        foreach (ReadOnlySpan<byte> given in added)
        {
            // As in MQTT, what is shared comes to members whoever has published it.
            if (!TopicFilter.TryParse(given, _service.Limits, out TopicFilter filter) || (Options.NotOwn && !filter.Group.IsEmpty))
            {
                return TopicStatus.FilterInvalid;
            }

            bytes += given.Length + (LevelBytes * (1L + given.Count(TopicRules.Separator)));
        }

        if (added.Count > 0 && Index.FilterBytes + bytes > _service.Limits.FilterBytesMax)
        {
            return TopicStatus.TooManyFilters;
        }

        if (added.Count > 0 && !_service.Limits.Cap.TryTake(bytes))
        {
            return TopicStatus.OutOfMemory;
        }

        lock (_gate)
        {
            if (_isGone)
            {
                return TopicStatus.Ok;
            }

            int before = FilterCount;
            int room = RoomFor(added, removed);
            if (!_service.TryTakeFilters(Options.Owner, room))
            {
                return TopicStatus.TooManyFilters;
            }

            Remove(removed);
            Add(added);

            // One that is added twice was counted twice.
            _service.ReturnFilters(Options.Owner, room - (FilterCount - before));
            return TopicStatus.Ok;
        }
    }

    /// <summary>
    /// Ends it. Afterwards nothing comes for a shared group. A fan-out to its own filters that has begun may still reach its sink.
    /// </summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_isGone)
            {
                return;
            }

            _isGone = true;
            int filters = FilterCount;
            foreach (FilterPlace place in _places)
            {
                Index.Remove(place, Id);
            }

            foreach (TopicGroup group in _shares ?? [])
            {
                Index.RemoveMember(group, this);
            }

            _places.Clear();
            _shares = null;
            Index.Subscribers.Remove(Id);
            _service.ReturnFilters(Options.Owner, filters);
        }
    }

    /// <summary>One of its filters, with its share; empty if it has none. Of an inbox, only that it is one: its name is a secret.</summary>
    public byte[] FirstFilter()
    {
        lock (_gate)
        {
            return _places.Count > 0 ? Shown(_places[0]) : _shares?.FirstOrDefault()?.SharedFilter() ?? [];
        }
    }

    /// <summary>Whether all its filters, with their shares, are as asked; that is asked under its lock.</summary>
    public bool AllFilters(Func<byte[], bool> isSo)
    {
        lock (_gate)
        {
            return _places.TrueForAll(place => isSo(Index.FilterOf(place)))
                && (_shares is null || _shares.All(group => isSo(group.SharedFilter())));
        }
    }

    /// <summary>Whether one of its filters begins so.</summary>
    internal bool HasFilterWith(ReadOnlySpan<byte> prefix)
    {
        lock (_gate)
        {
            foreach (FilterPlace place in _places)
            {
                if (Shown(place).AsSpan().StartsWith(prefix))
                {
                    return true;
                }
            }

            foreach (TopicGroup group in _shares ?? [])
            {
                if (group.SharedFilter().AsSpan().StartsWith(prefix))
                {
                    return true;
                }
            }

            return false;
        }
    }

    private byte[] Shown(FilterPlace place)
    {
        byte[] filter = Index.FilterOf(place);
        return TopicRules.IsInbox(filter) ? "$inbox/"u8.ToArray() : filter;
    }

    private bool Has(in TopicFilter filter, out FilterPlace place, out TopicGroup? group)
    {
        place = default;
        group = null;
        if (FilterCount == 0)
        {
            return false;
        }

        if (!filter.Group.IsEmpty)
        {
            group = Index.FindGroup(in filter);
            return group != null && _shares?.Contains(group) == true;
        }

        place = Index.Find(in filter);
        return place.Exists && Index.Has(place, Id, CollectionsMarshal.AsSpan(_places));
    }

    /// <summary>How many filters more there will be; one that is added twice counts twice.</summary>
    private int RoomFor(TopicFilterList added, TopicFilterList removed)
    {
        if (FilterCount == 0)
        {
            return added.Count;
        }

        var places = new HashSet<FilterPlace>();
        var groups = new HashSet<TopicGroup>();
        foreach (ReadOnlySpan<byte> given in removed)
        {
            if (TopicFilter.TryParse(given, _service.Limits, out TopicFilter filter)
                && Has(in filter, out FilterPlace place, out TopicGroup? group))
            {
                _ = group == null ? places.Add(place) : groups.Add(group);
            }
        }

        int count = 0;
        foreach (ReadOnlySpan<byte> given in added)
        {
            TopicFilter.TryParse(given, _service.Limits, out TopicFilter filter);
            if (Has(in filter, out FilterPlace place, out TopicGroup? group))
            {
                // In both lists: it stays.
                _ = group == null ? places.Remove(place) : groups.Remove(group);
            }
            else
            {
                count++;
            }
        }

        return count - places.Count - groups.Count;
    }

    private void Add(TopicFilterList added)
    {
        TopicFilterList.Enumerator filters = added.GetEnumerator();
        if (!Options.Retained)
        {
            while (filters.MoveNext())
            {
                Add(filters.Current, pages: null);
            }

            return;
        }

        while (AddWithRetained(ref filters))
        {
            // Those who publish what is retained get their turn.
        }
    }

    /// <summary>
    /// Adds some under the retained messages' lock, so that what is retained meanwhile comes once: as what was there, or live.
    /// </summary>
    /// <returns>True: there are more.</returns>
    private bool AddWithRetained(scoped ref TopicFilterList.Enumerator filters)
    {
        var pages = new RetainedPages();
        bool more = true;
        lock (_service.Retained.Gate)
        {
            for (int i = 0; i < FiltersPerHold && (more = filters.MoveNext()); i++)
            {
                Add(filters.Current, pages);
            }

            pages.VersionMax = _service.Retained.Version;
        }

        if (!pages.IsEmpty)
        {
            Begin(pages);
        }

        return more;
    }

    private void Add(ReadOnlySpan<byte> given, RetainedPages? pages)
    {
        TopicFilter.TryParse(given, _service.Limits, out TopicFilter filter);
        if (Has(in filter, out _, out _))
        {
            return;
        }

        if (filter.Group.IsEmpty)
        {
            _places.Add(Index.Add(in filter, Id));
            pages?.Add(filter.Text);
        }
        else
        {
            (_shares ??= []).Add(Index.AddMember(in filter, this));
        }
    }

    private void Remove(TopicFilterList removed)
    {
        // Many of many: a table saves going over all places for each. `Has` then asks the index, which is up to date.
        bool isTable = removed.Count > TopicIndex.FewFilters && _places.Count > TopicIndex.FewFilters;
        HashSet<FilterPlace>? left = isTable ? [.. _places] : null;
        foreach (ReadOnlySpan<byte> given in removed)
        {
            if (!TopicFilter.TryParse(given, _service.Limits, out TopicFilter filter)
                || !Has(in filter, out FilterPlace place, out TopicGroup? group))
            {
                continue;
            }

            if (group != null)
            {
                _shares!.Remove(group);
                Index.RemoveMember(group, this);
                continue;
            }

            Index.Remove(place, Id);
            EndRetained(filter.Text);
            if (left == null)
            {
                _places.Remove(place);
            }
            else
            {
                left.Remove(place);
            }
        }

        if (left != null)
        {
            _places.Clear();
            _places.AddRange(left);
        }
    }
}
