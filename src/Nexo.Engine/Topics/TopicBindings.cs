using System.Diagnostics.CodeAnalysis;

namespace Nexo.Engine.Topics;

/// <summary>The bindings by name, in the order of the names' bytes, and their targets. Guarded by <see cref="Gate"/>.</summary>
internal sealed class TopicBindings
{
    private readonly List<TopicBinding> _all = [];
    private readonly Dictionary<byte[], BoundTarget> _queues = new(BytesComparer.Instance);
    private readonly Dictionary<byte[], BoundTarget> _streams = new(BytesComparer.Instance);
    private int _lastTarget;

    public Lock Gate { get; } = new();

    public int Count => _all.Count;

    public TopicBinding this[int index] => _all[index];

    public bool TryFind(ReadOnlySpan<byte> name, [NotNullWhen(true)] out TopicBinding? binding)
    {
        int index = IndexFrom(name);
        binding = index < _all.Count && name.SequenceEqual(_all[index].Name) ? _all[index] : null;
        return binding is not null;
    }

    /// <summary>The first binding whose name is not before a name.</summary>
    public int IndexFrom(ReadOnlySpan<byte> name)
    {
        int low = 0;
        int high = _all.Count;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (name.SequenceCompareTo(_all[middle].Name) > 0)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }

    /// <summary>Adds a binding under a name that is free.</summary>
    public TopicBinding Add(in TopicBindingSpec spec)
    {
        byte[] targetName = spec.Target.ToArray();
        Dictionary<byte[], BoundTarget> targets = TargetsOf(spec.Kind);
        if (!targets.TryGetValue(targetName, out BoundTarget? target))
        {
            target = new BoundTarget(spec.Kind, targetName, ++_lastTarget);
            targets.Add(targetName, target);
        }

        target.Bindings++;
        var binding = new TopicBinding(spec.Name.ToArray(), spec.Filter.ToArray(), target, spec.KeyByTopic);
        _all.Insert(IndexFrom(spec.Name), binding);
        return binding;
    }

    public void Remove(TopicBinding binding)
    {
        _all.RemoveAt(IndexFrom(binding.Name));
        if (--binding.Target.Bindings == 0)
        {
            TargetsOf(binding.Target.Kind).Remove(binding.Target.Name);
        }
    }

    private Dictionary<byte[], BoundTarget> TargetsOf(TopicTargetKind kind) =>
        kind == TopicTargetKind.Queue ? _queues : _streams;
}
