namespace Nexo.Server.Resp;

/// <summary>
/// Words of a line that is typed: parted by blanks, or in quotes. In double quotes <c>\n \r \t \b \a \xHH</c> and an escaped
/// character stand for themselves, in single ones only <c>\'</c>; behind a closing quote comes a blank.
/// </summary>
internal static class RespInline
{
    private const int HexDigits = 2;

    /// <summary>Takes the next word off a line; false: its quotes are not balanced.</summary>
    /// <param name="line">What is left of it.</param>
    /// <param name="word">Where the word is written, which has room for the line.</param>
    /// <param name="length">How long it is.</param>
    /// <param name="isWord">False: there was none left.</param>
    public static bool TryTakeWord(ref ReadOnlySpan<byte> line, Span<byte> word, out int length, out bool isWord)
    {
        length = 0;
        int at = 0;
        while (at < line.Length && IsBlank(line[at]))
        {
            at++;
        }

        isWord = at < line.Length;
        while (at < line.Length && !IsBlank(line[at]))
        {
            byte next = line[at++];
            if (next is not ((byte)'"' or (byte)'\''))
            {
                word[length++] = next;
            }
            else if (!TryTakeQuoted(line, ref at, next, word, ref length))
            {
                return false;
            }
        }

        line = line[at..];
        return true;
    }

    private static bool TryTakeQuoted(ReadOnlySpan<byte> line, ref int at, byte quote, Span<byte> word, ref int length)
    {
        while (at < line.Length)
        {
            byte next = line[at++];
            if (next == quote)
            {
                return at == line.Length || IsBlank(line[at]);
            }

            bool isEscape = next == (byte)'\\' && at < line.Length && (quote == (byte)'"' || line[at] == quote);
            word[length++] = isEscape ? TakeEscaped(line, ref at) : next;
        }

        return false;
    }

    private static byte TakeEscaped(ReadOnlySpan<byte> line, ref int at)
    {
        byte escaped = line[at++];
        if (escaped == (byte)'x'
            && line.Length - at >= HexDigits
            && char.IsAsciiHexDigit((char)line[at])
            && char.IsAsciiHexDigit((char)line[at + 1]))
        {
            int value = (Convert.FromHexString([(char)line[at], (char)line[at + 1]]))[0];
            at += HexDigits;
            return (byte)value;
        }

        return escaped switch
        {
            (byte)'n' => (byte)'\n',
            (byte)'r' => (byte)'\r',
            (byte)'t' => (byte)'\t',
            (byte)'b' => (byte)'\b',
            (byte)'a' => (byte)'\a',
            _ => escaped,
        };
    }

    private static bool IsBlank(byte value) => value is (byte)' ' or (byte)'\t' or (byte)'\v' or (byte)'\f' or (byte)'\r' or 0;
}
