using Nexo.Crash.Linear;

namespace Nexo.Crash.Tests.Linear;

/// <summary>A history that is written down by hand; each client has one open call at most.</summary>
internal sealed class History
{
    private readonly Dictionary<int, Call> _open = [];

    public List<HistoryEvent> Events { get; } = [];

    public static bool Holds(Func<History, History> write) => Holds(write(new History()).Events);

    public static bool Holds(IEnumerable<HistoryEvent> events)
    {
        var checker = new LinearChecker();
        return events.All(checker.Take);
    }

    public History Set(int client, long number) => Begin(client, new Call(CallKind.Set, number)).End(client);

    public History Get(int client, long? number) =>
        Begin(client, new Call(CallKind.Get)).End(client, new Answer(number));

    public History Increment(int client, long by, long sum) =>
        Begin(client, new Call(CallKind.Increment, by)).End(client, new Answer(sum));

    public History Cas(int client, long expected, long number, bool done) =>
        Begin(client, new Call(CallKind.CompareAndSet, number, expected)).End(client, new Answer(Done: done));

    public History Begin(int client, Call call)
    {
        _open.Add(client, call);
        Events.Add(new HistoryEvent(EventKind.Called, client, call));
        return this;
    }

    public History End(int client, Answer answer = default) => Finish(client, EventKind.Returned, answer);

    public History Crash(int client) => Finish(client, EventKind.Ended, null);

    private History Finish(int client, EventKind kind, Answer? answer)
    {
        _open.Remove(client, out Call? call);
        call!.Answer = answer;
        Events.Add(new HistoryEvent(kind, client, call));
        return this;
    }
}
