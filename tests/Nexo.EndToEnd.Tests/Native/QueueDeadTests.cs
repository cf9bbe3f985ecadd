using System.Buffers.Binary;
using System.Text;
using Nexo.Protocol;

namespace Nexo.EndToEnd.Tests.Native;

/// <summary>Dead letters over the wire.</summary>
public sealed class QueueDeadTests
{
    [Fact]
    public async Task A_dead_letter_is_kept_with_what_became_of_it()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer peer = await RawPeer.GreetAsync(server);
        await KillAsync(peer, "broken", "one", "two");
        Frame frame = await peer.AskAsync(
            Opcode.QueueDeadList, 5, buffer => QueueDeadListRequest.WriteStart(buffer, 0, 10, default, "jobs"u8));
        Assert.True(KeptMessagePage.TryRead(frame.Body, out KeptMessagePage page));
        Assert.True(page.Cursor.IsEmpty);
        List<(string, DeadCause, string, string, uint)> letters = [];
        while (page.TryTake(out KeptMessage letter))
        {
            Assert.True(letter.DiedAt >= letter.EnqueuedAt && letter.EnqueuedAt > 0);
            letters.Add((
                Encoding.UTF8.GetString(letter.Body),
                letter.Cause,
                Encoding.UTF8.GetString(letter.Source),
                Encoding.UTF8.GetString(letter.Reason),
                letter.Attempts));
        }

        Assert.Equal(
            [
                ("one", DeadCause.Rejected, "jobs", "broken", 1u), ("two", DeadCause.Rejected, "jobs", "broken", 1u),
            ],
            letters);
    }

    [Fact]
    public async Task Dead_letters_are_counted_redriven_and_deleted_as_the_filter_says()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer peer = await RawPeer.GreetAsync(server);
        await KillAsync(peer, "time-out of the bank", "a", "b");
        await KillAsync(peer, "no such address", "c", "d", "e");

        Assert.Equal(5, await SelectAsync(peer, Opcode.QueueDeadCount, string.Empty));
        Assert.Equal(2, await SelectAsync(peer, Opcode.QueueDeadCount, "bank"));
        Assert.Equal(2, await RedriveAsync(peer, "bank"));
        Assert.Equal(3, await SelectAsync(peer, Opcode.QueueDeadDelete, "address"));

        await peer.BeginPullAsync(7, "jobs", waitMs: 0);
        List<Delivery> came = QueuePeer.Deliveries(await peer.ReadAsync());
        Assert.Equal([("a", 1u), ("b", 1u)], came.Select(delivery => (delivery.Body, delivery.Attempt)));
        Assert.Equal(0, await peer.StatAsync("jobs", QueueStat.Dead));
    }

    [Fact]
    public async Task A_redrive_with_a_rate_takes_its_time_and_can_be_cancelled()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer peer = await RawPeer.GreetAsync(server);
        await KillAsync(peer, "broken", [.. Enumerable.Range(0, 100).Select(i => $"{i}")]);
        await peer.RequestAsync(
            Opcode.QueueDeadRedrive, 5, buffer => QueueDeadRedriveRequest.WriteStart(buffer, 1, 0, "jobs"u8, default));
        await Poll.UntilAsync(() => server.Native.Queues.Totals.Ready > 0);
        await peer.NoticeAsync(Opcode.Cancel, 5);
        Frame cancelled = await peer.ReadAsync();

        Assert.Equal((5u, ErrorCode.Cancelled), (cancelled.Header.Correlation, cancelled.Code));
        Assert.InRange(server.Native.Queues.Totals.Ready, 1, 50);
        Assert.Equal(100, server.Native.Queues.Totals.Ready + server.Native.Queues.Totals.Dead);
    }

    [Fact]
    public async Task A_redrive_wakes_the_consumers_of_its_target()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer peer = await RawPeer.GreetAsync(server);
        using RawPeer consumer = await RawPeer.GreetAsync(server);
        await KillAsync(peer, "broken", [.. Enumerable.Range(0, 1_000).Select(i => $"{i}")]);
        await peer.DeclareAsync("again");
        await consumer.ConsumeAsync(7, "again", credits: 2_000);
        await peer.RequestAsync(
            Opcode.QueueDeadRedrive, 5, buffer => QueueDeadRedriveRequest.WriteStart(buffer, 0, 0, "jobs"u8, "again"u8));

        List<Delivery> came = await consumer.ReadDeliveriesAsync(1_000);

        Assert.Equal(Enumerable.Range(0, 1_000).Select(i => $"{i}"), came.Select(delivery => delivery.Body));
        Assert.True(CountReply.TryRead((await peer.ReadAsync()).Body, out CountReply moved) && moved.Count == 1_000);
    }

    [Fact]
    public async Task A_redrive_to_a_queue_that_becomes_full_says_how_far_it_came()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer peer = await RawPeer.GreetAsync(server);
        await KillAsync(peer, "broken", "a", "b", "c");
        await peer.DeclareAsync("small", (QueueOptionTag.MessagesMax, 2));
        Frame frame = await peer.AskAsync(
            Opcode.QueueDeadRedrive, 5, buffer => QueueDeadRedriveRequest.WriteStart(buffer, 0, 0, "jobs"u8, "small"u8));

        Assert.Equal(ErrorCode.QueueFull, frame.Code);
        Assert.True(ErrorBody.TryRead(frame.Body, out ErrorBody error));
        Assert.Equal(2, BinaryPrimitives.ReadInt64LittleEndian(error.Detail));
        Assert.Equal((1L, 2L), (await peer.StatAsync("jobs", QueueStat.Dead), await peer.StatAsync("small", QueueStat.Ready)));
    }

    [Fact]
    public async Task A_filter_that_is_not_known_as_a_whole_does_nothing()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer peer = await RawPeer.GreetAsync(server);
        await KillAsync(peer, "broken", "a");
        Frame frame = await peer.AskAsync(Opcode.QueueDeadDelete, 5, buffer =>
        {
            QueueDeadSelectRequest.WriteStart(buffer, "jobs"u8);
            DeadFilterFields.WriteReasonText(buffer, "broken"u8);
            buffer.WriteUInt16(77);
            buffer.WriteUInt16(0);
        });

        Assert.Equal(ErrorCode.OptionUnknown, frame.Code);
        Assert.Equal(1, await peer.StatAsync("jobs", QueueStat.Dead));
    }

    /// <summary>Pushes messages and makes them dead letters.</summary>
    private static async Task KillAsync(RawPeer peer, string reason, params IReadOnlyList<string> bodies)
    {
        await peer.PushAllAsync("jobs", bodies);
        await peer.BeginPullAsync(7, "jobs", waitMs: 0, messagesMax: (uint)bodies.Count);
        List<Delivery> had = QueuePeer.Deliveries(await peer.ReadAsync());
        Frame frame = await peer.AskAsync(Opcode.QueueDeadLetter, 8, buffer =>
        {
            QueueDeadLetterRequest.WriteStart(buffer, "jobs"u8, QueuePeer.Bytes(reason), (uint)had.Count);
            had.ForEach(delivery => LeaseList.WriteItem(buffer, delivery.Id, delivery.Lease));
        });
        Assert.All(QueuePeer.Codes(frame), code => Assert.Equal(ErrorCode.None, code));
        Assert.Equal(bodies.Count, had.Count);
    }

    private static async Task<long> SelectAsync(RawPeer peer, Opcode opcode, string text)
    {
        Frame frame = await peer.AskAsync(opcode, 5, buffer =>
        {
            QueueDeadSelectRequest.WriteStart(buffer, "jobs"u8);
            if (text.Length > 0)
            {
                DeadFilterFields.WriteReasonText(buffer, QueuePeer.Bytes(text));
            }
        });
        Assert.True(CountReply.TryRead(frame.Body, out CountReply count));
        return count.Count;
    }

    private static async Task<long> RedriveAsync(RawPeer peer, string text)
    {
        Frame frame = await peer.AskAsync(Opcode.QueueDeadRedrive, 5, buffer =>
        {
            QueueDeadRedriveRequest.WriteStart(buffer, 0, 0, "jobs"u8, default);
            DeadFilterFields.WriteReasonText(buffer, QueuePeer.Bytes(text));
        });
        Assert.True(CountReply.TryRead(frame.Body, out CountReply moved));
        return moved.Count;
    }
}
