using System.Globalization;
using System.Text;
using Nexo.Engine.Store;

namespace Nexo.Engine.Tests.Store;

/// <summary>
/// The store as one would explain it: a sorted dictionary. What the engine does is compared with this.
/// </summary>
internal sealed class StoreModel(StoreLimits limits, Func<ClockRecord> clock)
{
    private readonly SortedDictionary<string, ModelEntry> _entries = new(StringComparer.Ordinal);
    private ulong _version;

    public List<(string Key, StoreChangeKind Change)> Changes { get; } = [];

    public IEnumerable<KeyValuePair<string, ModelEntry>> Alive =>
        _entries.Where(pair => pair.Value.Deadline == 0 || pair.Value.Deadline > Now());

    public ModelEntry? Find(string key)
    {
        if (_entries.TryGetValue(key, out ModelEntry? entry) && entry.Deadline != 0 && entry.Deadline <= Now())
        {
            Remove(key, StoreChangeKind.Expired);
            return null;
        }

        return entry;
    }

    public StoreStatus Read(string key, out ModelEntry? entry)
    {
        entry = Find(key);
        return entry is null ? StoreStatus.NotFound : entry.Fields is null ? StoreStatus.Ok : StoreStatus.WrongType;
    }

    public StoreStatus Set(
        string key,
        string value,
        ModelCondition condition,
        StoreExpiry expiry,
        bool wantsPrevious,
        out ModelSet result)
    {
        result = default;
        StoreStatus status = Check(expiry);
        if (status != StoreStatus.Ok || value.Length > limits.ValueBytesMax)
        {
            return status != StoreStatus.Ok ? status : StoreStatus.ValueTooLarge;
        }

        ModelEntry? there = Find(key);
        if (wantsPrevious && there?.Fields is not null)
        {
            return StoreStatus.WrongType;
        }

        string? previous = wantsPrevious ? there?.Value : null;
        if (!condition.Holds(there))
        {
            result = new ModelSet(false, there is not null, there?.Version ?? 0, previous);
            return StoreStatus.Ok;
        }

        result = new ModelSet(true, there is not null, ++_version, previous);
        long deadline = Deadline(expiry, there);
        if (deadline != 0 && deadline <= Now())
        {
            Remove(key, StoreChangeKind.Expired);
            return StoreStatus.Ok;
        }

        Put(key, new ModelEntry(value, null, deadline, _version));
        return StoreStatus.Ok;
    }

    public StoreStatus Delete(string key, ModelCondition condition, out ulong version)
    {
        ModelEntry? there = Find(key);
        version = there?.Version ?? 0;
        if (there is null || !condition.Holds(there))
        {
            return there is null ? StoreStatus.NotFound : StoreStatus.ConditionFailed;
        }

        Remove(key, StoreChangeKind.Deleted);
        return StoreStatus.Ok;
    }

    public StoreStatus Expire(string key, StoreExpiry expiry, bool valuesOnly, out ModelEntry? entry)
    {
        entry = null;
        StoreStatus status = Check(expiry);
        if (status != StoreStatus.Ok)
        {
            return status;
        }

        entry = Find(key);
        if (entry is null || (valuesOnly && entry.Fields is not null))
        {
            return entry is null ? StoreStatus.NotFound : StoreStatus.WrongType;
        }

        long deadline = Deadline(expiry, entry);
        if (deadline != 0 && deadline <= Now())
        {
            Remove(key, StoreChangeKind.Expired);
        }
        else
        {
            _entries[key] = entry with { Deadline = deadline };
        }

        return StoreStatus.Ok;
    }

    public StoreStatus Increment(string key, long delta, StoreExpiry expiry, out long value, out ulong version)
    {
        value = 0;
        version = 0;
        StoreStatus status = Check(expiry);
        if (status != StoreStatus.Ok || (status = Read(key, out ModelEntry? there)) == StoreStatus.WrongType
            || (status = Add(there?.Value, delta, out value)) != StoreStatus.Ok)
        {
            return status;
        }

        version = ++_version;
        long deadline = there is null ? Deadline(expiry, null) : there.Deadline;
        if (deadline == 0 || deadline > Now())
        {
            Put(key, new ModelEntry(value.ToString(CultureInfo.InvariantCulture), null, deadline, version));
        }

        return StoreStatus.Ok;
    }

    public StoreStatus Append(string key, string suffix, out long length, out ulong version)
    {
        length = 0;
        version = 0;
        StoreStatus status = Read(key, out ModelEntry? there);
        string value = there?.Value + suffix;
        if (status == StoreStatus.WrongType || value.Length > limits.ValueBytesMax)
        {
            return status == StoreStatus.WrongType ? status : StoreStatus.ValueTooLarge;
        }

        length = value.Length;
        version = ++_version;
        Put(key, new ModelEntry(value, null, there?.Deadline ?? 0, version));
        return StoreStatus.Ok;
    }

    public StoreStatus ReadHash(string key, out ModelEntry? entry)
    {
        entry = Find(key);
        return entry is null ? StoreStatus.NotFound : entry.Fields is null ? StoreStatus.WrongType : StoreStatus.Ok;
    }

    public StoreStatus HashSet(string key, (string Field, string Value)[] pairs, out int added, out ulong version)
    {
        added = 0;
        version = 0;
        if (pairs.Length == 0 || pairs.Any(pair => pair.Value.Length > limits.ValueBytesMax))
        {
            return pairs.Length == 0 ? StoreStatus.InvalidArgument : StoreStatus.ValueTooLarge;
        }

        StoreStatus status = ReadHash(key, out ModelEntry? there);
        if (status == StoreStatus.WrongType)
        {
            return status;
        }

        Dictionary<string, string> fields = there?.Fields ?? [];
        int before = fields.Count;
        foreach ((string field, string value) in pairs)
        {
            fields[field] = value;
        }

        added = fields.Count - before;
        version = ++_version;
        Put(key, new ModelEntry("", fields, there?.Deadline ?? 0, version));
        return StoreStatus.Ok;
    }

    public StoreStatus HashDelete(string key, string[] names, out int removed)
    {
        StoreStatus status = ReadHash(key, out ModelEntry? there);
        removed = status == StoreStatus.Ok ? names.Count(there!.Fields!.Remove) : 0;
        if (status == StoreStatus.Ok && there!.Fields!.Count == 0)
        {
            Remove(key, StoreChangeKind.Deleted);
        }
        else if (removed > 0)
        {
            Put(key, there! with { Version = ++_version });
        }

        return status;
    }

    public StoreStatus HashIncrement(string key, string field, long delta, out long value, out ulong version)
    {
        value = 0;
        version = 0;
        StoreStatus status = ReadHash(key, out ModelEntry? there);
        string? text = null;
        there?.Fields?.TryGetValue(field, out text);
        if (status == StoreStatus.WrongType || (status = Add(text, delta, out value)) != StoreStatus.Ok)
        {
            return status;
        }

        return HashSet(key, [(field, value.ToString(CultureInfo.InvariantCulture))], out _, out version);
    }

    public long Clear(string prefix)
    {
        ExpireDue();
        string[] keys = [.. _entries.Keys.Where(key => key.StartsWith(prefix, StringComparison.Ordinal))];
        foreach (string key in keys)
        {
            Remove(key, StoreChangeKind.Deleted);
        }

        return keys.Length;
    }

    public void ExpireDue()
    {
        foreach (string key in _entries.Keys.ToArray())
        {
            Find(key);
        }
    }

    /// <summary>The highest version given out.</summary>
    public ulong Latest => _version;

    /// <summary>The same state, with another clock, and versions from <paramref name="latest"/> on.</summary>
    public StoreModel Copy(Func<ClockRecord> clockThen, ulong latest)
    {
        var copy = new StoreModel(limits, clockThen) { _version = latest };
        foreach ((string key, ModelEntry entry) in _entries)
        {
            copy._entries.Add(key, entry with { Fields = entry.Fields is null ? null : new(entry.Fields) });
        }

        return copy;
    }

    public static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);

    private static StoreStatus Add(string? text, long delta, out long value)
    {
        value = 0;
        long before = 0;
        if (text is not null
            && !(long.TryParse(text, out before) && before.ToString(CultureInfo.InvariantCulture) == text))
        {
            return StoreStatus.NotAnInteger;
        }

        Int128 sum = (Int128)before + delta;
        if (sum < long.MinValue || sum > long.MaxValue)
        {
            return StoreStatus.Overflow;
        }

        value = (long)sum;
        return StoreStatus.Ok;
    }

    private StoreStatus Check(StoreExpiry expiry) => expiry.Kind switch
    {
        StoreExpiryKind.After when expiry.Milliseconds < 1 || expiry.Milliseconds > limits.ExpiryMsMax =>
            StoreStatus.ExpiryOutOfRange,
        StoreExpiryKind.At when (Int128)expiry.Milliseconds > (Int128)clock().WallMs + limits.ExpiryMsMax =>
            StoreStatus.ExpiryOutOfRange,
        _ => StoreStatus.Ok,
    };

    private long Deadline(StoreExpiry expiry, ModelEntry? there) => expiry.Kind switch
    {
        StoreExpiryKind.Keep => there?.Deadline ?? 0,
        StoreExpiryKind.After => Now() + expiry.Milliseconds,
        StoreExpiryKind.At => Math.Max(1, Now() + (Math.Max(1, expiry.Milliseconds) - clock().WallMs)),
        _ => 0,
    };

    private long Now() => clock().EngineMs;

    private void Put(string key, ModelEntry entry)
    {
        _entries[key] = entry;
        Changes.Add((key, StoreChangeKind.Set));
    }

    private void Remove(string key, StoreChangeKind change)
    {
        if (_entries.Remove(key))
        {
            Changes.Add((key, change));
        }
    }
}

internal sealed record ModelEntry(string Value, Dictionary<string, string>? Fields, long Deadline, ulong Version);

internal readonly record struct ModelSet(bool Stored, bool PreviousFound, ulong Version, string? Previous);

internal readonly record struct ModelCondition(StoreConditionKind Kind, ulong Version, string Value)
{
    public bool Holds(ModelEntry? entry) => Kind switch
    {
        StoreConditionKind.IfAbsent => entry is null,
        StoreConditionKind.IfPresent => entry is not null,
        StoreConditionKind.IfVersion => entry?.Version == Version,
        StoreConditionKind.IfValue => entry is { Fields: null } && entry.Value == Value,
        _ => true,
    };
}
