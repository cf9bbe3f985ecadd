using Nexo.Engine.Store;

namespace Nexo.Engine.Tests.Store;

/// <summary>Keys with lists, sets, sorted sets, hashes and values, as one would explain them.</summary>
internal sealed class CollectionModel
{
    private readonly Dictionary<string, object> _entries = [];
    private readonly HashSet<string> _expiring = [];

    public IReadOnlyDictionary<string, object> Entries => _entries;

    public bool Expires(string key) => _expiring.Contains(key);

    public CollectionModel Copy()
    {
        var copy = new CollectionModel();
        foreach ((string key, object value) in _entries)
        {
            copy._entries.Add(key, value switch
            {
                List<string> list => new List<string>(list),
                HashSet<string> set => new HashSet<string>(set),
                Dictionary<string, double> scores => new Dictionary<string, double>(scores),
                Dictionary<string, string> fields => new Dictionary<string, string>(fields),
                _ => value,
            });
        }

        copy._expiring.UnionWith(_expiring);
        return copy;
    }

    /// <summary>What is in a key as this type, or null with the status that the command must have.</summary>
    public T? Find<T>(string key, out StoreStatus status)
        where T : class
    {
        bool found = _entries.TryGetValue(key, out object? value);
        status = !found ? StoreStatus.NotFound : value is T ? StoreStatus.Ok : StoreStatus.WrongType;
        return value as T;
    }

    /// <summary>As above, and makes it if the key is free.</summary>
    public T? Make<T>(string key)
        where T : class, new()
    {
        if (!_entries.TryGetValue(key, out object? value))
        {
            value = new T();
            _entries.Add(key, value);
        }

        return value as T;
    }

    public void Put(string key, object value)
    {
        Remove(key);
        _entries.Add(key, value);
    }

    public bool Remove(string key)
    {
        _expiring.Remove(key);
        return _entries.Remove(key);
    }

    public void Expire(string key) => _expiring.Add(key);

    /// <summary>A key without items is gone.</summary>
    public void Tidy(string key)
    {
        if (_entries.TryGetValue(key, out object? value) && value is System.Collections.ICollection { Count: 0 } or HashSet<string> { Count: 0 })
        {
            Remove(key);
        }
    }

    public static List<(string Member, double Score)> Sort(Dictionary<string, double> scores) =>
        [.. scores.Select(pair => (pair.Key, pair.Value))
            .OrderBy(pair => pair.Value).ThenBy(pair => pair.Key, StringComparer.Ordinal)];
}
