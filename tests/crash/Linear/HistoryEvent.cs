namespace Nexo.Crash.Linear;

/// <summary>What a client asked of a key.</summary>
internal enum CallKind
{
    Get,
    Set,
    CompareAndSet,
    Increment,
}

/// <summary>A request of a client, on a key that holds a number or nothing.</summary>
/// <param name="Kind">What it asks for.</param>
/// <param name="Argument">The number to set, or to add.</param>
/// <param name="Expected">What a compare-and-set compares with.</param>
internal sealed record Call(CallKind Kind, long Argument = 0, long Expected = 0)
{
    /// <summary>The answer, once it is known; null: not answered, so its result is open.</summary>
    public Answer? Answer { get; set; }

    public override string ToString() => Kind switch
    {
        CallKind.Get => "get",
        CallKind.Set => $"set {Argument}",
        CallKind.CompareAndSet => $"cas {Expected} {Argument}",
        _ => $"incr {Argument}",
    } + (Answer is { } answer ? $" = {answer}" : string.Empty);
}

/// <summary>The answer to a call.</summary>
/// <param name="Number">What was read, or the sum; null: there is nothing.</param>
/// <param name="Done">Whether a compare-and-set was done.</param>
internal readonly record struct Answer(long? Number = null, bool Done = false)
{
    public override string ToString() => $"{Number?.ToString() ?? "nothing"}{(Done ? ", done" : string.Empty)}";
}

/// <summary>What happened, in the order in which it was seen.</summary>
internal enum EventKind
{
    /// <summary>A client is about to send its call.</summary>
    Called,

    /// <summary>Its answer is here.</summary>
    Returned,

    /// <summary>No answer will come any more: it has been carried out by now, or never will be.</summary>
    Ended,
}

/// <summary>One event of a history.</summary>
internal readonly record struct HistoryEvent(EventKind Kind, int Client, Call Call)
{
    public override string ToString() => $"{Kind} by {Client}: {Call}";
}
