namespace Nexo.Server.Resp;

/// <summary>
/// Patterns as Redis has them, over bytes: <c>*</c>, <c>?</c>, <c>[abc]</c>, <c>[a-z]</c>, <c>[^a]</c>, and <c>\</c> before a
/// character that stands for itself. Takes time proportional to pattern times text at most.
/// </summary>
internal static class RespGlob
{
    public static bool Matches(ReadOnlySpan<byte> pattern, ReadOnlySpan<byte> text)
    {
        // Where the last star was, and how much of the text it has taken: going back to an earlier one gains nothing.
        int at = 0;
        int from = 0;
        int star = -1;
        int taken = 0;
        while (from < text.Length)
        {
            if (at < pattern.Length && pattern[at] == (byte)'*')
            {
                star = at++;
                taken = from;
            }
            else if (at < pattern.Length && MatchesOne(pattern, ref at, text[from]))
            {
                from++;
            }
            else if (star >= 0)
            {
                at = star + 1;
                from = ++taken;
            }
            else
            {
                return false;
            }
        }

        while (at < pattern.Length && pattern[at] == (byte)'*')
        {
            at++;
        }

        return at == pattern.Length;
    }

    /// <summary>The bytes that every text begins with that a pattern matches.</summary>
    /// <param name="pattern">The pattern.</param>
    /// <param name="isWhole">True when the pattern is nothing else.</param>
    public static byte[] Prefix(ReadOnlySpan<byte> pattern, out bool isWhole)
    {
        var prefix = new List<byte>(pattern.Length);
        int at = 0;
        while (at < pattern.Length && pattern[at] is not ((byte)'*' or (byte)'?' or (byte)'['))
        {
            if (pattern[at] == (byte)'\\' && at + 1 < pattern.Length)
            {
                at++;
            }

            prefix.Add(pattern[at++]);
        }

        isWhole = at == pattern.Length;
        return [.. prefix];
    }

    private static bool MatchesOne(ReadOnlySpan<byte> pattern, ref int at, byte value)
    {
        int next = at;
        bool matches;
        switch (pattern[next])
        {
            case (byte)'?':
                matches = true;
                next++;
                break;
            case (byte)'[':
                matches = MatchesClass(pattern, ref next, value);
                break;
            default:
                next += pattern[next] == (byte)'\\' && next + 1 < pattern.Length ? 1 : 0;
                matches = pattern[next++] == value;
                break;
        }

        at = matches ? next : at;
        return matches;
    }

    // A class that is not closed ends with the pattern.
    private static bool MatchesClass(ReadOnlySpan<byte> pattern, ref int at, byte value)
    {
        at++;
        bool isNegated = at < pattern.Length && pattern[at] == (byte)'^';
        at += isNegated ? 1 : 0;
        bool isIn = false;
        while (at < pattern.Length && pattern[at] != (byte)']')
        {
            if (pattern[at] == (byte)'\\' && at + 1 < pattern.Length)
            {
                isIn |= pattern[at + 1] == value;
                at += 2;
            }
            else if (at + 2 < pattern.Length && pattern[at + 1] == (byte)'-')
            {
                byte low = Math.Min(pattern[at], pattern[at + 2]);
                byte high = Math.Max(pattern[at], pattern[at + 2]);
                isIn |= value >= low && value <= high;
                at += 3;
            }
            else
            {
                isIn |= pattern[at++] == value;
            }
        }

        at += at < pattern.Length ? 1 : 0;
        return isIn != isNegated;
    }
}
