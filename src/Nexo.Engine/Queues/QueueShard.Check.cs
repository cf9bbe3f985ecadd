using Nexo.Engine.Memory;

namespace Nexo.Engine.Queues;

/// <content>The consistency check that tests end with.</content>
internal sealed unsafe partial class QueueShard
{
    /// <summary>Walks everything; a broken invariant throws.</summary>
    public void Check()
    {
        lock (Gate)
        {
            long slots = 0;
            long timers = 0;
            foreach (Queue? queue in _queues)
            {
                queue?.Check(ref slots, ref timers);
            }

            Invariant.Require(Arena.Slots == slots, "every slot in use has an owner");
            Invariant.Require(Wheel.CountByWalking() == timers, "the wheel holds every timer that is set");
            Invariant.Require(Wheel.Count == timers, "the wheel counts its timers");
            Invariant.Require(Changes.IsEmpty, "what was changed is logged");
            Arena.Check();
        }
    }
}
