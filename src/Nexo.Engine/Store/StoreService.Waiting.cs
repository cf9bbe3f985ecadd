using System.Collections.Concurrent;

namespace Nexo.Engine.Store;

/// <content>Pops that may wait.</content>
public sealed partial class StoreService
{
    [ThreadStatic]
    private static bool _serving;

    private readonly ConcurrentQueue<byte[]> _ready = new();

    /// <summary>
    /// Pops from the first key that has something. <see cref="StoreStatus.NotFound"/>: none has; then, if it <paramref
    /// name="waits"/>, its target is told later. Otherwise the target has got its items when this returns, and is not told.
    /// One that waits, or is to be <paramref name="inTurn"/>, leaves what is there to those who wait for it since before.
    /// </summary>
    public StoreStatus Pop(StorePop pop, bool waits, bool inTurn = false)
    {
        ArgumentNullException.ThrowIfNull(pop);
        foreach (byte[] key in pop.Keys)
        {
            if (!KeyValid(key))
            {
                return StoreStatus.KeyInvalid;
            }
        }

        if (pop.Keys.Length == 0 || pop.CountMax < 1 || (pop.Destination is { } other && (!KeyValid(other) || !pop.IsOfList)))
        {
            return StoreStatus.InvalidArgument;
        }

        int rounds = 0;
        StoreStatus status;
        do
        {
            using StoreScope scope = Enter(ShardsOf(pop));
            status = PopFirst(pop, waits || inTurn);
            if (status == StoreStatus.NotFound && waits)
            {
                for (int i = 0; i < pop.Keys.Length; i++)
                {
                    ShardOf(_hasher.Of(pop.Keys[i])).Wait(pop, i);
                }
            }
        }
        while (status == StoreStatus.OutOfMemory && MakeRoom(ShardOf(_hasher.Of(pop.Destination)), ref rounds));
        return status;
    }

    /// <summary>Gives a pop up that waits; false: it has been served meanwhile, or is about to be told.</summary>
    public bool Cancel(StorePop pop)
    {
        ArgumentNullException.ThrowIfNull(pop);
        if (!pop.TryClaim())
        {
            return false;
        }

        EndWait(pop);
        return true;
    }

    /// <summary>Pops at one key, whose shard (and that of the destination) is held.</summary>
    private StoreStatus PopAt(StorePop pop, ReadOnlySpan<byte> key)
    {
        StorePopSink sink = pop.SinkFor(key);
        ulong hash = _hasher.Of(key);
        return pop.Destination is { } destination ? MoveElement(key, destination, pop.End, pop.DestinationEnd, ref sink)
            : pop.IsOfList ? ShardOf(hash).ListPop(key, hash, pop.End, pop.CountMax, ref sink)
            : ShardOf(hash).SortedPop(key, hash, pop.Kind == StorePopKind.ScoreMax, pop.CountMax, ref sink);
    }

    private StoreStatus PopFirst(StorePop pop, bool inTurn)
    {
        foreach (byte[] key in pop.Keys)
        {
            // Who came before and waits for what another thread has just put there goes first.
            ulong hash = _hasher.Of(key);
            bool isNext = !inTurn || !ShardOf(hash).IsAwaited(key, pop.Type);
            StoreStatus status = isNext ? PopAt(pop, key) : StoreStatus.NotFound;
            if (status != StoreStatus.NotFound)
            {
                return status;
            }
        }

        return StoreStatus.NotFound;
    }

    private ShardSet ShardsOf(StorePop pop)
    {
        var shards = default(ShardSet);
        foreach (byte[] key in pop.Keys)
        {
            shards.Add(ShardIndexOf(_hasher.Of(key)));
        }

        if (pop.Destination is { } destination)
        {
            shards.Add(ShardIndexOf(_hasher.Of(destination)));
        }

        return shards;
    }

    /// <summary>
    /// Serves those who wait for what has come, unless this thread holds shards or is at it already: then it is done when
    /// it has left them, or in the loop that it is in.
    /// </summary>
    private void ServeWaiters()
    {
        if (_ready.IsEmpty || _depth > 0 || _serving)
        {
            return;
        }

        EndRun();
        _serving = true;
        try
        {
            while (_ready.TryDequeue(out byte[]? key))
            {
                Serve(key);
            }
        }
        finally
        {
            _serving = false;
        }
    }

    private void Serve(byte[] key)
    {
        ulong hash = _hasher.Of(key);
        StoreShard shard = ShardOf(hash);
        while (shard.FirstServed(key, hash) is { } pop)
        {
            StoreStatus status;
            using (Enter(key, pop.Destination ?? key))
            {
                // Between the two holds he may have given up, or the key may have lost what it had.
                if (shard.FirstServed(key, hash) != pop || !pop.TryClaim())
                {
                    continue;
                }

                status = PopAt(pop, key);
            }

            for (int rounds = 0; status == StoreStatus.OutOfMemory && MakeRoom(ShardOf(_hasher.Of(pop.Destination)), ref rounds);)
            {
                // What it was refused may be another's by now: then that stands.
                using StoreScope scope = Enter(key, pop.Destination);
                StoreStatus again = PopAt(pop, key);
                if (again == StoreStatus.NotFound)
                {
                    break;
                }

                status = again;
            }

            EndWait(pop);
            pop.Target.Complete(status);
        }
    }

    private void EndWait(StorePop pop)
    {
        for (int i = 0; i < pop.Keys.Length; i++)
        {
            ShardOf(_hasher.Of(pop.Keys[i])).EndWait(pop, i);
        }
    }
}
