namespace Nexo.Crash.Ledger;

/// <summary>
/// The states that a key went through since the last one that had to be durable, each with the span of positions in its
/// connection's sequence of operations at which it held.
/// </summary>
internal sealed class KeyHistory
{
    private readonly List<Span> _spans = [];

    public KeyHistory(KeyState first) => _spans.Add(new Span(first, 0, int.MaxValue));

    public KeyState Last => _spans[^1].State;

    public IReadOnlyList<KeyState> States => [.. _spans.Select(span => span.State)];

    /// <summary>
    /// Operation number <paramref name="index"/> gave the key another state. It has two positions: under way (2 index
    /// + 1) and done (2 index + 2). Under way, a key of an operation that is not atomic may be either way.
    /// </summary>
    public void Add(int index, KeyState state, bool atomic)
    {
        int underWay = (2 * index) + 1;
        _spans[^1] = _spans[^1] with { To = underWay };
        _spans.Add(new Span(state, atomic ? underWay + 1 : underWay, int.MaxValue));
    }

    /// <summary>
    /// Takes out the positions at which none of the states that held fits. False: none of them fits at all.
    /// </summary>
    public bool Restrict(Observation seen, bool[] positions)
    {
        bool[] fits = new bool[positions.Length];
        bool any = false;
        foreach (Span span in _spans.Where(span => StateMatch.Fits(span.State, seen)))
        {
            any = true;
            int last = Math.Min(span.To, positions.Length - 1);
            Array.Fill(fits, true, span.From, last - span.From + 1);
        }

        for (int i = 0; any && i < positions.Length; i++)
        {
            positions[i] &= fits[i];
        }

        return any;
    }

    /// <summary>The last state that held at a position and fits what was seen.</summary>
    public KeyState At(int position, Observation seen)
    {
        IEnumerable<Span> held = _spans.Where(span => span.From <= position && position <= span.To);
        return held.Last(span => StateMatch.Fits(span.State, seen)).State;
    }

    private sealed record Span(KeyState State, int From, int To);
}
