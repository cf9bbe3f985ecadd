namespace Nexo.Crash.Ledger;

/// <summary>All that a server holds, as it says.</summary>
/// <param name="Keys">What is there, by key.</param>
/// <param name="Time">From the first question to the last answer, Unix ms.</param>
internal sealed record Observed(IReadOnlyDictionary<string, Observation> Keys, TimeWindow Time);
