using System.CommandLine;

namespace Nexo.Bench.Compare;

/// <summary><c>compare resp</c>: the Redis port beside Redis, both driven by redis-benchmark.</summary>
internal static class RespCommand
{
    private const string AllOperations = "set,get,incr,lpush,rpush,lpop,sadd,hset,zadd,lrange_100,mset";

    public static Command New(Option<string?> binary, Option<bool> garnet, Option<Durability> durability)
    {
        Option<int> rounds = Program.Number("--rounds", "Rounds; the median counts", 3);
        Option<double> seconds = Program.Number("--seconds", "Seconds of load per server, work and round", 2.0);
        Option<int> clients = Program.Number("--clients", "Connections", 50);
        Option<int> size = Program.Number("--size", "Bytes of a value", 64);
        Option<int> keys = Program.Number("--keys", "How many different keys", 100_000);
        Option<string> depths = Program.List("--depths", "Pipeline depths", "1,16,64");
        Option<string> operations = Program.List("--ops", "Tests of redis-benchmark", AllOperations);
        Option<string?> json = Program.JsonFile();
        var command = new Command("resp", "The Redis port beside Redis, with redis-benchmark's own tests")
        {
            rounds, seconds, clients, size, keys, depths, operations, json, garnet, durability,
        };
        command.SetAction(async (parsed, cancel) =>
        {
            Durability kept = parsed.GetValue(durability);
            List<StoreContender> contenders =
            [
                Contenders.Redis(kept),
                await Contenders.NexoRespAsync(parsed.GetValue(binary), kept, cancel),
            ];
            if (parsed.GetValue(garnet))
            {
                contenders.Add(await Contenders.GarnetAsync(cancel));
            }

            var options = new StoreComparisonOptions
            {
                Rounds = parsed.GetValue(rounds),
                Seconds = parsed.GetValue(seconds),
                Works =
                [
                    .. from operation in parsed.GetValue(operations)!.Split(',')
                       from depth in parsed.GetValue(depths)!.Split(',').Select(int.Parse)
                       select new Work(operation, depth, parsed.GetValue(clients), parsed.GetValue(size), parsed.GetValue(keys)),
                ],
            };
            return await Program.CompareAsync(options, contenders, parsed.GetValue(json), cancel);
        });
        return command;
    }
}
