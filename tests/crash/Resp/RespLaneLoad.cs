using Nexo.Crash.Wire;

namespace Nexo.Crash.Resp;

/// <summary>The connection of a lane, as long as there is a server: pipelines of any length.</summary>
internal sealed class RespLaneLoad(RespLane lane, Random random)
{
    private const int PipelineMax = 8;

    public async Task RunAsync(int port, CancellationToken stop, CancellationToken cancel)
    {
        using RespWire wire = await RespWire.OpenAsync(port, cancel);
        while (!stop.IsCancellationRequested)
        {
            for (int i = random.Next(1, PipelineMax); i > 0; i--)
            {
                RespStep step = lane.Steps.Next();
                lane.Send(step);
                Write(wire, step);
            }

            await wire.FlushAsync(cancel);
            while (lane.InFlight > 0)
            {
                var answers = new RespReply[lane.Next.Answers];
                for (int i = 0; i < answers.Length; i++)
                {
                    answers[i] = await wire.ReadAsync(cancel);
                }

                lane.Answer(answers);
            }
        }
    }

    /// <summary>What the keys of a lane are.</summary>
    public static async Task<RespModel> ReadAsync(RespLane lane, RespWire wire, CancellationToken cancel)
    {
        var found = new RespModel();
        foreach (string key in lane.Steps.Keys)
        {
            string type = (await wire.AskAsync(cancel, "TYPE", key)).Text;
            if (type != "none" && await ReadValueAsync(wire, type, key, cancel) is { } value)
            {
                bool expires = RespRelay.Number((await wire.AskAsync(cancel, "PTTL", key)).Text) > 0;
                found.Put(key, value, expires);
            }
        }

        return found;
    }

    private static void Write(RespWire wire, RespStep step)
    {
        if (!step.IsTransaction)
        {
            wire.Write(step.Commands[0]);
            return;
        }

        wire.Write("MULTI");
        foreach (IReadOnlyList<string> command in step.Commands)
        {
            wire.Write(command);
        }

        wire.Write("EXEC");
    }

    private static async Task<object?> ReadValueAsync(RespWire wire, string type, string key, CancellationToken cancel)
    {
        IReadOnlyList<string> command = type switch
        {
            "string" => ["GET", key],
            "hash" => ["HGETALL", key],
            "list" => ["LRANGE", key, "0", "-1"],
            "set" => ["SMEMBERS", key],
            _ => ["ZRANGE", key, "0", "-1", "WITHSCORES"],
        };
        RespReply reply = await wire.AskAsync(cancel, command);
        if (reply.IsError)
        {
            throw new WireEndedException($"{string.Join(' ', command)} was answered with {reply}");
        }

        string[] items = [.. reply.Items.Select(item => item.Text)];
        IEnumerable<string[]> pairs = items.Chunk(2);
        return type switch
        {
            "string" => reply.Text,
            "hash" => new SortedDictionary<string, string>(pairs.ToDictionary(pair => pair[0], pair => pair[1]), StringComparer.Ordinal),
            "list" => new List<string>(items),
            "set" => new SortedSet<string>(items, StringComparer.Ordinal),
            _ => pairs.ToDictionary(pair => pair[0], pair => RespRelay.Number(pair[1])),
        };
    }
}
