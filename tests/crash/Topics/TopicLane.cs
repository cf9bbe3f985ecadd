using Nexo.Crash.Ledger;

namespace Nexo.Crash.Topics;

/// <summary>One change that was asked for: afterwards a slot holds a value, or nothing.</summary>
/// <param name="Slot">A topic, a binding, or a message's place in a queue.</param>
/// <param name="Value">Null: nothing.</param>
internal sealed record TopicStep(string Slot, string? Value);

/// <summary>
/// The ledger of one connection, which alone writes to its slots, in an order that is known: so after a crash all of them together
/// must be as they were after some first part of its steps, with all in it that was confirmed. Not thread-safe.
/// </summary>
internal sealed class TopicLane(int number)
{
    private readonly List<TopicStep> _steps = [];
    private Dictionary<string, string> _base = [];
    private int _confirmed;

    public int Number => number;

    public string Prefix => $"lane{number}";

    /// <summary>Where its steps end so far: to be confirmed by the answer to what has made them.</summary>
    public int End => _steps.Count;

    public void Send(TopicStep step) => _steps.Add(step);

    /// <summary>The steps up to here are durable.</summary>
    public void Confirm(int end) => _confirmed = Math.Max(_confirmed, end);

    /// <summary>Compares what a server holds in the lane's slots; it is the truth from here on.</summary>
    public IReadOnlyList<Finding> Verify(Dictionary<string, string> found)
    {
        Dictionary<string, string> state = new(_base);
        for (int i = 0; i < _confirmed; i++)
        {
            Apply(state, _steps[i]);
        }

        HashSet<string> slots = [.. state.Keys, .. found.Keys, .. _steps.Select(step => step.Slot)];
        HashSet<string> wrong = [.. slots.Where(slot => !Agree(slot))];
        List<string> least = [.. wrong];
        for (int i = _confirmed; i < _steps.Count && wrong.Count > 0; i++)
        {
            Apply(state, _steps[i]);
            string slot = _steps[i].Slot;
            _ = Agree(slot) ? wrong.Remove(slot) : wrong.Add(slot);
            least = wrong.Count < least.Count ? [.. wrong] : least;
        }

        List<Finding> findings = wrong.Count == 0 ? [] : [.. least.Order(StringComparer.Ordinal).Take(5).Select(Explain)];
        _base = found;
        _steps.Clear();
        _confirmed = 0;
        return findings;

        bool Agree(string slot) => state.GetValueOrDefault(slot) == found.GetValueOrDefault(slot);

        Finding Explain(string slot)
        {
            string? there = found.GetValueOrDefault(slot);
            List<string?> known = [_base.GetValueOrDefault(slot), .. _steps.Where(step => step.Slot == slot).Select(step => step.Value)];
            FindingKind kind = !known.Contains(there) ? FindingKind.Invented : FindingKind.Lost;
            string? last = _steps.Take(_confirmed).LastOrDefault(step => step.Slot == slot)?.Value ?? _base.GetValueOrDefault(slot);
            return new Finding(kind, slot, $"it holds {there ?? "nothing"}; confirmed was {last ?? "nothing"}, and no first part of the "
                + $"lane's {_steps.Count} steps ({_confirmed} confirmed) has that beside the others");
        }
    }

    private static void Apply(Dictionary<string, string> state, TopicStep step)
    {
        if (step.Value is null)
        {
            state.Remove(step.Slot);
        }
        else
        {
            state[step.Slot] = step.Value;
        }
    }
}
