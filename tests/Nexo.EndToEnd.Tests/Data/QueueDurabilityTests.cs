using Nexo.Cli.Tests;
using Nexo.EndToEnd.Tests.Native;
using Nexo.Protocol;
using Nexo.Server;
using Nexo.Storage;

namespace Nexo.EndToEnd.Tests.Data;

/// <summary>When queues answer, and what is there after the server has ended.</summary>
public sealed class QueueDurabilityTests
{
    [Fact]
    public async Task A_push_is_confirmed_after_the_sync_and_delivered_before_it()
    {
        var disk = new SimulatedDisk();
        await using TestServer server = await DurableServer.StartAsync(disk);
        using var gate = new DiskGate(disk);
        using RawPeer producer = await RawPeer.GreetAsync(server);
        using RawPeer consumer = await RawPeer.GreetAsync(server);
        await consumer.ConsumeAsync(7, "jobs", credits: 10);
        gate.Close();
        await producer.SendAsync(buffer => QueuePeer.Push(buffer, 1, "jobs", "a"));

        Delivery delivery = (await consumer.ReadDeliveriesAsync(1)).Single();
        await consumer.RequestAsync(Opcode.QueueAck, 2, buffer => QueuePeer.Ack(buffer, "jobs", [delivery]));
        await Poll.UntilAsync(() => gate.Waiting > 0 && server.Native.Queues.Totals.Leased == 0);
        Assert.False(producer.HasAnswer);
        Assert.False(consumer.HasAnswer);
        gate.Open();

        Assert.Equal(1UL, QueuePeer.Pushed(await producer.ReadAsync()).MessageId);
        Assert.Equal([ErrorCode.None], QueuePeer.Codes(await consumer.ReadAsync()));
    }

    [Fact]
    public async Task Only_answers_of_queues_that_ask_for_it_wait_for_the_disk()
    {
        var disk = new SimulatedDisk();
        await using TestServer server = await DurableServer.StartAsync(disk);
        using RawPeer peer = await RawPeer.GreetAsync(server);
        using RawPeer other = await RawPeer.GreetAsync(server);
        await peer.DeclareAsync("fast", (QueueOptionTag.Durability, (ulong)Durability.Interval));
        await peer.DeclareAsync("volatile", (QueueOptionTag.Durability, (ulong)Durability.Memory));
        await peer.PushAsync("safe", "before");
        using var gate = new DiskGate(disk);
        gate.Close();
        await other.SendAsync(buffer => QueuePeer.Push(buffer, 1, "safe", "a"));
        await Poll.UntilAsync(() => gate.Waiting > 0);

        await peer.PushAsync("fast", "b");
        await peer.PushAsync("volatile", "c");
        Assert.Equal(1, await peer.StatAsync("volatile", QueueStat.Ready));
        Assert.False(other.HasAnswer);
        gate.Open();
        QueuePeer.Pushed(await other.ReadAsync());
    }

    [Fact]
    public async Task Messages_their_order_and_their_attempts_are_there_after_a_power_loss()
    {
        for (int seed = 0; seed < 5; seed++)
        {
            var disk = new SimulatedDisk(seed);
            await using (TestServer server = await DurableServer.StartAsync(disk))
            {
                using RawPeer peer = await RawPeer.GreetAsync(server);
                await peer.DeclareAsync("jobs", (QueueOptionTag.LeaseMs, 60_000));
                await peer.PushAllAsync("jobs", "a", "b", "c", "d");
                await peer.PushAsync("jobs", "urgent", priority: 5);
                await peer.BeginPullAsync(7, "jobs", waitMs: 0, messagesMax: 3);
                List<Delivery> had = QueuePeer.Deliveries(await peer.ReadAsync());
                Assert.Equal(["urgent", "a", "b"], had.Select(delivery => delivery.Body));
                Assert.Equal([ErrorCode.None], await peer.AckAsync("jobs", had[1]));
                Assert.Equal(ErrorCode.None, await peer.NackAsync("jobs", had[2]));
                disk = disk.Crash(seed);
            }

            await using TestServer again = await DurableServer.StartAsync(disk);
            using RawPeer reader = await RawPeer.GreetAsync(again);
            await reader.BeginPullAsync(7, "jobs", waitMs: 0);
            List<Delivery> came = QueuePeer.Deliveries(await reader.ReadAsync());
            Assert.Equal(
                [("urgent", 2u), ("b", 2u), ("c", 1u), ("d", 1u)], came.Select(delivery => (delivery.Body, delivery.Attempt)));
            Assert.Equal(6UL, await reader.PushAsync("jobs", "next"));
        }
    }

    [Fact]
    public async Task A_snapshot_holds_the_queues_and_the_log_before_it_goes()
    {
        var disk = new SimulatedDisk();
        await using (TestServer server = await DurableServer.StartAsync(disk))
        {
            using RawPeer peer = await RawPeer.GreetAsync(server);
            string large = new('x', 10_000);
            for (int round = 0; round < 3; round++)
            {
                await peer.PushAllAsync("jobs", [.. Enumerable.Range(0, 200).Select(i => $"{round}-{i}-{large}")]);
                await peer.SendAsync(buffer => DurableServer.Set(buffer, 1, $"key-{round}", "value"));
                await peer.ReadAsync();
                Assert.Equal(FrameKind.Reply, (await peer.AskAsync(Opcode.AdminSnapshot, 9, _ => { })).Header.Kind);
            }

            Assert.InRange(server.Log().Stats.SegmentsRecycled, 1, int.MaxValue);
            await peer.PushAsync("jobs", "behind");
            await server.StopAsync();
        }

        await using TestServer again = await DurableServer.StartAsync(disk.Crash(3));
        Assert.Equal((601L, 3L), (again.Native.Queues.Totals.Ready, again.Native.Store.Stats.Entries));
        Assert.Contains("3 entries and 601 messages", again.Native.Persistence.Recovered!.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Queues_are_kept_beside_a_store_in_memory()
    {
        var disk = new SimulatedDisk();
        await using (TestServer server = await StartWithStoreInMemoryAsync(disk))
        {
            using RawPeer peer = await RawPeer.GreetAsync(server);
            await peer.PushAllAsync("jobs", "a");
            await peer.SendAsync(buffer => DurableServer.Set(buffer, 1, "k", "v"));
            await peer.ReadAsync();
            await peer.SendAsync(buffer => DurableServer.Set(buffer, 1, "k", "v", Durability.Interval));
            Assert.Equal(ErrorCode.UnsupportedDurability, (await peer.ReadAsync()).Code);
            Assert.Equal(FrameKind.Reply, (await peer.AskAsync(Opcode.AdminSnapshot, 9, _ => { })).Header.Kind);
            disk = disk.Crash(1);
        }

        await using TestServer again = await StartWithStoreInMemoryAsync(disk);
        Assert.Equal((1L, 0L), (again.Native.Queues.Totals.Ready, again.Native.Store.Stats.Entries));
    }

    [Fact]
    public async Task Where_the_log_has_failed_a_push_is_not_confirmed_and_later_ones_are_refused()
    {
        var disk = new SimulatedDisk();
        await using TestServer server = await DurableServer.StartAsync(disk);
        using RawPeer peer = await RawPeer.GreetAsync(server);
        await peer.PushAsync("jobs", "before");
        disk.FailAt(1, DiskError.Io, DiskOperationKinds.Sync, fromThenOn: true);
        await peer.SendAsync(buffer => QueuePeer.Push(buffer, 1, "jobs", "a"));
        Assert.Equal(ErrorCode.StorageFailed, (await peer.ReadAsync()).Code);
        await peer.SendAsync(buffer => QueuePeer.Push(buffer, 2, "jobs", "b"));
        Assert.Equal(ErrorCode.StorageFailed, (await peer.ReadAsync()).Code);
    }

    [Fact]
    public async Task A_pull_that_settles_what_it_takes_is_not_answered_with_it_when_the_log_fails()
    {
        var disk = new SimulatedDisk();
        await using TestServer server = await DurableServer.StartAsync(disk);
        using RawPeer peer = await RawPeer.GreetAsync(server);
        await peer.PushAsync("jobs", "a");
        disk.FailAt(1, DiskError.Io, DiskOperationKinds.Sync, fromThenOn: true);
        Frame frame = await peer.AskAsync(Opcode.QueuePull, 7, buffer => new QueuePullRequest
        {
            Queue = "jobs"u8,
            MessagesMax = 1,
            Options = ConsumeOptions.SettledByDelivery,
        }.Write(buffer));

        Assert.Equal(ErrorCode.StorageFailed, frame.Code);
    }

    [Fact]
    public async Task A_message_that_is_settled_by_its_delivery_leaves_when_that_is_on_disk()
    {
        var disk = new SimulatedDisk();
        await using TestServer server = await DurableServer.StartAsync(disk);
        using RawPeer producer = await RawPeer.GreetAsync(server);
        using RawPeer consumer = await RawPeer.GreetAsync(server);
        await producer.PushAllAsync("jobs", "a");
        using var gate = new DiskGate(disk);
        gate.Close();
        await consumer.ConsumeAsync(7, "jobs", credits: 10, ConsumeOptions.SettledByDelivery);
        await Poll.UntilAsync(() => server.Native.Queues.Totals.Acked == 1 && gate.Waiting > 0);
        Assert.False(consumer.HasAnswer);
        gate.Open();

        Assert.Equal("a", (await consumer.ReadDeliveriesAsync(1)).Single().Body);
    }

    [Fact]
    public async Task A_queue_that_is_set_to_wait_for_the_disk_does_so_for_who_consumes_already()
    {
        var disk = new SimulatedDisk();
        await using TestServer server = await DurableServer.StartAsync(disk);
        using RawPeer producer = await RawPeer.GreetAsync(server);
        using RawPeer consumer = await RawPeer.GreetAsync(server);
        await producer.DeclareAsync("jobs", (QueueOptionTag.Durability, (ulong)Durability.Memory));
        await consumer.ConsumeAsync(7, "jobs", credits: 10, ConsumeOptions.SettledByDelivery);
        await producer.PushAsync("jobs", "before");
        await consumer.ReadDeliveriesAsync(1);
        Frame updated = await producer.AskAsync(Opcode.QueueUpdate, 6, buffer =>
        {
            QueueUpdateRequest.WriteStart(buffer, 0, "jobs"u8);
            QueueOptionFields.Write(buffer, QueueOptionTag.Durability, (ulong)Durability.Fsync);
        });
        Assert.Equal(FrameKind.Reply, updated.Header.Kind);
        using var gate = new DiskGate(disk);
        gate.Close();
        await producer.SendAsync(buffer => QueuePeer.Push(buffer, 1, "jobs", "after"));
        await Poll.UntilAsync(() => server.Native.Queues.Totals.Acked == 2 && gate.Waiting > 0);

        // An answer that comes behind the delivery shows that it was not sent.
        await consumer.AskAsync(Opcode.Ping, 8, _ => { });
        gate.Open();

        Assert.Equal("after", (await consumer.ReadDeliveriesAsync(1)).Single().Body);
    }

    [Fact]
    public async Task A_backup_holds_the_queues_as_they_are_at_its_end()
    {
        string folder = Directory.CreateTempSubdirectory("nexo-queue-backup-").FullName;
        try
        {
            string file = Path.Combine(folder, "one.backup");
            await using (TestServer server = await DurableServer.StartAsync(new SimulatedDisk()))
            {
                using RawPeer peer = await RawPeer.GreetAsync(server);
                await peer.PushAllAsync("jobs", "a", "b", "c");
                await peer.BeginPullAsync(7, "jobs", waitMs: 0, messagesMax: 1);
                await peer.AckAsync("jobs", QueuePeer.Deliveries(await peer.ReadAsync()));
                Assert.Equal(0, (await CliRunner.For(server.Url).Run("backup", file)).ExitCode);
            }

            string target = Path.Combine(folder, "target");
            Assert.Equal(0, (await new CliRunner().Run("restore", file, "--data", target)).ExitCode);
            await using TestServer again = await TestServer.StartAsync(options => options with { DataDirectory = target });
            using RawPeer reader = await RawPeer.GreetAsync(again);
            await reader.BeginPullAsync(7, "jobs", waitMs: 0);
            Assert.Equal(["b", "c"], QueuePeer.Deliveries(await reader.ReadAsync()).Select(delivery => delivery.Body));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static Task<TestServer> StartWithStoreInMemoryAsync(SimulatedDisk disk) => TestServer.StartAsync(options =>
        DurableServer.On(options, disk) with { Store = options.Store with { Durability = StoreDurability.Memory } });
}
