using Nexo.EndToEnd.Tests.Native;
using Nexo.Protocol;
using Nexo.Storage;

namespace Nexo.EndToEnd.Tests.Data;

/// <summary>Schedules over restarts of a server with a disk.</summary>
public sealed class ScheduleRestartTests
{
    [Fact]
    public async Task What_was_answered_survives_a_power_loss_and_no_run_comes_twice()
    {
        for (int seed = 0; seed < 3; seed++)
        {
            var disk = new SimulatedDisk(seed);
            Described before;
            await using (TestServer server = await DurableServer.StartAsync(disk))
            {
                using RawPeer peer = await RawPeer.GreetAsync(server);
                SchedulePeer.Set(await peer.SetScheduleAsync("gone", "@hourly"));
                SchedulePeer.Set(await peer.SetScheduleAsync("tick", "@every 1s"));
                Assert.Equal(1, await peer.DeleteScheduleAsync("gone"));
                SchedulePeer.Set(await peer.SetScheduleAsync("daily", "30 2 29 2 *", zone: "Europe/Berlin"));
                before = await peer.DescribeScheduleAsync("daily");
                await Poll.UntilAsync(() => server.Native.ScheduleTicker.Schedules.Stats.Runs > 0);
                disk = disk.Crash(seed);
            }

            await using TestServer again = await DurableServer.StartAsync(disk);
            using RawPeer reader = await RawPeer.GreetAsync(again);
            Assert.Equal(("daily tick", ""), await reader.ListSchedulesAsync("", 10));
            Assert.Equal(before, await reader.DescribeScheduleAsync("daily"));
            await reader.ConsumeAsync(7, "jobs", credits: 3);
            List<Delivery> came = await reader.ReadDeliveriesAsync(3);
            IEnumerable<string> moments = came.Select(delivery => SchedulePeer.HeadersOf(delivery)["nexo-due-at"]);
            Assert.Equal(3, moments.Distinct().Count());
        }
    }

    [Fact]
    public async Task A_snapshot_holds_the_schedules()
    {
        var disk = new SimulatedDisk();
        Described before;
        await using (TestServer server = await DurableServer.StartAsync(disk))
        {
            using RawPeer peer = await RawPeer.GreetAsync(server);
            SchedulePeer.Set(await peer.SetScheduleAsync("daily", "30 2 29 2 *", zone: "Europe/Berlin"));
            before = await peer.DescribeScheduleAsync("daily");
            Assert.Equal(FrameKind.Reply, (await peer.AskAsync(Opcode.AdminSnapshot, 9, _ => { })).Header.Kind);
            await server.StopAsync();
        }

        await using TestServer again = await DurableServer.StartAsync(disk.Crash(1));
        using RawPeer reader = await RawPeer.GreetAsync(again);
        Assert.True(again.Native.Persistence.Recovered!.SnapshotRecords > 0);
        Assert.Equal(before, await reader.DescribeScheduleAsync("daily"));
    }

    [Fact]
    public async Task On_a_full_disk_a_schedule_is_refused_and_can_be_deleted()
    {
        var disk = new SimulatedDisk();
        await using TestServer server = await DurableServer.StartAsync(disk);
        using RawPeer peer = await RawPeer.GreetAsync(server);
        SchedulePeer.Set(await peer.SetScheduleAsync("daily", "@daily"));
        Wal log = server.Log();
        disk.CapacityBytes -= disk.FreeBytes;
        string body = new('x', 200_000);
        Frame last = await peer.SetScheduleAsync("filler:0", "@daily", body: body);
        for (int i = 1; last.Header.Kind == FrameKind.Reply && i < 100; i++)
        {
            last = await peer.SetScheduleAsync($"filler:{i}", "@daily", body: body);
        }

        Assert.Equal((FrameKind.Error, ErrorCode.StorageFull), (last.Header.Kind, last.Code));
        Assert.True(log.IsFull);
        Assert.Equal(1, await peer.DeleteScheduleAsync("daily"));
    }
}
