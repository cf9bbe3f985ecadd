using System.Buffers;
using Nexo.Engine.Store;
using Xunit;

namespace Nexo.Engine.Tests.Store;

/// <summary>The engine and the model, and which version of the one is which of the other.</summary>
internal sealed partial class StoreModelPair
{
    private StoreHarness _harness;
    private StoreService _store;
    private StoreModel _model;
    private ChangeLog _log = new();
    private readonly Dictionary<ulong, ulong> _versions = new() { [0] = 0 };
    private readonly HashSet<(string Key, ulong Version)> _given = [];
    private readonly ArrayBufferWriter<byte> _out = new();
    private string _key = "";

    public StoreModelPair(StoreHarness harness, StoreModel model)
    {
        _harness = harness;
        _store = harness.Store;
        _model = model;
        _store.Watch([], _log);
    }

    public void Do(Random random, int keys)
    {
        string key = Key(random, keys);
        byte[] bytes = StoreModel.Bytes(key);
        _out.ResetWrittenCount();
        _key = key;
        switch (random.Next(23))
        {
            case 0 or 1 or 2 or 3 or 4:
                Set(random, key, bytes);
                break;
            case 5 or 6:
                StoreStatus expected = _model.Read(key, out ModelEntry? read);
                Read(expected, read, _store.Get(bytes, _out, out ulong version), version);
                break;
            case 7 or 8:
                ModelCondition condition = Condition(random, key);
                expected = _model.Delete(key, condition, out ulong modelVersion);
                Assert.Equal(expected, _store.Delete(bytes, Real(condition), out version));
                Same(modelVersion, version);
                break;
            case 9:
                Assert.Equal(_model.Find(key) is not null, _store.Exists(bytes));
                Ttl(key, bytes);
                break;
            case 10:
                StoreExpiry expiry = Expiry(random);
                Assert.Equal(_model.Expire(key, expiry, valuesOnly: false, out _), _store.Expire(bytes, expiry));
                break;
            case 11:
                Take(key, bytes);
                break;
            case 12:
                expiry = Expiry(random);
                expected = _model.Expire(key, expiry, valuesOnly: true, out read);
                Read(expected, read, _store.Touch(bytes, expiry, _out, out version), version);
                break;
            case 13 or 14:
                Increment(random, key, bytes);
                break;
            case 15:
                Append(random, key, bytes);
                break;
            case 16:
                Range(random, key, bytes);
                break;
            case 17 or 18:
                HashSet(random, key, bytes);
                break;
            case 19:
                HashRead(random, key, bytes);
                break;
            case 20:
                HashChange(random, key, bytes);
                break;
            case 21:
                _harness.Time.Advance(random.Next(5) == 0 ? random.Next(100_000) : random.Next(300));
                _store.Tick();
                break;
            default:
                Prefix(random);
                break;
        }
    }

    /// <summary>A command that a full disk does not refuse.</summary>
    public void DoRemoval(Random random, int keys)
    {
        string key = Key(random, keys);
        byte[] bytes = StoreModel.Bytes(key);
        _out.ResetWrittenCount();
        _key = key;
        switch (random.Next(4))
        {
            case 0:
                Assert.Equal(_model.Delete(key, default, out _), _store.Delete(bytes, default, out _));
                break;
            case 1:
                Take(key, bytes);
                break;
            case 2:
                RemoveFields(random, key, bytes);
                break;
            default:
                var past = new StoreExpiry(StoreExpiryKind.At, 1);
                Assert.Equal(_model.Expire(key, past, valuesOnly: false, out _), _store.Expire(bytes, past));
                break;
        }
    }

    public void CompareAll()
    {
        foreach ((string key, ModelEntry entry) in _model.Alive.ToArray())
        {
            byte[] bytes = StoreModel.Bytes(key);
            _out.ResetWrittenCount();
            _key = key;
            if (entry.Fields is null)
            {
                Read(StoreStatus.Ok, entry, _store.Get(bytes, _out, out ulong version), version);
            }
            else
            {
                Assert.Equal(entry.Fields, _harness.HashGetAll(key));
                var none = new BlobArray([]);
                var sink = new FieldList();
                Assert.Equal(StoreStatus.Ok, _store.HashMultiGet(bytes, ref none, ref sink, out ulong version));
                Same(entry.Version, version);
            }

            Ttl(key, bytes);
        }

        Assert.Equal(_model.Alive.Count(), _harness.Count(""));
        _harness.TickUntilIdle();
        _model.ExpireDue();
        Assert.Equal(_model.Alive.Count(), _store.Stats.Entries);
        ILookup<string, StoreChangeKind> expected = _model.Changes.ToLookup(told => told.Key, told => told.Change);
        ILookup<string, StoreChangeKind> actual = _log.Changes.ToLookup(told => told.Key, told => told.Change);
        Assert.Equal(expected.Count, actual.Count);
        foreach (IGrouping<string, StoreChangeKind> changes in expected)
        {
            Assert.Equal(changes, actual[changes.Key]);
        }
    }

    /// <summary>
    /// Another store, which was recovered, is to be what the model was at some time. Versions that were given out stay
    /// so.
    /// </summary>
    public void Restart(StoreHarness harness, StoreModel model)
    {
        _harness = harness;
        _store = harness.Store;
        _model = model;
        _log = new ChangeLog();
        _harness.TickUntilIdle();
        _model.ExpireDue();
        _model.Changes.Clear();
        _store.Watch([], _log);
        CompareAll();
    }

    private StoreCondition Real(ModelCondition condition) => new()
    {
        Kind = condition.Kind,
        Version = _versions[condition.Version],
        Value = condition.Value is null ? default : StoreModel.Bytes(condition.Value),
    };

    private void Set(Random random, string key, byte[] bytes)
    {
        string value = Value(random);
        ModelCondition condition = Condition(random, key);
        StoreExpiry expiry = Expiry(random);
        bool previous = random.Next(4) == 0;
        StoreStatus expected = _model.Set(key, value, condition, expiry, previous, out ModelSet model);
        var options = new SetOptions { Condition = Real(condition), Expiry = expiry };
        StoreStatus actual = _store.Set(
            bytes, StoreModel.Bytes(value), options, previous ? _out : null, out SetResult result);
        Assert.Equal(expected, actual);
        Assert.Equal((model.Stored, model.PreviousFound), (result.Stored, result.PreviousFound));
        Assert.Equal(model.Previous ?? "", StoreHarness.Text(_out));
        Same(model.Version, result.Version);
    }

    private void Read(StoreStatus expected, ModelEntry? entry, StoreStatus actual, ulong version)
    {
        Assert.Equal(expected, actual);
        Assert.Equal(expected == StoreStatus.Ok ? entry!.Value : "", StoreHarness.Text(_out));
        Same(entry?.Version ?? 0, version);
    }

    private void Ttl(string key, byte[] bytes)
    {
        ModelEntry? entry = _model.Find(key);
        StoreStatus status = _store.Ttl(bytes, out long remaining);
        Assert.Equal(entry is null ? StoreStatus.NotFound : StoreStatus.Ok, status);
        long expected = entry is null ? 0 : entry.Deadline == 0 ? -1 : entry.Deadline - _harness.ReadClock().EngineMs;
        Assert.Equal(expected, remaining);
    }

    private void Take(string key, byte[] bytes)
    {
        StoreStatus expected = _model.Read(key, out ModelEntry? entry);
        if (expected == StoreStatus.Ok)
        {
            _model.Delete(key, default, out _);
        }

        Read(expected, entry, _store.Take(bytes, _out, out ulong version), version);
    }

    private void Increment(Random random, string key, byte[] bytes)
    {
        long delta = random.Next(4) == 0 ? random.NextInt64(long.MinValue, long.MaxValue) : random.Next(-5, 6);
        StoreExpiry expiry = Expiry(random);
        StoreStatus expected = _model.Increment(key, delta, expiry, out long sum, out ulong modelVersion);
        Assert.Equal(expected, _store.Increment(bytes, delta, expiry, out long value, out ulong version));
        Assert.Equal(sum, value);
        Same(modelVersion, version);
    }

    private void Append(Random random, string key, byte[] bytes)
    {
        string suffix = Value(random);
        StoreStatus expected = _model.Append(key, suffix, out long total, out ulong modelVersion);
        Assert.Equal(expected, _store.Append(bytes, StoreModel.Bytes(suffix), out long length, out ulong version));
        Assert.Equal(total, length);
        Same(modelVersion, version);
        Assert.Equal(_model.Read(key, out _), _store.Length(bytes, out length));
    }

    private void Range(Random random, string key, byte[] bytes)
    {
        long first = random.Next(6) == 0 ? random.NextInt64(long.MinValue, long.MaxValue) : random.Next(-20, 20);
        long last = random.Next(6) == 0 ? random.NextInt64(long.MinValue, long.MaxValue) : random.Next(-20, 20);
        StoreStatus expected = _model.Read(key, out ModelEntry? entry);
        string slice = "";
        if (expected == StoreStatus.Ok)
        {
            slice = string.Concat(entry!.Value.Where((_, i) =>
                i >= (first < 0 ? entry.Value.Length + first : first)
                && i <= (last < 0 ? entry.Value.Length + last : last)));
        }

        Assert.Equal(expected, _store.Range(bytes, first, last, _out, out ulong version));
        Assert.Equal(slice, StoreHarness.Text(_out));
        Same(entry?.Version ?? 0, version);
    }

    private void HashSet(Random random, string key, byte[] bytes)
    {
        (string Field, string Value)[] pairs =
            [.. Enumerable.Range(0, random.Next(5)).Select(_ => (Field(random), Value(random)))];
        StoreStatus expected = _model.HashSet(key, pairs, out int modelAdded, out ulong modelVersion);
        var source = new PairArray([.. pairs.Select(p => (StoreModel.Bytes(p.Field), StoreModel.Bytes(p.Value)))]);
        Assert.Equal(expected, _store.HashSet(bytes, ref source, out int added, out ulong version));
        Assert.Equal(modelAdded, added);
        Same(modelVersion, version);
    }

    private void HashRead(Random random, string key, byte[] bytes)
    {
        StoreStatus expected = _model.ReadHash(key, out ModelEntry? entry);
        string[] names = [.. Enumerable.Range(0, 4).Select(_ => Field(random))];
        var source = new BlobArray([.. names.Select(StoreModel.Bytes)]);
        var sink = new FieldList();
        Assert.Equal(expected, _store.HashMultiGet(bytes, ref source, ref sink, out ulong version));
        Same(entry?.Version ?? 0, version);
        Assert.Equal(expected, _store.HashLength(bytes, out int fields));
        Assert.Equal(entry?.Fields?.Count ?? 0, fields);
        Assert.Equal(entry?.Fields, _harness.HashGetAll(key));
        if (expected == StoreStatus.Ok)
        {
            Assert.Equal(names.Select(name => entry!.Fields!.GetValueOrDefault(name)), sink.Values);
            bool found = entry!.Fields!.TryGetValue(names[0], out string? value);
            expected = found ? StoreStatus.Ok : StoreStatus.NotFound;
            Assert.Equal(expected, _store.HashGet(bytes, StoreModel.Bytes(names[0]), _out, out _));
            Assert.Equal(value ?? "", StoreHarness.Text(_out));
        }
    }

    private void HashChange(Random random, string key, byte[] bytes)
    {
        if (random.Next(2) == 0)
        {
            string field = Field(random);
            long delta = random.Next(-9, 10);
            StoreStatus expected = _model.HashIncrement(key, field, delta, out long sum, out ulong modelVersion);
            byte[] name = StoreModel.Bytes(field);
            Assert.Equal(expected, _store.HashIncrement(bytes, name, delta, out long value, out ulong version));
            Assert.Equal(sum, value);
            Same(modelVersion, version);
            return;
        }

        RemoveFields(random, key, bytes);
    }

    private void RemoveFields(Random random, string key, byte[] bytes)
    {
        string[] names = random.Next(6) == 0
            ? [.. _model.Find(key)?.Fields?.Keys ?? Enumerable.Empty<string>()]
            : [.. Enumerable.Range(0, 4).Select(_ => Field(random))];
        var source = new BlobArray([.. names.Select(StoreModel.Bytes)]);
        StoreStatus deleted = _model.HashDelete(key, names, out int modelRemoved);
        Assert.Equal(deleted, _store.HashDelete(bytes, ref source, out int removed));
        Assert.Equal(modelRemoved, removed);
    }

    private void Prefix(Random random)
    {
        string prefix = Prefixes[random.Next(Prefixes.Length)];
        string[] expected =
            [.. _model.Alive.Select(p => p.Key).Where(key => key.StartsWith(prefix, StringComparison.Ordinal))];
        switch (random.Next(12))
        {
            case 0:
                Assert.Equal(expected.Length, _harness.Clear(prefix));
                _model.Clear(prefix);
                break;
            case < 5:
                Assert.Equal(expected.Length, _harness.Count(prefix));
                break;
            default:
                string[] keys = [.. _harness.ScanAll(prefix, random.Next(1, 30)).Select(found => found.Key)];
                Assert.Equal(expected, keys.Order(StringComparer.Ordinal));
                break;
        }
    }

    /// <summary>
    /// A version that the model has given out before is the same as then; a new one was never seen at this key.
    /// </summary>
    private void Same(ulong model, ulong actual)
    {
        if (_versions.TryGetValue(model, out ulong known))
        {
            Assert.Equal(known, actual);
            return;
        }

        Assert.NotEqual(0UL, actual);
        _versions.Add(model, actual);
        Assert.True(_given.Add((_key, actual)));
    }
}
