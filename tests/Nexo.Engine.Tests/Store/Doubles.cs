using Nexo.Engine.Store;

namespace Nexo.Engine.Tests.Store;

/// <summary>A clock that moves when told to; the wall clock beside it can be made to jump.</summary>
internal sealed class ManualTime : TimeProvider
{
    private long _elapsedMs;

    public long WallJumpMs { get; set; }

    public long NowMs => StartMs + Volatile.Read(ref _elapsedMs);

    public override long TimestampFrequency => 1_000;

    private static long StartMs => 1_750_000_000_000;

    public void Advance(long milliseconds) => Interlocked.Add(ref _elapsedMs, milliseconds);

    public override long GetTimestamp() => 77 + Volatile.Read(ref _elapsedMs);

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeMilliseconds(NowMs + WallJumpMs);
}

internal sealed class ChangeLog : IStoreWatcher
{
    public List<(string Key, StoreChangeKind Change, ulong Version)> Changes { get; } = [];

    public void OnChange(StoreChangeKind change, ReadOnlySpan<byte> key, ulong version)
    {
        lock (Changes)
        {
            Changes.Add((System.Text.Encoding.Latin1.GetString(key), change, version));
        }
    }
}

internal struct PairArray(params (byte[] First, byte[] Second)[] pairs) : IPairSource
{
    private int _next;

    public bool TryTake(out ReadOnlySpan<byte> first, out ReadOnlySpan<byte> second)
    {
        bool more = _next < pairs.Length;
        first = more ? pairs[_next].First : default(ReadOnlySpan<byte>);
        second = more ? pairs[_next].Second : default(ReadOnlySpan<byte>);
        _next++;
        return more;
    }
}

internal struct BlobArray(params byte[][] items) : IBlobSource
{
    private int _next;

    /// <summary>Items asked for, the end included.</summary>
    public readonly int Asked => _next;

    public bool TryTake(out ReadOnlySpan<byte> item)
    {
        bool more = _next < items.Length;
        item = more ? items[_next] : default(ReadOnlySpan<byte>);
        _next++;
        return more;
    }
}

internal readonly struct FieldList(int room) : IFieldSink, IHashSink
{
    public FieldList()
        : this(int.MaxValue)
    {
    }

    public List<string?> Values { get; } = [];

    public Dictionary<string, string> Pairs { get; } = [];

    public bool Add(bool found, ReadOnlySpan<byte> value)
    {
        Values.Add(found ? System.Text.Encoding.Latin1.GetString(value) : null);
        return Values.Count < room;
    }

    public bool Add(ReadOnlySpan<byte> field, ReadOnlySpan<byte> value)
    {
        Pairs.Add(System.Text.Encoding.Latin1.GetString(field), System.Text.Encoding.Latin1.GetString(value));
        return true;
    }
}

internal readonly struct KeyList(int room) : IScanSink
{
    public List<(StoreEntryKind Kind, string Key)> Keys { get; } = [];

    public bool Add(StoreEntryKind kind, ReadOnlySpan<byte> key)
    {
        if (Keys.Count == room)
        {
            return false;
        }

        Keys.Add((kind, System.Text.Encoding.Latin1.GetString(key)));
        return true;
    }
}
