namespace Nexo.Server.Hosting;

/// <summary>Something that can be read anew while the server runs.</summary>
internal interface IReloadable
{
    /// <summary>What it is, for the log.</summary>
    string Name { get; }

    /// <summary>The files that it is read from now; a change of one has it reloaded.</summary>
    IReadOnlyList<string> Files { get; }

    /// <summary>
    /// Reads all of it, checks it as a whole, and puts it into force; or says what is wrong, and leaves what was in force as it is.
    /// Never called twice at once.
    /// </summary>
    ReloadOutcome Reload();
}

/// <summary>How a reload has ended.</summary>
internal enum ReloadVerdict
{
    /// <summary>It is as it was.</summary>
    Unchanged,

    /// <summary>What was read is in force.</summary>
    Applied,

    /// <summary>So it is, but for some of it that only a restart puts into force.</summary>
    AppliedInPart,

    /// <summary>It will not do: what was in force stays.</summary>
    Refused,
}

/// <summary>How a reload has ended, and what is to be said of it in one line.</summary>
internal readonly record struct ReloadOutcome(ReloadVerdict Verdict, string Text)
{
    public static ReloadOutcome Unchanged { get; } = new(ReloadVerdict.Unchanged, string.Empty);

    public static ReloadOutcome Applied(string what) => new(ReloadVerdict.Applied, what);

    public static ReloadOutcome AppliedInPart(string what) => new(ReloadVerdict.AppliedInPart, what);

    public static ReloadOutcome Refused(string problem) => new(ReloadVerdict.Refused, problem);
}

/// <summary>Whoever can take new values of settings while it works (<c>SettingCatalog.Live</c>).</summary>
internal interface ILiveSettings
{
    /// <summary>Null, or why these cannot be put into force. Nothing has changed after it.</summary>
    string? Refuse(NexoServerOptions next) => null;

    /// <summary>Puts them into force; nobody has refused them.</summary>
    void Apply(NexoServerOptions next);
}
