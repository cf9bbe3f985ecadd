using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace Nexo.Server.Resp;

/// <summary>Arguments that are numbers or words.</summary>
internal static class RespNumbers
{
    private const int IntegerBytesMax = 20;

    /// <summary>A whole number in exactly the form that Redis takes: no sign +, no leading zero, no blank.</summary>
    public static bool TryInteger(ReadOnlySpan<byte> text, out long value)
    {
        value = 0;
        if (text.Length is 0 or > IntegerBytesMax)
        {
            return false;
        }

        bool isNegative = text[0] == (byte)'-';
        ReadOnlySpan<byte> digits = isNegative ? text[1..] : text;
        if (digits.IsEmpty || (digits[0] == (byte)'0' && text.Length > 1) || (uint)(digits[0] - '0') > 9)
        {
            return false;
        }

        return Utf8Parser.TryParse(text, out value, out int used) && used == text.Length;
    }

    /// <summary>A number with or without a fraction, infinity included; not one that is no number.</summary>
    public static bool TryDouble(ReadOnlySpan<byte> text, out double value)
    {
        value = 0;
        if (text.IsEmpty || text.Length > 256)
        {
            return false;
        }

        if (IsWord(text, "inf"u8) || IsWord(text, "+inf"u8) || IsWord(text, "infinity"u8) || IsWord(text, "+infinity"u8))
        {
            value = double.PositiveInfinity;
            return true;
        }

        if (IsWord(text, "-inf"u8) || IsWord(text, "-infinity"u8))
        {
            value = double.NegativeInfinity;
            return true;
        }

        return double.TryParse(
                text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent,
                CultureInfo.InvariantCulture, out value)
            && double.IsFinite(value);
    }

    /// <summary>Whether a text is this word, in any case; the word is given in lower case.</summary>
    public static bool IsWord(ReadOnlySpan<byte> text, ReadOnlySpan<byte> lower) =>
        text.Length == lower.Length && Ascii.EqualsIgnoreCase(text, lower);
}
