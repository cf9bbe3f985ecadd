using System.Globalization;
using System.Text;

namespace Nexo.Engine.Store;

/// <summary>
/// Sums of numbers with a fraction, as text. Decimal as long as that is exact enough, so that 10.5 and 0.1 are 10.6; beyond, as
/// binary fractions. Written without an exponent, and without zeros at the end.
/// </summary>
public static class FractionText
{
    /// <summary>The longest text of a sum: a binary fraction has up to 309 digits before its point.</summary>
    public const int BytesMax = 352;

    private const NumberStyles Styles =
        NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;

    // As many as the long double of others tells apart.
    private const int FractionDigits = 17;
    private const decimal DecimalMax = 1e27m;

    // 2^64.
    private const decimal BitsMax = 18_446_744_073_709_551_616m;

    /// <summary>
    /// Adds; <see cref="StoreStatus.NotANumber"/>: one of the two is none, <see cref="StoreStatus.Overflow"/>: the sum would be none.
    /// </summary>
    public static StoreStatus Add(ReadOnlySpan<byte> before, ReadOnlySpan<byte> delta, Span<byte> text, out int length)
    {
        length = 0;
        before = before.IsEmpty ? "0"u8 : before;
        if (!TryRead(before, out double first) || !TryRead(delta, out double second))
        {
            return StoreStatus.NotANumber;
        }

        double sum = first + second;
        if (!double.IsFinite(sum))
        {
            return StoreStatus.Overflow;
        }

        if (Math.Abs(first) < (double)DecimalMax
            && Math.Abs(second) < (double)DecimalMax
            && decimal.TryParse(before, Styles, CultureInfo.InvariantCulture, out decimal exact)
            && decimal.TryParse(delta, Styles, CultureInfo.InvariantCulture, out decimal more))
        {
            decimal rounded = RoundAsOthers(Math.Round(exact + more, FractionDigits, MidpointRounding.ToEven));
            rounded.TryFormat(text, out length, "0.#################", CultureInfo.InvariantCulture);
        }
        else
        {
            sum.TryFormat(text, out length, "0.#################", CultureInfo.InvariantCulture);
        }

        return StoreStatus.Ok;
    }

    // Beyond 2^63 others have no fractions any more, and then not every whole number: their numbers have 64 bits.
    private static decimal RoundAsOthers(decimal sum)
    {
        decimal step = 1;
        for (decimal limit = BitsMax; limit <= Math.Abs(sum); limit *= 2)
        {
            step *= 2;
        }

        return Math.Abs(sum) < BitsMax / 2 ? sum : Math.Round(sum / step, MidpointRounding.ToEven) * step;
    }

    // Infinity is a number, whose sums are none.
    private static bool TryRead(ReadOnlySpan<byte> text, out double value)
    {
        bool isInfinite = Ascii.EqualsIgnoreCase(text.TrimStart("+-"u8), "inf"u8);
        value = double.PositiveInfinity;
        return isInfinite
            || (double.TryParse(text, Styles, CultureInfo.InvariantCulture, out value) && double.IsFinite(value));
    }
}
