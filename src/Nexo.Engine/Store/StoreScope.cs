using System.Numerics;
using Nexo.Engine.Memory;
using Nexo.Storage;

namespace Nexo.Engine.Store;

/// <summary>
/// A hold of several shards at once, by <see cref="StoreService.Enter{TKeys}"/>. Until it is disposed of, by the thread
/// that entered, no other command comes between those on these keys, and all that they log is one record. Do not touch
/// other keys meanwhile.
/// </summary>
public readonly ref struct StoreScope
{
    private readonly StoreService _store;
    private readonly ShardSet _shards;

    internal StoreScope(StoreService store, ShardSet shards)
    {
        _store = store;
        _shards = shards;
    }

    public void Dispose() => _store.Leave(_shards);
}

/// <summary>Numbers of shards, of which there are up to 256.</summary>
internal struct ShardSet
{
    private const int WordBits = 64;

    private ulong _first;
    private ulong _second;
    private ulong _third;
    private ulong _fourth;

    public void Add(int shard)
    {
        ulong bit = 1UL << (shard % WordBits);
        switch (shard / WordBits)
        {
            case 0:
                _first |= bit;
                break;
            case 1:
                _second |= bit;
                break;
            case 2:
                _third |= bit;
                break;
            default:
                _fourth |= bit;
                break;
        }
    }

    /// <summary>Takes the lowest out; false: there is none.</summary>
    public bool TryTake(out int shard) =>
        TryTake(ref _first, 0, out shard) || TryTake(ref _second, WordBits, out shard)
        || TryTake(ref _third, 2 * WordBits, out shard) || TryTake(ref _fourth, 3 * WordBits, out shard);

    private static bool TryTake(ref ulong word, int from, out int shard)
    {
        shard = from + BitOperations.TrailingZeroCount(word);
        bool taken = word != 0;
        word &= word - 1;
        return taken;
    }
}

/// <content>Commands over the shards of several keys at once.</content>
public sealed partial class StoreService
{
    [ThreadStatic]
    private static int _depth;

    [ThreadStatic]
    private static bool _holdsAll;

    [ThreadStatic]
    private static TogetherLog? _together;

    /// <summary>
    /// Enters the locks of the shards of these keys, in their order. Within another scope only keys of that one may be
    /// entered. Commands that go over many keys (scans, counts, clearing) need all: <see cref="EnterAll"/>.
    /// </summary>
    public StoreScope Enter<TKeys>(ref TKeys keys)
        where TKeys : struct, IBlobSource, allows ref struct
    {
        var shards = default(ShardSet);
        while (keys.TryTake(out ReadOnlySpan<byte> key))
        {
            shards.Add(ShardIndexOf(_hasher.Of(key)));
        }

        return Enter(shards);
    }

    /// <summary>Enters all shards: nothing else happens in the store meanwhile.</summary>
    public StoreScope EnterAll()
    {
        var shards = default(ShardSet);
        for (int i = 0; i < _shards.Length; i++)
        {
            shards.Add(i);
        }

        StoreScope scope = Enter(shards);
        _holdsAll = true;
        return scope;
    }

    internal void Leave(ShardSet shards)
    {
        try
        {
            if (--_depth == 0)
            {
                _holdsAll = false;
                _together?.Close();
            }
        }
        finally
        {
            while (shards.TryTake(out int shard))
            {
                _shards[shard].Leave(_depth == 0 && _keepsEntries ? _log : null);
            }
        }

        ServeWaiters();
    }

    private StoreScope Enter(ShardSet shards)
    {
        // A run may hold a shard behind those that are entered here.
        EndRun();
        if (_depth == 0 && _keepsEntries && _log is not null)
        {
            (_together ??= new TogetherLog()).Open(_log);
        }

        ILogWriter? log = _keepsEntries && _log is not null ? _together : null;
        ShardSet left = shards;
        while (left.TryTake(out int shard))
        {
            Invariant.Require(_depth == 0 || _shards[shard].IsHeld, "a scope within another one enters no other shard");
            _shards[shard].Enter(log);
        }

        _depth++;
        return new StoreScope(this, shards);
    }

    private StoreScope Enter(ReadOnlySpan<byte> key, ReadOnlySpan<byte> other)
    {
        var shards = default(ShardSet);
        shards.Add(ShardIndexOf(_hasher.Of(key)));
        shards.Add(ShardIndexOf(_hasher.Of(other)));
        return Enter(shards);
    }
}
