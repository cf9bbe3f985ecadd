namespace Nexo.Crash.Ledger;

/// <summary>
/// The verdict over one connection's keys after a crash. Acknowledged and durable: there. Nothing that nobody wrote.
/// And what is there is a first part of what the connection did: no change without those before it.
/// </summary>
internal sealed class Audit
{
    private const int FindingsMax = 20;

    private readonly Lane _lane;
    private readonly IReadOnlyDictionary<string, Observation> _seen;
    private readonly Observation _nothing;
    private readonly Dictionary<string, KeyHistory> _histories = new(StringComparer.Ordinal);
    private readonly List<Finding> _findings = [];
    private int _operations;

    private Audit(Lane lane, Observed seen)
    {
        _lane = lane;
        _seen = seen.Keys;
        _nothing = new Observation { Time = seen.Time };
    }

    /// <summary>Compares, and makes what was seen the lane's truth.</summary>
    public static IReadOnlyList<Finding> Run(Lane lane, Observed seen)
    {
        var audit = new Audit(lane, seen);
        audit.TellHistory();
        audit.Compare();
        return audit._findings;
    }

    private void TellHistory()
    {
        foreach (AnsweredOperation answered in _lane.Undurable)
        {
            AddSteps(answered.Steps, answered.Operation.IsAtomic);
        }

        // From here on nothing was answered: what each would have done to what was there after those before it.
        var states = new Dictionary<string, KeyState>(_lane.Model, StringComparer.Ordinal);
        foreach (Operation operation in _lane.Open)
        {
            IReadOnlyList<Step> steps = _lane.StepsOf(operation, states);
            AddSteps(steps, operation.IsAtomic);
            foreach (Step step in steps)
            {
                states[step.Key] = step.After;
            }
        }
    }

    private void AddSteps(IReadOnlyList<Step> steps, bool atomic)
    {
        foreach (Step step in steps.Where(step => step.Changes))
        {
            if (!_histories.TryGetValue(step.Key, out KeyHistory? history))
            {
                _histories[step.Key] = history = new KeyHistory(step.Before);
            }

            history.Add(_operations, step.After, atomic);
        }

        _operations++;
    }

    private void Compare()
    {
        foreach ((string key, KeyState state) in _lane.Model)
        {
            _histories.TryAdd(key, new KeyHistory(state));
        }

        foreach (string key in _seen.Keys.Where(key => key.StartsWith(_lane.Prefix, StringComparison.Ordinal)))
        {
            _histories.TryAdd(key, new KeyHistory(KeyState.Absent));
        }

        bool[] positions = new bool[(2 * _operations) + 1];
        Array.Fill(positions, true);
        foreach ((string key, KeyHistory history) in _histories)
        {
            if (!history.Restrict(Seen(key), positions))
            {
                Report(StateMatch.Explain(key, history.States, Seen(key)));
            }
        }

        int position = Array.LastIndexOf(positions, true);
        if (position < 0)
        {
            Report(new Finding(FindingKind.Order, _lane.Prefix, "no first part of the operations gives what is there"));
        }

        if (_findings.Count == 0)
        {
            _lane.Settle(_histories.ToDictionary(pair => pair.Key, pair => Truth(pair.Key, pair.Value, position)));
        }
    }

    private KeyState Truth(string key, KeyHistory history, int position)
    {
        Observation seen = Seen(key);
        KeyState state = history.At(position, seen);
        ulong versionSeen = Math.Max(seen.Version, Math.Max(state.Version, state.VersionSeen));
        return seen.Exists
            ? state with { Version = seen.Version, VersionSeen = versionSeen }
            : KeyState.Absent with { VersionSeen = versionSeen };
    }

    private Observation Seen(string key) => _seen.GetValueOrDefault(key, _nothing);

    private void Report(Finding finding)
    {
        if (_findings.Count < FindingsMax)
        {
            _findings.Add(finding);
        }
    }
}
