using System.Diagnostics;

namespace Nexo.Crash.Linear;

/// <summary>
/// Decides whether a history of one key is linearizable: whether every call can be given a moment between its sending
/// and its answer so that all answers follow from one after the other. The search of Wing and Gong ("Testing and
/// verifying concurrent objects", 1993), in the just-in-time form of Lowe ("Testing for linearizability", 2017):
/// events are taken as they come, and what is kept is the set of all (state, calls that have had their moment
/// although they are open) that the history so far allows. Equal ones are kept once, which is the pruning; nothing of
/// the past is kept. A call that a crash left without an answer has had its moment before the crash, or has none.
/// </summary>
internal sealed class LinearChecker
{
    private const int OpenMax = 64;

    private readonly Call?[] _open = new Call?[OpenMax];
    private readonly Dictionary<Call, int> _slots = new(ReferenceEqualityComparer.Instance);
    private HashSet<Configuration> _possible = [new Configuration(null, 0)];

    /// <summary>States that the key may be in now, as far as the history tells.</summary>
    public int Possible => _possible.Count;

    /// <summary>Takes the next event. False: no order of the calls gives these answers.</summary>
    public bool Take(HistoryEvent next)
    {
        if (next.Kind == EventKind.Called)
        {
            int free = Array.IndexOf(_open, null);
            _open[free] = next.Call;
            _slots.Add(next.Call, free);
            return true;
        }

        int slot = _slots[next.Call];
        ulong bit = 1UL << slot;
        var after = new HashSet<Configuration>();
        foreach (Configuration reached in Reachable(bit))
        {
            if (reached.Has(bit))
            {
                after.Add(reached.Without(bit));
            }
            else if (next.Kind == EventKind.Ended)
            {
                after.Add(reached);
            }
        }

        _open[slot] = null;
        _slots.Remove(next.Call);
        _possible = after;
        return after.Count > 0;
    }

    // All that can be reached by giving open calls their moment; not beyond that of the call that ends now, since those
    // after it can have theirs later.
    private HashSet<Configuration> Reachable(ulong ending)
    {
        var reached = new HashSet<Configuration>(_possible);
        var toDo = new Stack<Configuration>(_possible);
        while (toDo.TryPop(out Configuration from))
        {
            if (from.Has(ending))
            {
                continue;
            }

            for (int slot = 0; slot < OpenMax; slot++)
            {
                ulong bit = 1UL << slot;
                if (_open[slot] is { } call
                    && !from.Has(bit)
                    && TryApply(call, from.State, out long? state)
                    && new Configuration(state, from.Moved | bit) is var to
                    && reached.Add(to))
                {
                    toDo.Push(to);
                }
            }
        }

        return reached;
    }

    // False: in this state the call would have been answered otherwise.
    private static bool TryApply(Call call, long? state, out long? after)
    {
        switch (call.Kind)
        {
            case CallKind.Get:
                after = state;
                return call.Answer is not { } read || read.Number == state;
            case CallKind.Set:
                after = call.Argument;
                return true;
            case CallKind.CompareAndSet:
                bool holds = state == call.Expected;
                after = holds ? call.Argument : state;
                return call.Answer is not { } compared || compared.Done == holds;
            case CallKind.Increment:
                after = (state ?? 0) + call.Argument;
                return call.Answer is not { } sum || sum.Number == after;
            default:
                throw new UnreachableException();
        }
    }

    private readonly record struct Configuration(long? State, ulong Moved)
    {
        public bool Has(ulong bit) => (Moved & bit) != 0;

        public Configuration Without(ulong bit) => this with { Moved = Moved & ~bit };
    }
}
