using Nexo.EndToEnd.Tests.Data;
using Nexo.EndToEnd.Tests.Native;
using Nexo.Protocol;
using Nexo.Storage;

namespace Nexo.EndToEnd.Tests.Streams;

/// <summary>When appends are answered, when readers see them, and what is there after the end of a server.</summary>
public sealed class StreamDurabilityTests
{
    [Fact]
    public async Task No_reader_sees_a_record_before_it_is_on_disk_and_then_all_do()
    {
        var disk = new SimulatedDisk();
        await using TestServer server = await DurableServer.StartAsync(disk);
        using RawPeer writer = await RawPeer.GreetAsync(server);
        using RawPeer tail = await RawPeer.GreetAsync(server);
        using RawPeer waiting = await RawPeer.GreetAsync(server);
        using RawPeer other = await RawPeer.GreetAsync(server);
        await writer.CreateAsync("s");
        await writer.AppendAsync("s", "0");
        await tail.TailAsync(7, "s", StreamPeer.At(1), credits: 10);
        await waiting.BeginReadAsync(8, "s", StreamPeer.At(1), waitMs: 60_000);
        await Poll.UntilAsync(() => server.Native.Streams.Totals.Readers == 2);

        using var gate = new DiskGate(disk);
        gate.Close();
        await writer.SendAsync(buffer => StreamPeer.Append(buffer, 5, "s", "1"));
        await Poll.UntilAsync(() => gate.Waiting > 0);
        Assert.Equal(new OffsetRange(0, 1), await other.RangeAsync("s"));
        Assert.Equal(["0"], (await other.ReadStreamAsync("s", StreamPeer.At(0))).Values);
        Assert.Empty((await other.ReadStreamAsync("s", StreamPeer.At(1), waitMs: 30)).Records);
        Assert.False(writer.HasAnswer || tail.HasAnswer || waiting.HasAnswer);
        gate.Open();

        Assert.Equal(5u, StreamPeer.Reply(await writer.ReadAsync(), Opcode.StreamAppend).Header.Correlation);
        Assert.Equal("1", (await tail.ReadTailAsync(7, 1)).Single().Value);
        Assert.Equal("1", StreamPeer.PageOf(await waiting.ReadAsync()).Values.Single());
    }

    [Fact]
    public async Task A_record_that_no_frame_holds_any_more_is_told_of_and_passed_over_by_nobody()
    {
        const int Kb = 1_024;
        var disk = new SimulatedDisk();
        await using (TestServer server = await DurableServer.StartAsync(disk))
        {
            using RawPeer writer = await RawPeer.GreetAsync(server);
            await writer.CreateAsync("s");
            await writer.AppendAsync("s", new string('x', 300 * Kb));
            await writer.CreateGroupAsync(GroupMode.Ordered);
        }

        await using TestServer smaller = await TestServer.StartAsync(options =>
            DurableServer.On(options, disk) with { Connections = options.Connections with { FrameBytesMax = 256 * Kb } });
        using RawPeer peer = await RawPeer.GreetAsync(smaller);
        Assert.Equal(ErrorCode.ReplyTooLarge, (await peer.TryReadStreamAsync("s", StreamPeer.At(0))).Code);
        await peer.TailAsync(7, "s", StreamPeer.At(0), credits: 10);
        Assert.Equal((FrameKind.End, ErrorCode.ReplyTooLarge), await EndAsync());

        // Of a group too, whose next member meets it again.
        await peer.JoinAsync(8, credits: 10);
        Assert.Equal((FrameKind.End, ErrorCode.ReplyTooLarge), await EndAsync());
        Member pulling = await peer.JoinAsync(9, credits: 0);
        await peer.BeginPullAsync(10, pulling.Number, pulling.Epoch);

        // In whichever order: they are of two requests.
        (FrameKind Kind, ErrorCode Code)[] ends = [await EndAsync(), await EndAsync()];
        Assert.Contains((FrameKind.Error, ErrorCode.ReplyTooLarge), ends);
        Assert.Contains((FrameKind.End, ErrorCode.None), ends);
        Assert.Equal(ErrorCode.ReplyTooLarge, (await peer.TryReadStreamAsync("s", StreamPeer.At(0))).Code);

        async Task<(FrameKind Kind, ErrorCode Code)> EndAsync()
        {
            Frame frame = await peer.ReadAsync();
            return (frame.Header.Kind, frame.Code);
        }
    }

    [Fact]
    public async Task With_interval_and_memory_nobody_waits_for_the_disk()
    {
        var disk = new SimulatedDisk();
        await using TestServer server = await DurableServer.StartAsync(disk, change: storage => storage with { SyncIntervalMs = 10 });
        using RawPeer peer = await RawPeer.GreetAsync(server);
        await peer.CreateAsync("interval", (StreamOptionTag.Durability, (ulong)Durability.Interval));
        await peer.CreateAsync("memory", (StreamOptionTag.Durability, (ulong)Durability.Memory));
        using var gate = new DiskGate(disk);
        gate.Close();
        foreach (string name in (string[])["interval", "memory"])
        {
            await peer.AppendAsync(name, "x");
            Assert.Equal("x", (await peer.ReadStreamAsync(name, StreamPeer.At(0))).Values.Single());
        }
    }

    [Fact]
    public async Task What_was_answered_and_what_was_read_is_there_after_power_was_lost_and_no_batch_is_there_in_part()
    {
        for (int seed = 0; seed < 8; seed++)
        {
            var disk = new SimulatedDisk(seed);
            ulong answered = 0;
            ulong read = 0;
            await using (TestServer server = await DurableServer.StartAsync(disk))
            {
                using RawPeer writer = await RawPeer.GreetAsync(server);
                using RawPeer tail = await RawPeer.GreetAsync(server);
                await writer.CreateAsync("s", (StreamOptionTag.Records, 1_000_000));
                await tail.TailAsync(7, "s", StreamPeer.At(0), credits: 100_000);
                for (int i = 0; i < 60; i++)
                {
                    int first = i * 5;
                    await writer.RequestAsync(
                        Opcode.StreamAppendBatch,
                        (uint)i + 10,
                        buffer => StreamPeer.Batch(buffer, "s", StreamPeer.NewNumbers(first, 5)));
                }

                for (int i = 0; i < 20 + seed; i++)
                {
                    StreamPeer.Reply(await writer.ReadAsync(), Opcode.StreamAppendBatch);
                    answered += 5;
                }

                read = StreamPeer.PushOf(await tail.ReadAsync()).ContinueAt;
                disk = disk.Crash(seed);
            }

            await using TestServer again = await DurableServer.StartAsync(disk);
            using RawPeer reader = await RawPeer.GreetAsync(again);
            Page page = await reader.ReadStreamAsync("s", StreamPeer.At(0));
            Assert.True(page.Range.Next >= Math.Max(answered, read), $"seed {seed}: {answered}, {read}, {page.Range}");
            Assert.Equal(0ul, page.Range.Next % 5);
            Assert.Equal(StreamPeer.Numbers(0, (int)page.Range.Next), page.Values);
            Assert.Equal(page.Range.Next, (await reader.AppendAsync("s", "next")).Offset);
        }
    }

    [Fact]
    public async Task Streams_trims_producers_and_deletions_survive_a_stop_a_snapshot_and_a_start()
    {
        var disk = new SimulatedDisk();
        await using (TestServer server = await DurableServer.StartAsync(disk))
        {
            using RawPeer peer = await RawPeer.GreetAsync(server);
            await peer.CreateAsync("kept", (StreamOptionTag.AgeMs, 3_600_000));
            await peer.CreateAsync("gone");
            await peer.CreateAsync("memory", (StreamOptionTag.Durability, (ulong)Durability.Memory));
            await peer.AppendBatchAsync("kept", StreamPeer.NewNumbers(0, 10));
            await peer.AppendAsync("memory", "x");
            await peer.TryAppendAsync("kept", "10", key: "k", producer: (5, 0));
            Assert.Equal(FrameKind.Reply, (await peer.AskAsync(Opcode.AdminSnapshot, 3, _ => { })).Header.Kind);
            await peer.TrimAsync("kept", TrimBy.Offset, 4);
            await peer.AppendAsync("kept", "11");
            await peer.DeleteStreamAsync("gone");
            await server.StopAsync();
        }

        await using TestServer again = await DurableServer.StartAsync(disk);
        using RawPeer after = await RawPeer.GreetAsync(again);
        Page page = await after.ReadStreamAsync("kept", StreamPeer.At(4));
        Assert.Equal(StreamPeer.Numbers(4, 8), page.Values);
        Assert.Equal(new OffsetRange(4, 12), page.Range);
        Frame duplicate = await after.TryAppendAsync("kept", "10", key: "k", producer: (5, 0));
        Assert.True(StreamAppendReply.TryRead(duplicate.Body, out StreamAppendReply reply));
        Assert.Equal((AppendOutcome.Duplicate, 10ul), (reply.Outcome, reply.Offset));
        Assert.False(await after.CreateAsync("kept", (StreamOptionTag.AgeMs, 3_600_000)));
        Assert.Empty((await after.ReadStreamAsync("memory", new StreamPosition(PositionKind.Beginning))).Records);
        Assert.True(await after.CreateAsync("gone"));
    }
}
