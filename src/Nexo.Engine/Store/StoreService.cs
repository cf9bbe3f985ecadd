using System.Buffers;
using System.Buffers.Text;

namespace Nexo.Engine.Store;

/// <summary>The store: one lock over a sorted dictionary. Correct and simple; the sharded engine takes its place.</summary>
public sealed class StoreService : IDisposable
{
    private const int CursorBytes = 8;

    private readonly Lock _gate = new();
    private readonly SortedDictionary<byte[], Entry> _entries = new(ByteOrder.Instance);
    private readonly List<Subscription> _watchers = [];
    private readonly StoreLimits _limits;
    private readonly TimeProvider _time;
    private readonly long _startTimestamp;
    private readonly long _startMs;
    private ulong _version;
    private long _hits;
    private long _misses;
    private long _sets;
    private long _deletes;
    private long _expired;

    public StoreService(StoreLimits limits, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(limits);
        ArgumentNullException.ThrowIfNull(time);
        _limits = limits;
        _time = time;
        _startTimestamp = time.GetTimestamp();
        _startMs = time.GetUtcNow().ToUnixTimeMilliseconds();
    }

    public StoreStats Stats
    {
        get
        {
            lock (_gate)
            {
                return new StoreStats
                {
                    Entries = _entries.Count,
                    EntriesWithExpiry = _entries.Values.Count(entry => entry.Deadline != 0),
                    MemoryBytesMax = _limits.MemoryBytesMax,
                    Hits = _hits,
                    Misses = _misses,
                    Sets = _sets,
                    Deletes = _deletes,
                    Expired = _expired,
                    Watchers = _watchers.Count,
                    Shards = 1,
                };
            }
        }
    }

    private long Now => _startMs + (long)_time.GetElapsedTime(_startTimestamp).TotalMilliseconds;

    public StoreStatus Get(ReadOnlySpan<byte> key, IBufferWriter<byte> value, out ulong version)
    {
        lock (_gate)
        {
            StoreStatus status = FindValue(key, out Entry entry);
            version = entry?.Version ?? 0;
            if (status == StoreStatus.Ok)
            {
                value.Write(entry!.Value);
            }

            return status;
        }
    }

    public StoreStatus Set(
        ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, in SetOptions options, IBufferWriter<byte>? previous, out SetResult result)
    {
        lock (_gate)
        {
            result = default;
            StoreStatus status = Check(key, value.Length, options.Expiry);
            if (status != StoreStatus.Ok)
            {
                return status;
            }

            Entry? there = Find(key);
            if (there?.Fields is not null && previous is not null)
            {
                return StoreStatus.WrongType;
            }

            if (there is not null)
            {
                previous?.Write(there.Value);
            }

            if (!Holds(options.Condition, there))
            {
                result = new SetResult(false, there is not null, there?.Version ?? 0);
                return StoreStatus.Ok;
            }

            long deadline = Deadline(options.Expiry, there);
            result = new SetResult(true, there is not null, ++_version);
            if (deadline != 0 && deadline <= Now)
            {
                Remove(key, StoreChangeKind.Expired);
                return StoreStatus.Ok;
            }

            Put(key, new Entry { Value = value.ToArray(), Deadline = deadline, Version = _version });
            return StoreStatus.Ok;
        }
    }

    public StoreStatus Delete(ReadOnlySpan<byte> key, in StoreCondition condition, out ulong version)
    {
        lock (_gate)
        {
            version = 0;
            if (!KeyValid(key))
            {
                return StoreStatus.KeyInvalid;
            }

            Entry? there = Find(key);
            if (there is null)
            {
                return StoreStatus.NotFound;
            }

            version = there.Version;
            if (!Holds(condition, there))
            {
                return StoreStatus.ConditionFailed;
            }

            Remove(key, StoreChangeKind.Deleted);
            return StoreStatus.Ok;
        }
    }

    public bool Exists(ReadOnlySpan<byte> key)
    {
        lock (_gate)
        {
            return KeyValid(key) && Find(key) is not null;
        }
    }

    public StoreStatus Ttl(ReadOnlySpan<byte> key, out long remainingMs)
    {
        lock (_gate)
        {
            remainingMs = 0;
            StoreStatus status = FindAny(key, out Entry? entry);
            if (status == StoreStatus.Ok)
            {
                remainingMs = entry!.Deadline == 0 ? -1 : entry.Deadline - Now;
            }

            return status;
        }
    }

    public StoreStatus Expire(ReadOnlySpan<byte> key, StoreExpiry expiry)
    {
        lock (_gate)
        {
            StoreStatus status = Check(key, 0, expiry);
            status = status == StoreStatus.Ok ? FindAny(key, out _) : status;
            if (status == StoreStatus.Ok)
            {
                ApplyExpiry(key, expiry);
            }

            return status;
        }
    }

    public StoreStatus Take(ReadOnlySpan<byte> key, IBufferWriter<byte> value, out ulong version)
    {
        lock (_gate)
        {
            StoreStatus status = Get(key, value, out version);
            if (status == StoreStatus.Ok)
            {
                Remove(key, StoreChangeKind.Deleted);
            }

            return status;
        }
    }

    public StoreStatus Touch(ReadOnlySpan<byte> key, StoreExpiry expiry, IBufferWriter<byte> value, out ulong version)
    {
        lock (_gate)
        {
            version = 0;
            StoreStatus status = Check(key, 0, expiry);
            status = status == StoreStatus.Ok ? Get(key, value, out version) : status;
            if (status == StoreStatus.Ok)
            {
                ApplyExpiry(key, expiry);
            }

            return status;
        }
    }

    public StoreStatus Increment(
        ReadOnlySpan<byte> key, long delta, StoreExpiry expiryIfCreated, out long value, out ulong version)
    {
        lock (_gate)
        {
            value = 0;
            version = 0;
            StoreStatus status = Check(key, 0, expiryIfCreated);
            if (status != StoreStatus.Ok)
            {
                return status;
            }

            status = FindValue(key, out Entry there);
            if (status == StoreStatus.WrongType)
            {
                return status;
            }

            status = Add(there?.Value, delta, out value);
            if (status != StoreStatus.Ok)
            {
                return status;
            }

            version = ++_version;
            long deadline = there?.Deadline ?? Deadline(expiryIfCreated, null);
            if (deadline == 0 || deadline > Now)
            {
                Put(key, new Entry { Value = Text(value), Deadline = deadline, Version = version });
            }

            return StoreStatus.Ok;
        }
    }

    public StoreStatus Append(ReadOnlySpan<byte> key, ReadOnlySpan<byte> suffix, out long length, out ulong version)
    {
        lock (_gate)
        {
            length = 0;
            version = 0;
            StoreStatus status = FindValue(key, out Entry there);
            if (status is not (StoreStatus.Ok or StoreStatus.NotFound))
            {
                return status;
            }

            byte[] value = [.. there?.Value ?? [], .. suffix];
            if (value.Length > _limits.ValueBytesMax)
            {
                return StoreStatus.ValueTooLarge;
            }

            length = value.Length;
            version = ++_version;
            Put(key, new Entry { Value = value, Deadline = there?.Deadline ?? 0, Version = version });
            return StoreStatus.Ok;
        }
    }

    public StoreStatus Length(ReadOnlySpan<byte> key, out long length)
    {
        lock (_gate)
        {
            StoreStatus status = FindValue(key, out Entry entry);
            length = status == StoreStatus.Ok ? entry.Value.Length : 0;
            return status;
        }
    }

    public StoreStatus Range(ReadOnlySpan<byte> key, long first, long last, IBufferWriter<byte> value, out ulong version)
    {
        lock (_gate)
        {
            StoreStatus status = FindValue(key, out Entry entry);
            version = entry?.Version ?? 0;
            if (status == StoreStatus.Ok)
            {
                long length = entry!.Value.Length;
                long from = first < 0 ? Math.Max(0, length + first) : first;
                long to = Math.Min(length - 1, last < 0 ? length + last : last);
                if (from <= to)
                {
                    value.Write(entry.Value.AsSpan((int)from, (int)(to - from + 1)));
                }
            }

            return status;
        }
    }

    public StoreStatus HashSet<TPairs>(ReadOnlySpan<byte> key, ref TPairs pairs, out int added, out ulong version)
        where TPairs : struct, IPairSource, allows ref struct
    {
        lock (_gate)
        {
            added = 0;
            version = 0;
            StoreStatus status = FindHash(key, out Entry there);
            if (status is not (StoreStatus.Ok or StoreStatus.NotFound))
            {
                return status;
            }

            TPairs check = pairs;
            int count = 0;
            while (check.TryTake(out ReadOnlySpan<byte> field, out ReadOnlySpan<byte> value))
            {
                count++;
                if (field.Length > _limits.KeyBytesMax || value.Length > _limits.ValueBytesMax)
                {
                    return field.Length > _limits.KeyBytesMax ? StoreStatus.KeyInvalid : StoreStatus.ValueTooLarge;
                }
            }

            if (count == 0)
            {
                return StoreStatus.InvalidArgument;
            }

            Entry entry = there ?? new Entry { Fields = new SortedDictionary<byte[], byte[]>(ByteOrder.Instance) };
            int before = entry.Fields!.Count;
            while (pairs.TryTake(out ReadOnlySpan<byte> field, out ReadOnlySpan<byte> value))
            {
                entry.Fields[field.ToArray()] = value.ToArray();
            }

            added = entry.Fields.Count - before;
            version = ++_version;
            Put(key, entry with { Version = version });
            return StoreStatus.Ok;
        }
    }

    public StoreStatus HashGet(ReadOnlySpan<byte> key, ReadOnlySpan<byte> field, IBufferWriter<byte> value, out ulong version)
    {
        lock (_gate)
        {
            StoreStatus status = FindHash(key, out Entry entry);
            version = entry?.Version ?? 0;
            if (status != StoreStatus.Ok)
            {
                return status;
            }

            if (!entry!.Fields!.TryGetValue(field.ToArray(), out byte[]? found))
            {
                return StoreStatus.NotFound;
            }

            value.Write(found);
            return StoreStatus.Ok;
        }
    }

    public StoreStatus HashMultiGet<TFields, TSink>(
        ReadOnlySpan<byte> key, ref TFields fields, ref TSink sink, out ulong version)
        where TFields : struct, IBlobSource, allows ref struct
        where TSink : IFieldSink, allows ref struct
    {
        lock (_gate)
        {
            StoreStatus status = FindHash(key, out Entry entry);
            version = entry?.Version ?? 0;
            while (status == StoreStatus.Ok && fields.TryTake(out ReadOnlySpan<byte> field))
            {
                bool found = entry!.Fields!.TryGetValue(field.ToArray(), out byte[]? value);
                sink.Add(found, value);
            }

            return status;
        }
    }

    public StoreStatus HashDelete<TFields>(ReadOnlySpan<byte> key, ref TFields fields, out int removed)
        where TFields : struct, IBlobSource, allows ref struct
    {
        lock (_gate)
        {
            removed = 0;
            StoreStatus status = FindHash(key, out Entry entry);
            while (status == StoreStatus.Ok && fields.TryTake(out ReadOnlySpan<byte> field))
            {
                removed += entry.Fields!.Remove(field.ToArray()) ? 1 : 0;
            }

            if (status == StoreStatus.Ok && entry.Fields!.Count == 0)
            {
                Remove(key, StoreChangeKind.Deleted);
            }
            else if (removed > 0)
            {
                Put(key, entry with { Version = ++_version });
            }

            return status;
        }
    }

    public StoreStatus HashGetAll<TSink>(ReadOnlySpan<byte> key, ref TSink sink, out ulong version)
        where TSink : IHashSink, allows ref struct
    {
        lock (_gate)
        {
            StoreStatus status = FindHash(key, out Entry entry);
            version = entry?.Version ?? 0;
            if (status == StoreStatus.Ok)
            {
                foreach (KeyValuePair<byte[], byte[]> pair in entry!.Fields!)
                {
                    if (!sink.Add(pair.Key, pair.Value))
                    {
                        break;
                    }
                }
            }

            return status;
        }
    }

    public StoreStatus HashIncrement(
        ReadOnlySpan<byte> key, ReadOnlySpan<byte> field, long delta, out long value, out ulong version)
    {
        lock (_gate)
        {
            value = 0;
            version = 0;
            StoreStatus status = FindHash(key, out Entry there);
            if (status is not (StoreStatus.Ok or StoreStatus.NotFound))
            {
                return status;
            }

            if (field.Length > _limits.KeyBytesMax)
            {
                return StoreStatus.KeyInvalid;
            }

            byte[]? text = null;
            there?.Fields!.TryGetValue(field.ToArray(), out text);
            status = Add(text, delta, out value);
            if (status == StoreStatus.Ok)
            {
                Entry entry = there ?? new Entry { Fields = new SortedDictionary<byte[], byte[]>(ByteOrder.Instance) };
                entry.Fields![field.ToArray()] = Text(value);
                version = ++_version;
                Put(key, entry with { Version = version });
            }

            return status;
        }
    }

    public StoreStatus HashLength(ReadOnlySpan<byte> key, out int fields)
    {
        lock (_gate)
        {
            StoreStatus status = FindHash(key, out Entry entry);
            fields = status == StoreStatus.Ok ? entry.Fields!.Count : 0;
            return status;
        }
    }

    public StoreStatus Scan<TSink>(
        ReadOnlySpan<byte> prefix, ReadOnlySpan<byte> cursor, int limit, ref TSink sink, IBufferWriter<byte> nextCursor)
        where TSink : IScanSink, allows ref struct
    {
        lock (_gate)
        {
            if (limit < 1)
            {
                return StoreStatus.InvalidArgument;
            }

            Span<byte> tag = stackalloc byte[CursorBytes];
            BitConverter.TryWriteBytes(tag, _startTimestamp);
            if (!cursor.IsEmpty && !cursor.StartsWith(tag))
            {
                return StoreStatus.CursorInvalid;
            }

            byte[] after = cursor.IsEmpty ? [] : cursor[CursorBytes..].ToArray();
            byte[] last = [];
            int taken = 0;
            foreach ((byte[] key, Entry entry) in Matches(prefix.ToArray()))
            {
                if (ByteOrder.Instance.Compare(key, after) <= 0)
                {
                    continue;
                }

                StoreEntryKind kind = entry.Fields is null ? StoreEntryKind.Value : StoreEntryKind.Hash;
                if (taken == limit || !sink.Add(kind, key))
                {
                    nextCursor.Write(tag);
                    nextCursor.Write(last);
                    return StoreStatus.Ok;
                }

                taken++;
                last = key;
            }

            return StoreStatus.Ok;
        }
    }

    public StoreCounting Count(ReadOnlySpan<byte> prefix) => new(this, prefix);

    public StoreClearing Clear(ReadOnlySpan<byte> prefix) => new(this, prefix);

    public IDisposable Watch(ReadOnlySpan<byte> prefix, IStoreWatcher watcher)
    {
        lock (_gate)
        {
            var subscription = new Subscription(this, prefix.ToArray(), watcher);
            _watchers.Add(subscription);
            return subscription;
        }
    }

    public void Tick()
    {
        lock (_gate)
        {
            long now = Now;
            foreach ((byte[] key, Entry entry) in _entries.ToArray())
            {
                if (entry.Deadline != 0 && entry.Deadline <= now)
                {
                    Remove(key, StoreChangeKind.Expired);
                }
            }
        }
    }

    public void Dispose() => _entries.Clear();

    internal long CountAll(byte[] prefix)
    {
        lock (_gate)
        {
            return Matches(prefix).Count();
        }
    }

    internal long ClearAll(byte[] prefix)
    {
        lock (_gate)
        {
            List<KeyValuePair<byte[], Entry>> matches = [.. Matches(prefix)];
            matches.ForEach(match => Remove(match.Key, StoreChangeKind.Deleted));
            return matches.Count;
        }
    }

    private static StoreStatus Add(byte[]? text, long delta, out long value)
    {
        value = 0;
        long before = 0;
        if (text is not null
            && (!Utf8Parser.TryParse(text, out before, out int used) || !Text(before).AsSpan().SequenceEqual(text)))
        {
            return StoreStatus.NotAnInteger;
        }

        long sum = unchecked(before + delta);
        if (((before ^ sum) & (delta ^ sum)) < 0)
        {
            return StoreStatus.Overflow;
        }

        value = sum;
        return StoreStatus.Ok;
    }

    private static byte[] Text(long value) => System.Text.Encoding.ASCII.GetBytes(value.ToString());

    private static bool Holds(in StoreCondition condition, Entry? there) => condition.Kind switch
    {
        StoreConditionKind.IfAbsent => there is null,
        StoreConditionKind.IfPresent => there is not null,
        StoreConditionKind.IfVersion => there is not null && there.Version == condition.Version,
        StoreConditionKind.IfValue =>
            there is { Fields: null } && condition.Value.SequenceEqual(there.Value),
        _ => true,
    };

    private IEnumerable<KeyValuePair<byte[], Entry>> Matches(byte[] prefix)
    {
        long now = Now;
        return _entries.Where(pair =>
            pair.Key.AsSpan().StartsWith(prefix) && (pair.Value.Deadline == 0 || pair.Value.Deadline > now));
    }

    private bool KeyValid(ReadOnlySpan<byte> key) => !key.IsEmpty && key.Length <= _limits.KeyBytesMax;

    private StoreStatus Check(ReadOnlySpan<byte> key, int valueBytes, StoreExpiry expiry)
    {
        if (!KeyValid(key))
        {
            return StoreStatus.KeyInvalid;
        }

        if (valueBytes > _limits.ValueBytesMax)
        {
            return StoreStatus.ValueTooLarge;
        }

        bool outOfRange = expiry.Kind switch
        {
            StoreExpiryKind.After => expiry.Milliseconds < 1 || expiry.Milliseconds > _limits.ExpiryMsMax,
            StoreExpiryKind.At => expiry.Milliseconds > Now + _limits.ExpiryMsMax,
            _ => false,
        };
        return outOfRange ? StoreStatus.ExpiryOutOfRange : StoreStatus.Ok;
    }

    private long Deadline(StoreExpiry expiry, Entry? there) => expiry.Kind switch
    {
        StoreExpiryKind.Keep => there?.Deadline ?? 0,
        StoreExpiryKind.After => Now + expiry.Milliseconds,
        StoreExpiryKind.At => Math.Max(1, expiry.Milliseconds),
        _ => 0,
    };

    private void ApplyExpiry(ReadOnlySpan<byte> key, StoreExpiry expiry)
    {
        Entry there = Find(key)!;
        long deadline = Deadline(expiry, there);
        if (deadline != 0 && deadline <= Now)
        {
            Remove(key, StoreChangeKind.Expired);
        }
        else
        {
            _entries[key.ToArray()] = there with { Deadline = deadline };
        }
    }

    private Entry? Find(ReadOnlySpan<byte> key)
    {
        if (!_entries.TryGetValue(key.ToArray(), out Entry? entry))
        {
            return null;
        }

        if (entry.Deadline != 0 && entry.Deadline <= Now)
        {
            Remove(key, StoreChangeKind.Expired);
            return null;
        }

        return entry;
    }

    private StoreStatus FindAny(ReadOnlySpan<byte> key, out Entry? entry)
    {
        entry = null;
        if (!KeyValid(key))
        {
            return StoreStatus.KeyInvalid;
        }

        entry = Find(key);
        _hits += entry is null ? 0 : 1;
        _misses += entry is null ? 1 : 0;
        return entry is null ? StoreStatus.NotFound : StoreStatus.Ok;
    }

    private StoreStatus FindValue(ReadOnlySpan<byte> key, out Entry entry)
    {
        StoreStatus status = FindAny(key, out Entry? found);
        entry = found!;
        return status == StoreStatus.Ok && entry.Fields is not null ? StoreStatus.WrongType : status;
    }

    private StoreStatus FindHash(ReadOnlySpan<byte> key, out Entry entry)
    {
        StoreStatus status = FindAny(key, out Entry? found);
        entry = found!;
        return status == StoreStatus.Ok && entry.Fields is null ? StoreStatus.WrongType : status;
    }

    private void Put(ReadOnlySpan<byte> key, Entry entry)
    {
        _sets++;
        _entries[key.ToArray()] = entry;
        Tell(StoreChangeKind.Set, key, entry.Version);
    }

    private void Remove(ReadOnlySpan<byte> key, StoreChangeKind change)
    {
        if (_entries.Remove(key.ToArray(), out Entry? entry))
        {
            _expired += change == StoreChangeKind.Expired ? 1 : 0;
            _deletes += change == StoreChangeKind.Deleted ? 1 : 0;
            Tell(change, key, entry.Version);
        }
    }

    private void Tell(StoreChangeKind change, ReadOnlySpan<byte> key, ulong version)
    {
        foreach (Subscription subscription in _watchers)
        {
            if (key.StartsWith(subscription.Prefix))
            {
                subscription.Watcher.OnChange(change, key, version);
            }
        }
    }

    private sealed record Entry
    {
        public byte[] Value { get; init; } = [];

        public SortedDictionary<byte[], byte[]>? Fields { get; init; }

        public long Deadline { get; init; }

        public ulong Version { get; init; }
    }

    private sealed class ByteOrder : IComparer<byte[]>
    {
        public static readonly ByteOrder Instance = new();

        public int Compare(byte[]? x, byte[]? y) => x.AsSpan().SequenceCompareTo(y);
    }

    private sealed class Subscription(StoreService store, byte[] prefix, IStoreWatcher watcher) : IDisposable
    {
        public byte[] Prefix => prefix;

        public IStoreWatcher Watcher => watcher;

        public void Dispose()
        {
            lock (store._gate)
            {
                store._watchers.Remove(this);
            }
        }
    }
}
