using System.Buffers.Binary;
using BenchmarkDotNet.Attributes;
using Nexo.Engine.Store;
using Nexo.Storage;

namespace Nexo.Bench.Micro;

/// <summary>Single commands on a store of 100,000 keys of 16 bytes with values of 64, in random order.</summary>
[MemoryDiagnoser]
public class StoreBenchmarks : IDisposable
{
    private const int Keys = 100_000;
    private const int KeyBytes = 16;

    private readonly StoreService _store;
    private readonly byte[] _keys = new byte[Keys * KeyBytes];
    private readonly byte[] _value = new byte[64];
    private readonly FixedWriter _writer = new(1_024);
    private int _next;

    public StoreBenchmarks()
        : this(log: null)
    {
    }

    internal StoreBenchmarks(ILogWriter? log)
    {
        _store = new StoreService(new StoreLimits(), TimeProvider.System, log);
        var random = new Random(1);
        int[] order = [.. Enumerable.Range(0, Keys)];
        random.Shuffle(order);
        for (int i = 0; i < Keys; i++)
        {
            Span<byte> key = _keys.AsSpan(i * KeyBytes, KeyBytes);
            BinaryPrimitives.WriteInt64BigEndian(key, 0x6B65793A00000000);
            _ = order[i].TryFormat(key[4..], out _, "D12");
            _store.Set(key, _value, default, null, out _);
        }
    }

    [Benchmark]
    public ulong Get()
    {
        _writer.Written = 0;
        _store.Get(NextKey(), _writer, out ulong version);
        return version;
    }

    [Benchmark]
    public ulong Set()
    {
        _store.Set(NextKey(), _value, default, null, out SetResult result);
        return result.Version;
    }

    [Benchmark]
    public ulong SetWithExpiry()
    {
        var options = new SetOptions { Expiry = new StoreExpiry(StoreExpiryKind.After, 3_600_000) };
        _store.Set(NextKey(), _value, options, null, out SetResult result);
        return result.Version;
    }

    [Benchmark]
    public long Increment()
    {
        _store.Increment("counter"u8, 1, default, out long value, out _);
        return value;
    }

    [GlobalCleanup]
    public void Dispose() => _store.Dispose();

    private ReadOnlySpan<byte> NextKey()
    {
        _next = _next + 1 < Keys ? _next + 1 : 0;
        return _keys.AsSpan(_next * KeyBytes, KeyBytes);
    }
}
