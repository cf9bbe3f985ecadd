namespace Nexo.Engine.Queues;

/// <content>What happens by itself.</content>
public sealed partial class QueueService
{
    private readonly Lock _tickGate = new();
    private readonly QueueWork _tickWork = new();
    private int _tickShard;

    /// <summary>
    /// Does what is due: delays that are over, leases that have ended, lives that are over, queues that nobody uses. Bounded; to be
    /// called every ten milliseconds or so. A call while another one is running does nothing.
    /// </summary>
    public void Tick() => TickSteps();

    /// <summary>Does a tick and says how many messages it timed out or freed.</summary>
    internal int TickSteps()
    {
        if (_recovering || Volatile.Read(ref _disposed) != 0 || !_tickGate.TryEnter())
        {
            return 0;
        }

        try
        {
            int done = TimeOut();
            foreach (QueueShard shard in _shards)
            {
                done += shard.FreeDoomed(Limits.Tuning.HoldMessagesMax);
                shard.LookAfter(_tickWork);
            }

            // Not before all that is due is there: it is delivered in its order, not in that of the wheel.
            _tickWork.Run();
            return done;
        }
        finally
        {
            _tickGate.Exit();
        }
    }

    private int TimeOut()
    {
        int left = Limits.Tuning.TickStepsMax;
        int idle = 0;
        while (left > 0 && idle < _shards.Length)
        {
            int steps = Math.Min(left, Limits.Tuning.HoldMessagesMax);
            int done = _shards[_tickShard].TimeOut(steps, _tickWork);
            left -= done;
            idle = done < steps ? idle + 1 : 0;
            _tickShard = (_tickShard + 1) % _shards.Length;
        }

        return Limits.Tuning.TickStepsMax - left;
    }
}
