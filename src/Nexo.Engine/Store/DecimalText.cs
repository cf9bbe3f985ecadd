namespace Nexo.Engine.Store;

/// <summary>Counters as text: exactly the form that is written, so no sign +, no leading zero, no space.</summary>
internal static class DecimalText
{
    public const int BytesMax = 20;

    public static bool TryParse(ReadOnlySpan<byte> text, out long value)
    {
        value = 0;
        bool negative = text.Length > 1 && text[0] == '-';
        ReadOnlySpan<byte> digits = negative ? text[1..] : text;
        if (digits.IsEmpty || digits.Length > BytesMax - 1 || (digits[0] == '0' && text.Length > 1))
        {
            return false;
        }

        ulong sum = 0;
        foreach (byte digit in digits)
        {
            if (digit is < (byte)'0' or > (byte)'9')
            {
                return false;
            }

            // 19 digits stay below 10^19, which fits.
            sum = (sum * 10) + digit - '0';
        }

        value = negative ? (long)(0 - sum) : (long)sum;
        return sum <= (ulong)long.MaxValue + (negative ? 1UL : 0UL);
    }

    public static ReadOnlySpan<byte> Format(long value, Span<byte> buffer)
    {
        _ = System.Buffers.Text.Utf8Formatter.TryFormat(value, buffer, out int written);
        return buffer[..written];
    }

    public static StoreStatus Add(ReadOnlySpan<byte> text, bool exists, long delta, out long sum)
    {
        sum = 0;
        long before = 0;
        if (exists && !TryParse(text, out before))
        {
            return StoreStatus.NotAnInteger;
        }

        long total = unchecked(before + delta);
        if (((before ^ total) & (delta ^ total)) < 0)
        {
            return StoreStatus.Overflow;
        }

        sum = total;
        return StoreStatus.Ok;
    }
}
