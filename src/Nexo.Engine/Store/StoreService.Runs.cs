namespace Nexo.Engine.Store;

/// <content>For callers that have several commands on one key in a row.</content>
public sealed partial class StoreService
{
    [ThreadStatic]
    private static StoreShard? _run;

    /// <summary>
    /// Enters the lock of this key's shard for the next few commands of this thread, which must all be on this key alone:
    /// many connections that work on one key then hand its lock over once a run, not once a command. The commands stay
    /// separate ones, each with its own record, and the hold may end before <see cref="EndRun"/>: when one of them wakes
    /// somebody who waits, or needs room of other shards.
    /// </summary>
    /// <param name="hash"><see cref="HashOf"/> of the key.</param>
    public void BeginRun(ulong hash)
    {
        EndRun();
        StoreShard shard = ShardOf(hash);
        shard.Enter(log: null);
        _run = shard;
    }

    /// <summary>Ends the run of this thread, if there is one.</summary>
    public void EndRun()
    {
        if (_run is { } shard)
        {
            _run = null;
            shard.Leave(log: null);
        }
    }
}
