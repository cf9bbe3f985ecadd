namespace Nexo.Server.Pressure;

/// <summary>How much of what there may be is taken.</summary>
internal enum PressureLevel
{
    /// <summary>Less than four fifths.</summary>
    Ok,

    /// <summary>What can be let go of does not grow any more.</summary>
    Warning,

    /// <summary>What grows is refused.</summary>
    Refusing,
}

/// <summary>
/// When a level begins and when it ends, in thousandths of what there may be: it ends below where it began, or each message that is taken
/// out would change it.
/// </summary>
internal static class PressureLevels
{
    public const int WarningAt = 800;
    public const int WarningUntil = 750;
    public const int RefusingAt = 950;
    public const int RefusingUntil = 900;

    private const int Whole = 1_000;

    /// <summary>The level now, from what it was.</summary>
    /// <param name="before">What it was.</param>
    /// <param name="used">What is taken.</param>
    /// <param name="max">What there may be; 0: any.</param>
    public static PressureLevel Next(PressureLevel before, long used, long max)
    {
        if (max <= 0)
        {
            return PressureLevel.Ok;
        }

        if (used >= Part(max, before == PressureLevel.Refusing ? RefusingUntil : RefusingAt))
        {
            return PressureLevel.Refusing;
        }

        return used >= Part(max, before == PressureLevel.Ok ? WarningAt : WarningUntil) ? PressureLevel.Warning : PressureLevel.Ok;
    }

    /// <summary>So many thousandths.</summary>
    public static long Part(long max, int thousandths) => (max / Whole * thousandths) + (max % Whole * thousandths / Whole);
}
