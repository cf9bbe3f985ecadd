using Nexo.Crash.Linear;

namespace Nexo.Crash.Tests.Linear;

/// <summary>
/// Linearizability by its definition: all orders of all calls that happened, tried one after the other.
/// </summary>
internal static class EveryOrder
{
    public static bool Allows(IReadOnlyList<HistoryEvent> events)
    {
        List<Span> spans =
        [
            .. from called in events.Select((e, at) => (e.Call, e.Kind, At: at))
               where called.Kind == EventKind.Called
               let end = events.Select((e, at) => (e.Call, e.Kind, At: at))
                   .First(e => e.Kind != EventKind.Called && ReferenceEquals(e.Call, called.Call))
               select new Span(called.Call, called.At, end.At, end.Kind == EventKind.Ended),
        ];
        return Place(spans, null);
    }

    /// <summary>Carries a call out.</summary>
    public static Answer Run(Call call, ref long? state)
    {
        switch (call.Kind)
        {
            case CallKind.Get:
                return new Answer(state);
            case CallKind.Set:
                state = call.Argument;
                return default;
            case CallKind.CompareAndSet:
                bool holds = state == call.Expected;
                state = holds ? call.Argument : state;
                return new Answer(Done: holds);
            default:
                state = (state ?? 0) + call.Argument;
                return new Answer(state);
        }
    }

    private static bool Place(List<Span> left, long? state)
    {
        if (left.TrueForAll(span => span.MayBeLeftOut))
        {
            return true;
        }

        // The next one in the order must have begun before all others that must be placed have ended.
        foreach (Span next in left)
        {
            bool isFirst = left.TrueForAll(other => other == next || other.End > next.Start || other.MayBeLeftOut);
            long? after = state;
            if (!isFirst
                || (Run(next.Call, ref after) is var answer && next.Call.Answer is { } given && given != answer))
            {
                continue;
            }

            // One that could be left out and has ended before this began can no longer be placed.
            List<Span> rest = [.. left.Where(span => span != next && (!span.MayBeLeftOut || span.End > next.Start))];
            if (Place(rest, after))
            {
                return true;
            }
        }

        return false;
    }

    private sealed record Span(Call Call, int Start, int End, bool MayBeLeftOut);
}
