using Nexo.Client;
using Nexo.Protocol;
using Nexo.Siege.Server;

namespace Nexo.Siege.Memory;

/// <summary>
/// A server in a control group of 256 MB is offered eight times as much over each broker. It stays, refuses what it cannot keep, serves
/// what it has meanwhile, and takes more when that is gone.
/// </summary>
internal static class LittleMemoryScenario
{
    public const string OnDisk = "little-memory";
    public const string WithoutDisk = "little-memory-no-disk";

    private const long GroupBytes = 256L << 20;
    private const long OfferedBytes = 2_048L << 20;

    // Where there can be no group, the server is told so much, and held to the group's bound by who watches.
    private const string Instead = "memory.max=192mb";
    private static readonly TimeSpan RoomWithin = TimeSpan.FromSeconds(60);

    private static readonly string[] InMemory =
        ["queues.durability=memory", "topics.durability=memory", "streams.durability=memory", "mqtt.durability=memory"];

    // No fsync for each message: how much is offered is what counts.
    private static readonly string[] OnDiskSoon =
        ["queues.durability=interval", "topics.durability=interval", "streams.durability=interval"];

    public static async Task<SiegeResult> RunAsync(string name, SiegeOptions options, CancellationToken cancel)
    {
        var result = new SiegeResult(name);
        using MemoryGroup? group = MemoryGroup.TryMake(GroupBytes);
        bool isOnDisk = name == OnDisk;
        string[] settings = [.. !isOnDisk ? InMemory : OnDiskSoon, .. group is null ? [Instead] : Array.Empty<string>()];
        await using Besieged server = await Besieged.StartAsync(
            options, settings, group?.Wrapper ?? [], cancel, isOnDisk ? Durability.Interval : Durability.Memory);
        await using var watch = new ProcessWatch(server.Process.Id);
        result.Add("held by", $"{group?.Kind ?? "memory.max alone: no control group can be made here"}");
        await using NexoClient keeper = await server.ConnectAsync(cancel);
        await keeper.Store.SetAsync("kept", "v", cancellationToken: cancel);

        long bytes = (long)(OfferedBytes * options.Size);
        (string Name, Func<Offers, Task> Run)[] brokers =
        [
            ("store", offers => offers.SetAsync()),
            ("queues", offers => offers.PushAsync()),
            ("retained", offers => offers.RetainAsync()),
            ("topics", offers => offers.PublishAsync()),
            ("streams", offers => offers.AppendAsync()),
        ];
        foreach ((string broker, Func<Offers, Task> run) in brokers)
        {
            options.Say($"{name}: {bytes >> 20} MB for {broker}");
            var offers = new Offers(server, bytes, cancel);
            await run(offers);
            result.Add($"{broker} taken/refused", $"{offers.Taken:N0}/{offers.Refused:N0}");
            result.Require(offers.Unexpected is null, $"{broker}: {offers.Unexpected}");
            if (server.Process.HasExited)
            {
                result.Findings.Add($"the server ended with {server.Process.ExitCode} at {broker}:\n{server.Process.Log}");
                return result;
            }

            result.Require(await keeper.Store.GetAsync<string>("kept", cancel) == "v", $"a read was not served at {broker}");
            await DeleteAllAsync(keeper, cancel);
            result.Require(await TakesAgainAsync(keeper, cancel), $"{broker}: it took nothing more after all was deleted");
        }

        long refusing = await ReadAsync(keeper, "memory.refusals", cancel);
        result.Add("resident MB, most", $"{watch.ResidentMax >> 20}");
        result.Add("times refusing", $"{refusing}");
        result.Require(watch.ResidentMax < GroupBytes, $"it had {watch.ResidentMax >> 20} MB");
        result.Require(group is null || group.Killed == 0, "the system has killed it");
        return result;
    }

    // What there is none of is no matter.
    private static async Task DeleteAllAsync(NexoClient keeper, CancellationToken cancel)
    {
        await keeper.Store.ClearAsync("offer/", cancel);
        await keeper.Topics.Retained.ClearAsync("offer/#", cancel);
        for (int i = 0; i < Offers.Names; i++)
        {
            try
            {
                await keeper.Queue<byte[]>($"offer-{i}").DeleteAsync(cancellationToken: cancel);
            }
            catch (NexoException failure) when (failure.Code == ErrorCode.QueueNotFound)
            {
            }

            try
            {
                await keeper.Stream<byte[]>($"offer-{i}").DeleteAsync(cancellationToken: cancel);
            }
            catch (NexoException failure) when (failure.Code == ErrorCode.StreamNotFound)
            {
            }
        }
    }

    private static async Task<long> ReadAsync(NexoClient client, string fact, CancellationToken cancel) =>
        long.Parse((await client.InfoAsync(cancellationToken: cancel)).First(one => one.Key == fact).Value);

    private static async Task<bool> TakesAgainAsync(NexoClient client, CancellationToken cancel)
    {
        byte[] value = new byte[60 * 1_024];
        long until = Environment.TickCount64 + (long)RoomWithin.TotalMilliseconds;
        while (Environment.TickCount64 < until)
        {
            try
            {
                for (int i = 0; i < 200; i++)
                {
                    await client.Store.SetBytesAsync($"offer/again/{i}", value, cancellationToken: cancel);
                }

                await client.Store.ClearAsync("offer/", cancel);
                return true;
            }
            catch (NexoException refused) when (refused.Retryable)
            {
                await Task.Delay(500, cancel);
            }
        }

        return false;
    }
}
