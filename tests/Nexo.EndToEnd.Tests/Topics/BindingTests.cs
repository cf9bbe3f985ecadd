using System.Text;
using Nexo.EndToEnd.Tests.Data;
using Nexo.EndToEnd.Tests.Native;
using Nexo.Protocol;
using Nexo.Storage;

namespace Nexo.EndToEnd.Tests.Topics;

/// <summary>Topics that feed queues.</summary>
public sealed class BindingTests
{
    [Fact]
    public async Task A_message_goes_into_the_queue_within_its_publish_with_its_headers_and_its_topic()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer publisher = await RawPeer.GreetAsync(server);
        using RawPeer worker = await RawPeer.GreetAsync(server);
        await worker.ConsumeAsync(5, "jobs", credits: 10);
        Assert.True(await SetAsync(publisher, "b", "orders/#", "jobs", keyByTopic: true));
        Assert.False(await SetAsync(publisher, "b", "orders/#", "jobs", keyByTopic: true));

        Assert.Equal(new TopicPublishReply(0, 1), await publisher.PublishAsync("orders/1", "body"));
        await publisher.PublishAsync("other", "not bound");
        await publisher.SendAsync(buffer =>
        {
            buffer.Begin(Opcode.TopicPublish, FrameKind.Notice, 2, FrameFlags.Headers);
            HeaderBlock.WriteBlock(buffer, [1, (byte)'k', 1, 0, (byte)'v']);
            new TopicPublishRequest { Message = new() { Topic = "orders"u8, Body = "noticed"u8 } }.Write(buffer);
            buffer.End();
        });

        List<Delivery> deliveries = await worker.ReadDeliveriesAsync(2);
        Assert.Equal(["body", "noticed"], deliveries.Select(delivery => delivery.Body));
        Assert.Equal(["orders/1", "orders"], deliveries.Select(delivery => delivery.Group));
        Assert.Equal([("nexo-topic", "orders/1")], Headers(deliveries[0].Headers));
        Assert.Equal([("k", "v"), ("nexo-topic", "orders")], Headers(deliveries[1].Headers));
    }

    [Fact]
    public async Task A_full_queue_refuses_its_message_and_subscribers_get_it_nevertheless()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer peer = await RawPeer.GreetAsync(server);
        using RawPeer subscriber = await RawPeer.GreetAsync(server);
        await peer.DeclareAsync("small", (QueueOptionTag.MessagesMax, 1));
        await SetAsync(peer, "full", "t", "small");
        await SetAsync(peer, "open", "#", "large");
        await subscriber.SubscribeAsync(7, credits: 10, ["t"]);
        Assert.Equal(new TopicPublishReply(1, 2), await peer.PublishAsync("t", "one"));

        Frame refused = await peer.TryPublishAsync("t", "two");

        Assert.True(ErrorBody.TryRead(refused.Body, out ErrorBody error));
        Assert.Equal((ErrorCode.BindingRefused, true), (error.Code, error.Retryable));
        Assert.True(BindingRefusedDetail.TryRead(error.Detail, out BindingRefusedDetail detail));
        Assert.Equal(new BindingRefusedDetail(new TopicPublishReply(1, 1), 1), detail);
        Assert.Equal(["one", "two"], TopicPeer.Bodies(await subscriber.ReadMessagesAsync(7, 2)));

        // A notice is told by a report.
        await peer.PostAsync("t", "three", "four");
        Frame report = await peer.ReadAsync();
        Assert.Equal((Opcode.Report, FrameKind.Notice), (report.Header.Opcode, report.Header.Kind));
        Assert.True(ReportNotice.TryRead(report.Body, out ReportNotice notice));
        Assert.Equal((Opcode.TopicPublish, 901u, 2ul), (notice.Opcode, notice.Correlation, notice.Count));
        Assert.Equal(ErrorCode.BindingRefused, notice.Error.Code);
        Assert.Equal([("full", 1ul, 3ul), ("open", 4ul, 0ul)], await ListAsync(peer));
    }

    [Fact]
    public async Task A_full_queue_that_sends_away_takes_it_and_one_that_is_paused_or_gone_refuses()
    {
        await using TestServer server = await TestServer.StartAsync(
            options => options with { Queues = options.Queues with { AutoCreate = false } });
        using RawPeer peer = await RawPeer.GreetAsync(server);
        await peer.DeclareAsync("dead");
        await peer.DeclareAsync(
            "small", (QueueOptionTag.MessagesMax, 1), (QueueOptionTag.WhenFull, (ulong)FullQueueAction.DeadLetter));
        await SetAsync(peer, "b", "t", "small");

        Assert.Equal(new TopicPublishReply(0, 1), await peer.PublishAsync("t", "one"));
        Assert.Equal(new TopicPublishReply(0, 1), await peer.PublishAsync("t", "two"));
        Assert.Equal(1, await peer.StatAsync("small", QueueStat.Ready));
        Assert.Equal([("b", 2ul, 0ul)], await ListAsync(peer));

        await peer.AskAsync(Opcode.QueuePause, 3, buffer =>
            new QueuePauseRequest { Flow = QueueFlow.Pushes, Name = "small"u8 }.Write(buffer));
        Assert.Equal(ErrorCode.BindingRefused, (await peer.TryPublishAsync("t", "three")).Code);
        await peer.AskAsync(Opcode.QueueDelete, 3, buffer => buffer.WriteUtf8("small"));
        Assert.Equal(ErrorCode.BindingRefused, (await peer.TryPublishAsync("t", "four")).Code);
        Assert.Equal([("b", 2ul, 2ul)], await ListAsync(peer));
    }

    [Fact]
    public async Task Bindings_are_described_listed_in_pages_and_deleted()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer peer = await RawPeer.GreetAsync(server);
        foreach (string name in (string[])["b1", "b2", "b3", "c"])
        {
            await SetAsync(peer, name, $"{name}/+", $"queue-{name}", keyByTopic: name == "b2");
        }

        Frame described = await peer.AskAsync(Opcode.BindingDescribe, 3, buffer => buffer.WriteUtf8("b2"));
        Assert.True(BindingSetRequest.TryRead(described.Body, out BindingSetRequest binding));
        Assert.Equal(
            (BindingTarget.Queue, "b2", "b2/+", "queue-b2", (bool?)true),
            (binding.Kind, Text(binding.Name), Text(binding.Filter), Text(binding.Target), binding.Options.KeyByTopic));
        Assert.Equal(["b1", "b2", "b3"], (await ListAsync(peer, "b", limit: 2)).Select(item => item.Name));

        Assert.Equal(1, await DeleteAsync(peer, "b2"));
        Assert.Equal(0, await DeleteAsync(peer, "b2"));
        Frame gone = await peer.AskAsync(Opcode.BindingDescribe, 3, buffer => buffer.WriteUtf8("b2"));
        Assert.Equal(ErrorCode.BindingNotFound, gone.Code);
        Assert.Equal(new TopicPublishReply(0, 0), await peer.PublishAsync("b2/x", "unbound"));
    }

    [Fact]
    public async Task Bindings_that_cannot_be_are_refused_with_the_reason()
    {
        await using TestServer server = await TestServer.StartAsync(
            options => options with { Queues = options.Queues with { AutoCreate = false } });
        using RawPeer peer = await RawPeer.GreetAsync(server);
        await peer.DeclareAsync("jobs");
        await SetAsync(peer, "b", "a", "jobs");

        Assert.Equal(ErrorCode.BindingConflict, (await peer.BindAsync("b", "other", "jobs")).Code);
        Assert.Equal(ErrorCode.QueueNotFound, (await peer.BindAsync("c", "a", "nowhere")).Code);
        Assert.Equal(ErrorCode.StreamNotFound, (await peer.BindAsync("c", "a", "s", BindingTarget.Stream)).Code);
        Assert.Equal(ErrorCode.FilterInvalid, (await peer.BindAsync("c", "a/#/b", "jobs")).Code);
        Assert.Equal(ErrorCode.FilterInvalid, (await peer.BindAsync("c", "$share/g/a", "jobs")).Code);
        Assert.Equal(ErrorCode.NameInvalid, (await peer.BindAsync("", "a", "jobs")).Code);
        Frame unknown = await peer.AskAsync(Opcode.BindingSet, 3, buffer =>
        {
            TopicPeer.Bind(buffer, "c", "a", "jobs", BindingTarget.Queue, keyByTopic: false);
            buffer.WriteUInt16(99);
            buffer.WriteUInt16(0);
        });
        Assert.Equal(ErrorCode.OptionUnknown, unknown.Code);
    }

    [Fact]
    public async Task A_publish_that_is_bound_or_retained_is_confirmed_after_the_disk_has_it_and_others_are_not_held()
    {
        var disk = new SimulatedDisk();
        await using TestServer server = await DurableServer.StartAsync(disk);
        using RawPeer peer = await RawPeer.GreetAsync(server);
        using RawPeer other = await RawPeer.GreetAsync(server);
        await SetAsync(peer, "b", "bound", "jobs");
        await peer.PublishAsync("bound", "x");
        await peer.PublishAsync("kept", "x", PublishFlags.Retain);
        Assert.True(server.Log().DurableLsn >= server.Log().AppendedLsn);

        using var gate = new DiskGate(disk);
        gate.Close();
        await peer.SendAsync(buffer =>
        {
            TopicPeer.Publish(buffer, FrameKind.Request, 2, "bound", "held"u8);
            TopicPeer.Publish(buffer, FrameKind.Request, 3, "kept", "held"u8, PublishFlags.Retain);
        });
        await Poll.UntilAsync(() => gate.Waiting > 0);
        Assert.Equal(new TopicPublishReply(0, 0), await other.PublishAsync("free", "x"));
        Assert.False(peer.HasAnswer);
        gate.Open();

        Assert.Equal((2u, FrameKind.Reply), Head(await peer.ReadAsync()));
        Assert.Equal((3u, FrameKind.Reply), Head(await peer.ReadAsync()));
    }

    [Fact]
    public async Task Bindings_and_retained_messages_are_there_after_a_restart()
    {
        var disk = new SimulatedDisk();
        await using (TestServer server = await DurableServer.StartAsync(disk))
        {
            using RawPeer peer = await RawPeer.GreetAsync(server);
            await SetAsync(peer, "b", "orders/#", "jobs");
            await peer.PublishAsync("last", "value", PublishFlags.Retain);
            await server.StopAsync();
        }

        await using TestServer again = await DurableServer.StartAsync(disk);
        using RawPeer after = await RawPeer.GreetAsync(again);
        Assert.Equal(new TopicPublishReply(0, 1), await after.PublishAsync("orders/1", "body"));
        await after.SubscribeAsync(7, credits: 10, ["#"], flags: SubscribeFlags.Retained);
        Assert.Equal(("last", "value"), Single(await after.ReadMessagesAsync(7, 1)));
    }

    private static (string, string) Single(List<Received> messages) => (messages.Single().Topic, messages.Single().Body);

    private static (uint, FrameKind) Head(Frame frame) => (frame.Header.Correlation, frame.Header.Kind);

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes);

    private static List<(string, string)> Headers(ReadOnlySpan<byte> block)
    {
        List<(string, string)> all = [];
        while (HeaderBlock.TryReadNext(ref block, out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value))
        {
            all.Add((Text(name), Text(value)));
        }

        return all;
    }

    private static async Task<bool> SetAsync(
        RawPeer peer, string name, string filter, string target, bool keyByTopic = false)
    {
        Frame frame = await peer.BindAsync(name, filter, target, BindingTarget.Queue, keyByTopic);
        Assert.True(frame.Header.Kind == FrameKind.Reply, frame.Header.Kind == FrameKind.Error ? frame.Message : "no reply");
        Assert.True(BindingSetReply.TryRead(frame.Body, out BindingSetReply reply));
        return reply.Created;
    }

    private static async Task<List<(string Name, ulong Taken, ulong Refused)>> ListAsync(
        RawPeer peer, string prefix = "", uint limit = 100)
    {
        List<(string, ulong, ulong)> all = [];
        byte[] cursor = [];
        do
        {
            Frame frame = await peer.AskAsync(Opcode.BindingList, 3, buffer =>
                new ScanRequest { Limit = limit, Cursor = cursor, Prefix = TopicPeer.Bytes(prefix) }.Write(buffer));
            Assert.True(BindingListReply.TryRead(frame.Body, out BindingListReply page));
            cursor = page.Cursor.ToArray();
            while (page.TryTake(out BindingListItem item))
            {
                all.Add((Text(item.Name), item.Taken, item.Refused));
            }
        }
        while (cursor.Length > 0);
        return all;
    }

    private static async Task<long> DeleteAsync(RawPeer peer, string name)
    {
        Frame frame = await peer.AskAsync(Opcode.BindingDelete, 3, buffer => buffer.WriteUtf8(name));
        Assert.True(CountReply.TryRead(frame.Body, out CountReply reply));
        return reply.Count;
    }
}
