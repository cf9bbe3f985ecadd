using System.Diagnostics;

namespace Nexo.Engine.Topics;

/// <summary>What a look at a topic has found.</summary>
internal enum SweepLook
{
    /// <summary>A filter matches it.</summary>
    Match,

    /// <summary>None does; the next topic, whichever it is, may be one that does.</summary>
    Next,

    /// <summary>None does, nor does any topic before <see cref="FilterSweep.SeekKey"/>.</summary>
    Seek,

    /// <summary>None does, nor does any topic that comes after it.</summary>
    End,
}

/// <summary>
/// Filters made ready for a sweep over topics in bytewise order: says of a topic whether one of them matches it and, if none
/// does, where the next topic can be that one does. The filters lie sorted; those that begin with the same levels are a range
/// of them, so a look goes down the levels of the topic with a binary search each, as in a trie that need not be built.
/// Filters are valid, and without a share. Not for two threads at once.
/// </summary>
internal sealed class FilterSweep
{
    private const byte Separator = (byte)'/';
    private const byte Dollar = (byte)'$';
    private const int SpacesMin = 16;

    private readonly byte[] _bytes;
    private readonly Piece[] _filters;
    private State[] _states = new State[SpacesMin];
    private byte[] _seek = [];
    private int _seekBytes;

    /// <param name="filters">They are copied.</param>
    public FilterSweep(IReadOnlyList<byte[]> filters)
    {
        ArgumentNullException.ThrowIfNull(filters);
        _bytes = new byte[filters.Sum(filter => filter.Length)];
        var pieces = new List<Piece>(filters.Count);
        int at = 0;
        foreach (byte[] filter in filters)
        {
            filter.CopyTo(_bytes.AsSpan(at));
            pieces.Add(new Piece(at, filter.Length));

            // `a/#` matches `a` too: as a filter of its own it lies where `a` does.
            if (filter is [.., Separator, (byte)'#'])
            {
                pieces.Add(new Piece(at, filter.Length - 2));
            }

            at += filter.Length;
        }

        pieces.Sort((left, right) => TextOf(left).SequenceCompareTo(TextOf(right)));
        int count = 0;
        for (int i = 0; i < pieces.Count; i++)
        {
            if (count == 0 || !TextOf(pieces[i]).SequenceEqual(TextOf(pieces[count - 1])))
            {
                pieces[count++] = pieces[i];
            }
        }

        _filters = [.. pieces.Take(count)];
    }

    public FilterSweep(ReadOnlySpan<byte> filter)
        : this([filter.ToArray()])
    {
    }

    /// <summary>Ranges of filters that were looked at, by all looks: what they cost.</summary>
    public long Steps { get; private set; }

    /// <summary>Where to go on after <see cref="SweepLook.Seek"/>; valid until the next look.</summary>
    public ReadOnlySpan<byte> SeekKey => _seek.AsSpan(0, _seekBytes);

    public SweepLook Look(ReadOnlySpan<byte> topic)
    {
        // Of all that may come next, the first is kept: the topic's first bytes, and others behind them.
        int kept = -1;
        ReadOnlySpan<byte> tail = default;
        bool next = false;
        int depth = 0;
        Push(ref depth, new State(0, _filters.Length, 0, 0));
        while (depth > 0)
        {
            State state = _states[--depth];
            Steps++;
            ReadOnlySpan<byte> rest = topic[state.TopicAt..];
            int levelEnd = rest.IndexOf(Separator);
            bool isLast = levelEnd < 0;
            bool hidden = state.TopicAt == 0 && topic[0] == Dollar;
            int hash = LowerBound(state, state.From, "#"u8);
            bool hasHash = hash < state.To && SuffixOf(hash, state) is [(byte)'#'];
            int plusFrom = LowerBound(state, hash, "+"u8);
            int plusTo = EndOfPrefix(state, plusFrom, "+"u8);
            if (hidden)
            {
                if (hasHash || plusTo > plusFrom)
                {
                    Consider(topic, ref kept, ref tail, 0, "%"u8);
                }
            }
            else if (hasHash)
            {
                return SweepLook.Match;
            }
            else if (plusTo > plusFrom)
            {
                bool ends = SuffixOf(plusFrom, state).Length == 1;
                if (isLast && ends)
                {
                    return SweepLook.Match;
                }

                if (isLast)
                {
                    next = true;
                }
                else
                {
                    Push(ref depth, new State(plusFrom + (ends ? 1 : 0), plusTo, state.FilterAt + 2, state.TopicAt + levelEnd + 1));

                    // Another text in this level: '0' is what follows the separator.
                    Consider(topic, ref kept, ref tail, state.TopicAt + levelEnd, "0"u8);
                }
            }

            ReadOnlySpan<byte> level = isLast ? rest : rest[..(levelEnd + 1)];
            int from = LowerBound(state, state.From, level);
            int after = from;
            if (!isLast)
            {
                after = EndOfPrefix(state, from, level);
                Push(ref depth, new State(from, after, state.FilterAt + level.Length, state.TopicAt + level.Length));
            }
            else if (from < state.To && SuffixOf(from, state).SequenceEqual(level))
            {
                return SweepLook.Match;
            }

            after += hasHash && after == hash ? 1 : 0;
            after = after >= plusFrom && after < plusTo ? plusTo : after;
            if (after < state.To)
            {
                ReadOnlySpan<byte> suffix = SuffixOf(after, state);
                int end = suffix.IndexOf(Separator);
                Consider(topic, ref kept, ref tail, state.TopicAt, end < 0 ? suffix : suffix[..(end + 1)]);
            }
        }

        if (next || kept < 0)
        {
            return next ? SweepLook.Next : SweepLook.End;
        }

        KeepSeek(topic[..kept], tail);
        return SweepLook.Seek;
    }

    /// <summary>Keeps the smaller one of two texts that both come after the topic.</summary>
    private static void Consider(
        ReadOnlySpan<byte> topic, ref int kept, ref ReadOnlySpan<byte> tail, int otherKept, ReadOnlySpan<byte> otherTail)
    {
        Debug.Assert(otherTail.SequenceCompareTo(topic[otherKept..]) > 0, "a sweep goes forward");
        bool smaller = kept < 0
            || (otherKept >= kept
                ? Compare(otherTail, topic[kept..otherKept], tail) < 0
                : Compare(tail, topic[otherKept..kept], otherTail) > 0);
        if (smaller)
        {
            kept = otherKept;
            tail = otherTail;
        }

        // How (between, longer) stands to shorter.
        static int Compare(ReadOnlySpan<byte> longer, ReadOnlySpan<byte> between, ReadOnlySpan<byte> shorter)
        {
            int common = Math.Min(between.Length, shorter.Length);
            int order = between[..common].SequenceCompareTo(shorter[..common]);
            return order != 0 ? order
                : common < between.Length ? 1
                : longer.SequenceCompareTo(shorter[common..]);
        }
    }

    private ReadOnlySpan<byte> TextOf(Piece piece) => _bytes.AsSpan(piece.At, piece.Length);

    private ReadOnlySpan<byte> SuffixOf(int filter, scoped in State state) => TextOf(_filters[filter])[state.FilterAt..];

    /// <summary>The first filter of the range, from a place on, whose rest is not before a text.</summary>
    private int LowerBound(in State state, int from, ReadOnlySpan<byte> text)
    {
        int to = state.To;
        while (from < to)
        {
            int middle = (from + to) >>> 1;
            if (SuffixOf(middle, state).SequenceCompareTo(text) < 0)
            {
                from = middle + 1;
            }
            else
            {
                to = middle;
            }
        }

        return from;
    }

    /// <summary>The first filter, from the first one that begins so, whose rest does not begin with a text.</summary>
    private int EndOfPrefix(in State state, int from, ReadOnlySpan<byte> text)
    {
        int to = state.To;
        while (from < to)
        {
            int middle = (from + to) >>> 1;
            if (SuffixOf(middle, state).StartsWith(text))
            {
                from = middle + 1;
            }
            else
            {
                to = middle;
            }
        }

        return from;
    }

    private void Push(ref int depth, in State state)
    {
        if (state.From == state.To)
        {
            return;
        }

        if (depth == _states.Length)
        {
            Array.Resize(ref _states, 2 * depth);
        }

        _states[depth++] = state;
    }

    private void KeepSeek(ReadOnlySpan<byte> head, ReadOnlySpan<byte> tail)
    {
        _seekBytes = head.Length + tail.Length;
        if (_seek.Length < _seekBytes)
        {
            _seek = new byte[2 * _seekBytes];
        }

        head.CopyTo(_seek);
        tail.CopyTo(_seek.AsSpan(head.Length));
    }

    private readonly record struct Piece(int At, int Length);

    /// <summary>Filters that begin as the topic does up to a level; <c>+</c> stands for any.</summary>
    private readonly record struct State(int From, int To, int FilterAt, int TopicAt);
}
