using System.Text;
using Nexo.Crash.Ledger;
using Nexo.Crash.Wire;
using Nexo.Protocol;

namespace Nexo.Crash.Linear;

/// <summary>
/// One client of the shared keys: a call, its answer, the next call. All of them ask for the same durability; with
/// fsync reads wait too, so what they saw is durable.
/// </summary>
internal sealed class LinearClient(int number, IReadOnlyList<KeyRecorder> keys, Durability wish, Random random)
{
    /// <summary>So far apart that increments never make one client's number into another's.</summary>
    private const long NumberSpacing = 1_000_000;
    private const int PauseChance = 8;

    private readonly long?[] _lastSeen = new long?[keys.Count];
    private long _next = number + 1;

    /// <summary>Calls until the server is gone. What was open then is given back, for the recorder to end.</summary>
    public async Task<(int Key, Call Call)?> RunAsync(int port, CancellationToken cancel)
    {
        int key = 0;
        Call? call = null;
        try
        {
            using WireConnection connection = await WireConnection.OpenAsync(port, cancel);
            while (true)
            {
                key = random.Next(keys.Count);
                call = Choose(key);
                keys[key].Called(number, call);
                Frame answer = await AskAsync(connection, key, call, cancel);
                if (answer.Kind == FrameKind.Error)
                {
                    return (key, call);
                }

                call.Answer = Read(call, answer);
                keys[key].Returned(number, call);
                Remember(key, call);
                call = null;
                if (random.Next(PauseChance) == 0)
                {
                    await Task.Yield();
                }
            }
        }
        catch (WireEndedException)
        {
            return call is null ? null : (key, call);
        }
    }

    private Call Choose(int key) => random.Next(10) switch
    {
        < 3 => new Call(CallKind.Get),
        < 5 => new Call(CallKind.Set, Fresh()),
        < 7 when _lastSeen[key] is { } seen => new Call(CallKind.CompareAndSet, Fresh(), seen),
        _ => new Call(CallKind.Increment, random.Next(1, 4)),
    };

    // Never the same number twice: each read tells which write it saw.
    private long Fresh() => (_next += 100) * NumberSpacing;

    private void Remember(int key, Call call) => _lastSeen[key] = call.Kind switch
    {
        CallKind.Set => call.Argument,
        CallKind.CompareAndSet => call.Answer!.Value.Done ? call.Argument : null,
        _ => call.Answer!.Value.Number,
    };

    private Task<Frame> AskAsync(WireConnection connection, int key, Call call, CancellationToken cancel)
    {
        byte[] name = Encoding.UTF8.GetBytes($"linear{key}");
        return call.Kind switch
        {
            CallKind.Get => connection.AskAsync(Opcode.StoreGet, wish, body => body.Write(name), cancel),
            CallKind.Increment => connection.AskAsync(
                Opcode.StoreIncrement,
                wish,
                body => new IncrementRequest
                {
                    Delta = call.Argument,
                    Expiry = new StoreExpiry(ExpiryKind.Keep, 0),
                    Key = name,
                }.Write(body),
                cancel),
            _ => connection.AskAsync(Opcode.StoreSet, wish, body => WriteSet(body, name, call), cancel),
        };
    }

    private static void WriteSet(FrameBuffer body, byte[] name, Call call) => new SetRequest
    {
        Key = name,
        Value = Encoding.UTF8.GetBytes($"{call.Argument}"),
        Condition = call.Kind == CallKind.CompareAndSet
            ? new StoreCondition { Kind = ConditionKind.IfValue, Value = Encoding.UTF8.GetBytes($"{call.Expected}") }
            : default,
    }.Write(body);

    private static Answer Read(Call call, Frame frame)
    {
        switch (call.Kind)
        {
            case CallKind.Get when ValueReply.TryRead(frame.Body, out ValueReply value):
                return new Answer(value.Found ? IncrementOperation.Number(value.Value.ToArray()) : null);
            case CallKind.Increment when NumberReply.TryRead(frame.Body, out NumberReply sum):
                return new Answer(sum.Value);
            case CallKind.Set or CallKind.CompareAndSet when SetReply.TryRead(frame.Body, out SetReply set):
                return new Answer(Done: set.Stored);
            default:
                throw new WireEndedException("an answer cannot be read");
        }
    }
}
