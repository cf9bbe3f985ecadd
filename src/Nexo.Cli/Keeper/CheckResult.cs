namespace Nexo.Cli.Keeper;

/// <summary>How a check has ended.</summary>
internal enum CheckLevel
{
    Ok,

    /// <summary>Worth knowing; nothing is wrong.</summary>
    Note,

    /// <summary>It will go wrong if nobody does anything, or does so for some.</summary>
    Warning,

    /// <summary>It goes wrong now, or data are in danger.</summary>
    Critical,
}

/// <summary>What one check of <c>nexo doctor</c> has found.</summary>
/// <param name="Check">What was looked at: a word that stays.</param>
/// <param name="Text">What was found.</param>
/// <param name="Advice">What to do about it; empty: nothing.</param>
internal sealed record CheckResult(CheckLevel Level, string Check, string Text, string Advice = "");
