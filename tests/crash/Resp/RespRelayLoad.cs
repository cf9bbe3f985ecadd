using System.Globalization;

namespace Nexo.Crash.Resp;

/// <summary>Both connections of a relay, as long as there is a server.</summary>
internal sealed class RespRelayLoad(RespRelay relay, Random random)
{
    /// <summary>Numbers that are taken by one command at most.</summary>
    public const int SomeMax = 3;

    private const int DepthMax = 100;
    private const int PipelineMax = 5;

    private readonly Random _pushing = new(random.Next());
    private readonly Random _taking = new(random.Next());

    public Task RunAsync(int port, CancellationToken stop, CancellationToken cancel) =>
        Task.WhenAll(PushAsync(port, stop, cancel), TakeAsync(port, stop, cancel));

    public async Task AuditAsync(RespWire wire, CancellationToken cancel)
    {
        IReadOnlyList<long> source = relay.IsSorted
            ? await NumbersAsync(wire, cancel, "ZRANGE", relay.Source, "0", "-1")
            : await NumbersAsync(wire, cancel, "LRANGE", relay.Source, "0", "-1");
        relay.Audit(source, await NumbersAsync(wire, cancel, "LRANGE", relay.Target, "0", "-1"));
    }

    /// <summary>How many of its two keys are there.</summary>
    public async Task<long> CountKeysAsync(RespWire wire, CancellationToken cancel) =>
        RespRelay.Number((await wire.AskAsync(cancel, "EXISTS", relay.Source, relay.Target)).Text);

    private static async Task<IReadOnlyList<long>> NumbersAsync(
        RespWire wire, CancellationToken cancel, params IReadOnlyList<string> command) =>
        [.. (await wire.AskAsync(cancel, command)).Items.Select(item => RespRelay.Number(item.Text))];

    private async Task PushAsync(int port, CancellationToken stop, CancellationToken cancel)
    {
        using RespWire wire = await RespWire.OpenAsync(port, cancel);
        while (!stop.IsCancellationRequested)
        {
            if (relay.Depth > DepthMax)
            {
                await Task.Delay(1, cancel);
                continue;
            }

            int[] answers = [.. Enumerable.Range(0, _pushing.Next(1, PipelineMax)).Select(_ => WriteStep(wire))];
            await wire.FlushAsync(cancel);
            foreach (int count in answers)
            {
                RespReply answer = RespReply.Null;
                for (int i = 0; i < count; i++)
                {
                    answer = await wire.ReadAsync(cancel);
                }

                relay.Pushed(answer.IsError || answer.Items.Any(item => item.IsError), $"{answer}");
            }

            // Then those who take have to wait.
            if (_pushing.Next(4) == 0)
            {
                await Task.Delay(_pushing.Next(4), cancel);
            }
        }
    }

    // By one command, or by some in a transaction; returns how many answers come.
    private int WriteStep(RespWire wire)
    {
        IReadOnlyList<long> numbers = relay.Send(_pushing.Next(1, 5));
        if (_pushing.Next(2) == 0)
        {
            wire.Write(Command(numbers));
            return 1;
        }

        wire.Write("MULTI");
        foreach (long number in numbers)
        {
            wire.Write(Command([number]));
        }

        wire.Write("EXEC");
        return numbers.Count + 2;
    }

    private IReadOnlyList<string> Command(IReadOnlyList<long> numbers)
    {
        string[] texts = [.. numbers.Select(number => number.ToString(CultureInfo.InvariantCulture))];
        return relay.IsSorted
            ? ["ZADD", relay.Source, .. texts.SelectMany(text => new[] { text, text })]
            : ["RPUSH", relay.Source, .. texts];
    }

    private async Task TakeAsync(int port, CancellationToken stop, CancellationToken cancel)
    {
        using RespWire wire = await RespWire.OpenAsync(port, cancel);
        while (!stop.IsCancellationRequested)
        {
            RelayTake take = _taking.Next(8) switch
            {
                < 3 => RelayTake.One,
                < 5 => RelayTake.Some,
                < 7 when !relay.IsSorted => RelayTake.Move,
                7 when !relay.IsSorted => RelayTake.Clear,
                _ => RelayTake.One,
            };
            relay.Take(take);
            RespReply answer = await wire.AskAsync(cancel, CommandOf(take));
            if (take == RelayTake.Clear)
            {
                relay.Cleared();
            }
            else
            {
                relay.Taken(NumbersOf(take, answer));
            }
        }
    }

    private IReadOnlyList<string> CommandOf(RelayTake take)
    {
        bool waits = _taking.Next(5) > 0;
        return take switch
        {
            RelayTake.Clear => ["DEL", relay.Target],
            RelayTake.Move => waits
                ? ["BLMOVE", relay.Source, relay.Target, "LEFT", "RIGHT", "0.2"]
                : ["LMOVE", relay.Source, relay.Target, "LEFT", "RIGHT"],
            RelayTake.Some when relay.IsSorted => ["BZMPOP", "0.2", "1", relay.Source, "MIN", "COUNT", $"{SomeMax}"],
            RelayTake.Some => ["BLMPOP", "0.2", "1", relay.Source, "LEFT", "COUNT", $"{SomeMax}"],
            _ when relay.IsSorted => ["BZPOPMIN", relay.Source, "0.2"],
            _ => ["BLPOP", relay.Source, "0.2"],
        };
    }

    // [key number], [key number score], [key [number …]], [key [[number score] …]], or the number alone.
    private static IReadOnlyList<long> NumbersOf(RelayTake take, RespReply answer)
    {
        if (answer.IsNull || answer.IsError)
        {
            return [];
        }

        return take switch
        {
            RelayTake.Move => [RespRelay.Number(answer.Text)],
            RelayTake.Some => [.. answer.Items[1].Items.Select(item => RespRelay.Number((item.Items is [RespReply first, ..] ? first : item).Text))],
            _ => [RespRelay.Number(answer.Items[1].Text)],
        };
    }
}
