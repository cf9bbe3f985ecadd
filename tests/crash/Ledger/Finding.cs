namespace Nexo.Crash.Ledger;

/// <summary>A promise that was broken.</summary>
internal enum FindingKind
{
    /// <summary>An acknowledged change is not there.</summary>
    Lost,

    /// <summary>A key, or a change, that nobody made.</summary>
    Invented,

    /// <summary>Bytes that nobody wrote.</summary>
    Corrupted,

    /// <summary>An entry past its deadline is there, or one before it is not, or the deadline is another.</summary>
    Expiry,

    /// <summary>A version that is not the acknowledged one, or not above those before it.</summary>
    Version,

    /// <summary>Changes of one connection survived without changes that it had made before them.</summary>
    Order,

    /// <summary>A message that was settled for good is there, or comes, again.</summary>
    Again,

    /// <summary>A message is in two places.</summary>
    Twice,

    /// <summary>A part of what must be there as a whole or not at all.</summary>
    Torn,

    /// <summary>The attempts of a message are not those that there were.</summary>
    Attempts,

    /// <summary>A dead letter that is none, or is not where it must be.</summary>
    DeadLetter,

    /// <summary>An answer that does not follow from the answers before it.</summary>
    Answer,

    /// <summary>The server did not do what it must: start, refuse, go on reading, come back.</summary>
    Service,
}

/// <summary>One broken promise, and where.</summary>
internal sealed record Finding(FindingKind Kind, string Key, string Text)
{
    public override string ToString() => $"{Kind} {Key}: {Text}";
}
