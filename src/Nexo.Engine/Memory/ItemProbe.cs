using System.Runtime.CompilerServices;

namespace Nexo.Engine.Memory;

/// <summary>What the items of a <see cref="CountedTree"/> are compared with.</summary>
internal readonly ref struct ItemProbe
{
    private readonly ProbeKind _kind;
    private readonly double _score;
    private readonly ReadOnlySpan<byte> _member;
    private readonly long _label;

    private ItemProbe(ProbeKind kind, double score, ReadOnlySpan<byte> member, long label)
    {
        _kind = kind;
        _score = score;
        _member = member;
        _label = label;
    }

    private enum ProbeKind : byte
    {
        Label,
        Score,
        Member,
        Scored,
    }

    /// <summary>An element of a list by its label.</summary>
    public static ItemProbe Label(long label) => new(ProbeKind.Label, 0, default, label);

    /// <summary>Members of a sorted set by their score alone.</summary>
    public static ItemProbe Score(double score) => new(ProbeKind.Score, score, default, 0);

    /// <summary>Members by their bytes alone: for a set in which all have one score.</summary>
    public static ItemProbe Member(ReadOnlySpan<byte> member) => new(ProbeKind.Member, 0, member, 0);

    /// <summary>One member by its place in the order.</summary>
    public static ItemProbe Scored(double score, ReadOnlySpan<byte> member) =>
        new(ProbeKind.Scored, score, member, 0);

    /// <summary>Whether an item lies before this place; with <paramref name="after"/> also if it is equal.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public unsafe bool IsBehind(byte* item, bool after)
    {
        if (_kind == ProbeKind.Label)
        {
            long label = ListItem.Label(item);
            return label < _label || (after && label == _label);
        }

        return IsBehind(ScoredItem.Score(item), Entry.Key(item), after);
    }

    /// <summary>As above, for a member that is not an item of a tree.</summary>
    public bool IsBehind(double score, ReadOnlySpan<byte> member, bool after)
    {
        int order = _kind == ProbeKind.Member ? 0 : score.CompareTo(_score);
        if (order == 0 && _kind != ProbeKind.Score)
        {
            order = member.SequenceCompareTo(_member);
        }

        return order < 0 || (after && order == 0);
    }
}

/// <summary>An element of a large list: <c>[i64 label][u32 length][bytes]</c>.</summary>
internal static unsafe class ListItem
{
    private const int HeaderBytes = 12;

    public static int Bytes(int length) => HeaderBytes + length;

    public static long Label(byte* item) => *(long*)item;

    public static ReadOnlySpan<byte> Value(byte* item) => new(item + HeaderBytes, *(int*)(item + sizeof(long)));

    public static void Write(byte* item, long label, ReadOnlySpan<byte> value)
    {
        *(long*)item = label;
        *(int*)(item + sizeof(long)) = value.Length;
        value.CopyTo(new Span<byte>(item + HeaderBytes, value.Length));
    }
}

/// <summary>A member of a large sorted set: an entry whose key is the member and whose value the score.</summary>
internal static unsafe class ScoredItem
{
    public static double Score(byte* item) => ScoreBytes.Read(Entry.Value(item));
}

/// <summary>A score as the eight bytes of its double, little-endian; NaN is none.</summary>
internal static class ScoreBytes
{
    public const int Length = sizeof(double);

    public static double Read(ReadOnlySpan<byte> bytes) => Unsafe.ReadUnaligned<double>(in bytes[0]);

    public static void Write(Span<byte> target, double score) =>
        Unsafe.WriteUnaligned(ref target[0], score);
}
