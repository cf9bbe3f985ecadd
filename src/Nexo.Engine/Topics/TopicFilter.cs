namespace Nexo.Engine.Topics;

/// <summary>A filter that was checked; its bytes are borrowed.</summary>
internal readonly ref struct TopicFilter
{
    private TopicFilter(ReadOnlySpan<byte> text, ReadOnlySpan<byte> group, bool isWildcard)
    {
        Text = text;
        Group = group;
        IsWildcard = isWildcard;
    }

    /// <summary>What topics are compared with.</summary>
    public ReadOnlySpan<byte> Text { get; }

    /// <summary>Whose members share the messages; empty: not shared.</summary>
    public ReadOnlySpan<byte> Group { get; }

    /// <summary>False: it matches the one topic that it is.</summary>
    public bool IsWildcard { get; }

    private static ReadOnlySpan<byte> Share => "$share/"u8;

    /// <summary>One that was checked before, and has no share.</summary>
    public static TopicFilter Of(ReadOnlySpan<byte> text) => new(text, default, text.ContainsAny((byte)'+', (byte)'#'));

    public static bool TryParse(ReadOnlySpan<byte> given, TopicLimits limits, out TopicFilter filter)
    {
        ArgumentNullException.ThrowIfNull(limits);
        filter = default;
        ReadOnlySpan<byte> group = default;
        ReadOnlySpan<byte> text = given;
        if (given.StartsWith(Share))
        {
            text = given[Share.Length..];
            group = TopicRules.FirstLevel(text);
            if (!IsGroup(group, limits) || group.Length == text.Length)
            {
                return false;
            }

            text = text[(group.Length + 1)..];
        }

        if (!TopicRules.HasForm(text, limits) || !HasWildcardsInPlace(text, out bool isWildcard) || !IsOpen(text))
        {
            return false;
        }

        filter = new TopicFilter(text, group, isWildcard);
        return true;
    }

    private static bool IsGroup(ReadOnlySpan<byte> group, TopicLimits limits) =>
        TopicRules.HasForm(group, limits) && !group.ContainsAny("+#\0"u8);

    /// <summary>Each wildcard fills its level, and <c>#</c> is the last.</summary>
    private static bool HasWildcardsInPlace(ReadOnlySpan<byte> text, out bool isWildcard)
    {
        isWildcard = false;
        if (text.Contains((byte)0))
        {
            return false;
        }

        for (int at = 0; ; at++)
        {
            int found = text[at..].IndexOfAny((byte)'+', (byte)'#');
            if (found < 0)
            {
                return true;
            }

            at += found;
            isWildcard = true;
            bool begins = at == 0 || text[at - 1] == TopicRules.Separator;
            bool isLast = at == text.Length - 1;
            bool ends = isLast || (text[at] == (byte)'+' && text[at + 1] == TopicRules.Separator);
            if (!begins || !ends)
            {
                return false;
            }
        }
    }

    /// <summary>A share is not shared again, and an inbox is asked for by its whole name: none can be found by wildcards.</summary>
    private static bool IsOpen(ReadOnlySpan<byte> text)
    {
        ReadOnlySpan<byte> first = TopicRules.FirstLevel(text);
        if (first.SequenceEqual("$share"u8))
        {
            return false;
        }

        return !first.SequenceEqual("$inbox"u8) || (TopicRules.IsInbox(text) && TopicRules.HasInboxName(text));
    }
}
