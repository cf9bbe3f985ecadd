namespace Nexo.Storage;

/// <summary>What <see cref="SegmentedLogCheck"/> has found.</summary>
public sealed class SegmentedLogReport
{
    private readonly List<SegmentDamageException> _damages = [];

    public bool IsSound => _damages.Count == 0;

    /// <summary>At most one for each segment: behind the first in it, nothing is looked at.</summary>
    public IReadOnlyList<SegmentDamageException> Damages => _damages;

    /// <summary>Batches that are as they were written.</summary>
    public long Batches { get; internal set; }

    public long Records { get; internal set; }

    /// <summary>Of those batches.</summary>
    public long Bytes { get; internal set; }

    /// <summary>Segments without a readable index: it is made anew when it is needed.</summary>
    public int IndexesMissing { get; internal set; }

    /// <summary>Whether it can be opened: damage elsewhere is met only by those who read there.</summary>
    public bool IsOpenable { get; internal set; } = true;

    internal void Add(SegmentDamageException damage) => _damages.Add(damage);
}
