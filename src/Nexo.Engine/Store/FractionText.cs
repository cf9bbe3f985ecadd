using System.Globalization;

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
            decimal rounded = Math.Round(exact + more, FractionDigits, MidpointRounding.ToEven);
            rounded.TryFormat(text, out length, "0.#################", CultureInfo.InvariantCulture);
        }
        else
        {
            sum.TryFormat(text, out length, "0.#################", CultureInfo.InvariantCulture);
        }

        return StoreStatus.Ok;
    }

    private static bool TryRead(ReadOnlySpan<byte> text, out double value) =>
        double.TryParse(text, Styles, CultureInfo.InvariantCulture, out value) && double.IsFinite(value);
}
