using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace Nexo.Engine.Memory;

/// <summary>Finds things by name without a lock; the hash is keyed, since peers choose the names.</summary>
internal sealed class NameTable<T>
    where T : class
{
    private readonly ConcurrentDictionary<byte[], T> _things;
    private readonly ConcurrentDictionary<byte[], T>.AlternateLookup<ReadOnlySpan<byte>> _lookup;

    public NameTable(KeyHash hasher)
    {
        _things = new ConcurrentDictionary<byte[], T>(new NameComparer(hasher));
        _lookup = _things.GetAlternateLookup<ReadOnlySpan<byte>>();
    }

    /// <summary>In no order; those that come or go meanwhile are in it or not.</summary>
    public IEnumerable<T> All => _things.Select(pair => pair.Value);

    public bool TryFind(ReadOnlySpan<byte> name, [NotNullWhen(true)] out T? thing) => _lookup.TryGetValue(name, out thing);

    public void Add(byte[] name, T thing) => _things[name] = thing;

    /// <summary>Nothing if another one has the name.</summary>
    public void Remove(byte[] name, T thing) => _things.TryRemove(new KeyValuePair<byte[], T>(name, thing));

    public void Clear() => _things.Clear();
}

/// <summary>Byte strings by their bytes, under a keyed hash.</summary>
internal sealed class NameComparer(KeyHash hasher)
    : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
{
    public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

    public int GetHashCode(byte[] name) => GetHashCode(name.AsSpan());

    public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

    public int GetHashCode(ReadOnlySpan<byte> alternate) => (int)(hasher.Of(alternate) >> 32);

    public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();
}
