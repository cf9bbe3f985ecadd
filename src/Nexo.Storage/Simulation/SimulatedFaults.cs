namespace Nexo.Storage;

/// <summary>Counts the operations of a simulated disk and says which fail. Its owner's lock guards it.</summary>
internal sealed class SimulatedFaults
{
    private readonly Dictionary<DiskOperationKinds, int> _counts = [];
    private readonly List<Rule> _rules = [];

    public int Count(DiskOperationKinds kinds) =>
        _counts.Where(pair => (pair.Key & kinds) != 0).Sum(pair => pair.Value);

    public void Add(int n, DiskError error, DiskOperationKinds kinds, bool fromThenOn) =>
        _rules.Add(new Rule(error, kinds, fromThenOn) { Left = n });

    public void Clear() => _rules.Clear();

    /// <summary>Another operation: the error that it fails with, if it does.</summary>
    public DiskError? Next(DiskOperationKinds kind)
    {
        _counts[kind] = _counts.GetValueOrDefault(kind) + 1;
        DiskError? error = null;
        foreach (Rule rule in _rules.Where(rule => (rule.Kinds & kind) != 0))
        {
            rule.Left--;
            if (rule.Left == 0 || (rule.Left < 0 && rule.FromThenOn))
            {
                error ??= rule.Error;
            }
        }

        return error;
    }

    private sealed class Rule(DiskError error, DiskOperationKinds kinds, bool fromThenOn)
    {
        public DiskError Error { get; } = error;

        public DiskOperationKinds Kinds { get; } = kinds;

        public bool FromThenOn { get; } = fromThenOn;

        public int Left { get; set; }
    }
}
