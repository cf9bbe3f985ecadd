using System.Runtime.InteropServices;

namespace Nexo.Engine.Sessions;

/// <summary>
/// Subscriptions by their filters: a few in a row, which most sessions have, and an index over many. Guarded by its session's lock.
/// </summary>
internal sealed class SessionFilters
{
    private const int FewMax = 16;

    private readonly List<SessionSubscription> _all = new(1);
    private Dictionary<byte[], int>? _index;

    /// <summary>In no order; until they change.</summary>
    public ReadOnlySpan<SessionSubscription> All => CollectionsMarshal.AsSpan(_all);

    /// <summary>Where the one with a filter is; -1: there is none.</summary>
    public int IndexOf(ReadOnlySpan<byte> filter)
    {
        if (_index is not null)
        {
            return _index.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(filter, out int at) ? at : -1;
        }

        for (int i = 0; i < _all.Count; i++)
        {
            if (filter.SequenceEqual(_all[i].Filter))
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>Adds one, or replaces that with its filter.</summary>
    public void Put(in SessionSubscription subscription)
    {
        int at = IndexOf(subscription.Filter);
        if (at >= 0)
        {
            _all[at] = subscription;
            return;
        }

        _all.Add(subscription);
        if (_index is not null)
        {
            _index.Add(subscription.Filter, _all.Count - 1);
        }
        else if (_all.Count > FewMax)
        {
            _index = new Dictionary<byte[], int>(BytesComparer.Instance);
            for (int i = 0; i < _all.Count; i++)
            {
                _index.Add(_all[i].Filter, i);
            }
        }
    }

    /// <summary>False: there is none with this filter.</summary>
    public bool Remove(ReadOnlySpan<byte> filter)
    {
        int at = IndexOf(filter);
        if (at < 0)
        {
            return false;
        }

        // The last takes its place.
        SessionSubscription last = _all[^1];
        _index?.Remove(_all[at].Filter);
        _all[at] = last;
        _all.RemoveAt(_all.Count - 1);
        if (_index is not null && at < _all.Count)
        {
            _index[last.Filter] = at;
        }

        return true;
    }

    public void Clear()
    {
        _all.Clear();
        _index = null;
    }
}
