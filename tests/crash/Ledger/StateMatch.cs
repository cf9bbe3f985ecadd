namespace Nexo.Crash.Ledger;

/// <summary>Whether an observation is what a state would look like.</summary>
internal static class StateMatch
{
    public static bool Fits(KeyState state, Observation seen) =>
        seen.Exists
            ? state.Exists && SameContent(state, seen) && SameVersion(state, seen) && SameExpiry(state, seen)
            : !state.Exists || state.MayBeExpired(seen.Time.Until);

    /// <summary>What is wrong, when none of the states fits.</summary>
    public static Finding Explain(string key, IReadOnlyList<KeyState> states, Observation seen)
    {
        string text = $"found {seen}; may be {string.Join(" | ", states.TakeLast(6))}";
        if (!seen.Exists)
        {
            return new Finding(FindingKind.Lost, key, text);
        }

        bool whole = seen.Value is { } value
            ? Payload.IsWhole(value)
            : seen.Fields!.Values.All(field => Payload.IsWhole(field));
        if (!whole)
        {
            return new Finding(FindingKind.Corrupted, key, text);
        }

        List<KeyState> same = [.. states.Where(state => state.Exists && SameContent(state, seen))];
        FindingKind kind = same.Count > 0
            ? same.Exists(state => SameVersion(state, seen)) ? FindingKind.Expiry : FindingKind.Version
            : states.Any(state => state.Exists) ? FindingKind.Lost : FindingKind.Invented;
        return new Finding(kind, key, text);
    }

    private static bool SameContent(KeyState state, Observation seen)
    {
        if (state.Value is { } value)
        {
            return seen.Value is { } other && value.AsSpan().SequenceEqual(other);
        }

        return seen.Fields is { } fields
            && state.Fields is { } expected
            && fields.Count == expected.Count
            && expected.All(pair =>
                fields.TryGetValue(pair.Key, out byte[]? held) && held.AsSpan().SequenceEqual(pair.Value));
    }

    private static bool SameVersion(KeyState state, Observation seen) =>
        state.Version == 0 ? seen.Version > state.VersionSeen : seen.Version == state.Version;

    private static bool SameExpiry(KeyState state, Observation seen)
    {
        if (state.Deadline is not { } deadline)
        {
            return seen.RemainingMs is null;
        }

        return seen.RemainingMs is { } left
            && left >= deadline.From - seen.Time.Until - TimeWindow.SlackMs
            && left <= deadline.Until - seen.Time.From + TimeWindow.SlackMs;
    }
}
