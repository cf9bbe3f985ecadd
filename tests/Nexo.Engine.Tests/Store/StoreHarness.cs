using System.Buffers;
using System.Text;
using Nexo.Engine.Store;
using Nexo.Storage;

namespace Nexo.Engine.Tests.Store;

/// <summary>A store with a manual clock, and its commands over strings.</summary>
internal sealed class StoreHarness : IDisposable
{
    public static readonly StoreTuning Tiny = new()
    {
        PageBytes = 4_096,
        IndexNodeBytes = 48,
        HashPackedBytesMax = 96,
        HashPackedFieldsMax = 5,
        TickStepsMax = 24,
        HoldStepsMax = 4,
        HoldKeysMax = 7,
        EvictBucketsMax = 8,
    };

    public StoreHarness(StoreLimits? limits = null, ManualTime? time = null, ILogWriter? log = null)
    {
        Limits = limits ?? new StoreLimits { Shards = 2, Tuning = Tiny };
        Time = time ?? new ManualTime();
        Store = new StoreService(Limits, Time, log);
    }

    public ManualTime Time { get; }

    public StoreLimits Limits { get; }

    public StoreService Store { get; }

    public ClockRecord ReadClock() => Store.ReadClock();

    public static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);

    public static string Text(ArrayBufferWriter<byte> bytes) => Encoding.Latin1.GetString(bytes.WrittenSpan);

    public SetResult Set(string key, string value, StoreExpiry expiry = default)
    {
        StoreStatus status = TrySet(key, value, out SetResult result, expiry);
        Xunit.Assert.Equal(StoreStatus.Ok, status);
        return result;
    }

    public StoreStatus TrySet(string key, string value, out SetResult result, StoreExpiry expiry = default) =>
        Store.Set(Bytes(key), Bytes(value), new SetOptions { Expiry = expiry }, previous: null, out result);

    public string? Get(string key)
    {
        var value = new ArrayBufferWriter<byte>();
        return Store.Get(Bytes(key), value, out _) == StoreStatus.Ok ? Text(value) : null;
    }

    public StoreStatus HashSet(string key, params (string Field, string Value)[] pairs)
    {
        var source = new PairArray([.. pairs.Select(pair => (Bytes(pair.Field), Bytes(pair.Value)))]);
        return Store.HashSet(Bytes(key), ref source, out _, out _);
    }

    public Dictionary<string, string>? HashGetAll(string key)
    {
        var sink = new FieldList();
        return Store.HashGetAll(Bytes(key), ref sink, out _) == StoreStatus.Ok ? sink.Pairs : null;
    }

    /// <summary>Walks a whole scan, with <paramref name="between"/> called after each page.</summary>
    public List<(StoreEntryKind Kind, string Key)> ScanAll(string prefix, int page, Action? between = null)
    {
        List<(StoreEntryKind Kind, string Key)> keys = [];
        byte[] cursor = [];
        do
        {
            var sink = new KeyList(int.MaxValue);
            var next = new ArrayBufferWriter<byte>();
            Xunit.Assert.Equal(StoreStatus.Ok, Store.Scan(Bytes(prefix), cursor, page, ref sink, next));
            Xunit.Assert.True(sink.Keys.Count <= page);
            keys.AddRange(sink.Keys);
            cursor = next.WrittenSpan.ToArray();
            between?.Invoke();
        }
        while (cursor.Length > 0);
        return keys;
    }

    public long Count(string prefix)
    {
        StoreCounting counting = Store.Count(Bytes(prefix));
        while (counting.MoveNext())
        {
        }

        return counting.Total;
    }

    public long Clear(string prefix)
    {
        StoreClearing clearing = Store.Clear(Bytes(prefix));
        while (clearing.MoveNext())
        {
        }

        return clearing.Total;
    }

    public void TickUntilIdle()
    {
        while (Store.TickSteps() > 0)
        {
        }
    }

    public void Dispose()
    {
        Store.Check();
        Store.Dispose();
    }
}
