using CsCheck;
using Nexo.Crash.Linear;

namespace Nexo.Crash.Tests.Linear;

/// <summary>The checker beside one that tries every order: small random histories, right and wrong.</summary>
public sealed class LinearPropertyTests
{
    private const int Clients = 3;
    private const int CallsMax = 6;

    [Fact]
    public void It_says_what_trying_every_order_says()
    {
        int right = 0;
        int wrong = 0;
        Gen.Int.Sample(
            seed =>
            {
                List<HistoryEvent> events = Draw(new Random(seed), truthful: false);
                bool allowed = EveryOrder.Allows(events);
                Interlocked.Increment(ref allowed ? ref right : ref wrong);
                return History.Holds(events) == allowed;
            },
            iter: 5_000);
        Assert.InRange(right, 250, 4_750);
        Assert.InRange(wrong, 250, 4_750);
    }

    [Fact]
    public void It_accepts_every_history_of_a_register_that_is_right() =>
        Gen.Int.Sample(seed => History.Holds(Draw(new Random(seed), truthful: true)), iter: 5_000);

    // A truthful history carries out each call at a moment between its events; the other one answers at random from few
    // numbers, so that about half of them are right by chance.
    private static List<HistoryEvent> Draw(Random random, bool truthful)
    {
        var history = new List<HistoryEvent>();
        var open = new Dictionary<int, (Call Call, Answer? Answer)>();
        long? state = null;
        int calls = 0;
        while (calls < CallsMax || open.Count > 0)
        {
            int client = random.Next(Clients);
            if (!open.TryGetValue(client, out (Call Call, Answer? Answer) running))
            {
                if (calls++ < CallsMax)
                {
                    Call call = RandomCall(random);
                    open.Add(client, (call, null));
                    history.Add(new HistoryEvent(EventKind.Called, client, call));
                }
            }
            else if (running.Answer is null && random.Next(2) == 0)
            {
                Answer drawn = truthful
                    ? EveryOrder.Run(running.Call, ref state)
                    : RandomAnswer(running.Call, random);
                open[client] = (running.Call, drawn);
            }
            else if (running.Answer is { } answer)
            {
                running.Call.Answer = answer;
                open.Remove(client);
                history.Add(new HistoryEvent(EventKind.Returned, client, running.Call));
            }
            else if (random.Next(4) == 0)
            {
                open.Remove(client);
                history.Add(new HistoryEvent(EventKind.Ended, client, running.Call));
            }
        }

        return history;
    }

    private static Call RandomCall(Random random) => random.Next(4) switch
    {
        0 => new Call(CallKind.Get),
        1 => new Call(CallKind.Set, random.Next(3)),
        2 => new Call(CallKind.CompareAndSet, random.Next(3), random.Next(3)),
        _ => new Call(CallKind.Increment, 1),
    };

    private static Answer RandomAnswer(Call call, Random random) => call.Kind switch
    {
        CallKind.Get => new Answer(random.Next(4) is var number and < 3 ? number : null),
        CallKind.CompareAndSet => new Answer(Done: random.Next(2) == 0),
        CallKind.Increment => new Answer(random.Next(1, 4)),
        _ => default,
    };
}
