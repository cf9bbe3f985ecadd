using System.Text;
using Nexo.Protocol;

namespace Nexo.EndToEnd.Tests.Native;

/// <summary>What a consumer got.</summary>
internal sealed record Delivery(
    ulong Id, ulong Lease, uint Attempt, string Body, string Group, byte Priority, long LeaseEndsAt, byte[] Headers);

/// <summary>The queue requests that tests make over a raw connection.</summary>
internal static class QueuePeer
{
    public static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    /// <summary>Writes one PUSH.</summary>
    public static void Push(
        FrameBuffer buffer, uint correlation, string queue, string body, byte priority = 0, string? group = null)
    {
        buffer.Begin(Opcode.QueuePush, FrameKind.Request, correlation);
        var message = new PushedMessage
        {
            Priority = priority,
            Parts = group is null ? PushParts.None : PushParts.Group,
            Group = Bytes(group ?? string.Empty),
            Body = Bytes(body),
        };
        new QueuePushRequest { Queue = Bytes(queue), Message = message }.Write(buffer);
        buffer.End();
    }

    /// <summary>Pushes one message and says its id.</summary>
    public static async Task<ulong> PushAsync(this RawPeer peer, string queue, string body, byte priority = 0)
    {
        await peer.SendAsync(buffer => Push(buffer, 1, queue, body, priority));
        return Pushed(await peer.ReadAsync()).MessageId;
    }

    /// <summary>Pushes all and waits for all answers.</summary>
    public static async Task PushAllAsync(this RawPeer peer, string queue, params IReadOnlyList<string> bodies)
    {
        await peer.SendAsync(buffer =>
        {
            for (int i = 0; i < bodies.Count; i++)
            {
                Push(buffer, (uint)i, queue, bodies[i]);
            }
        });
        for (int i = 0; i < bodies.Count; i++)
        {
            Frame frame = await peer.ReadAsync();
            Assert.Equal((uint)i, frame.Header.Correlation);
            Pushed(frame);
        }
    }

    public static QueuePushReply Pushed(Frame frame)
    {
        Assert.True(frame.Header.Kind == FrameKind.Reply, frame.Header.Kind == FrameKind.Error ? frame.Message : "no reply");
        Assert.True(QueuePushReply.TryRead(frame.Body, out QueuePushReply reply));
        return reply;
    }

    /// <summary>Opens a subscription and waits for its answer.</summary>
    public static async Task ConsumeAsync(
        this RawPeer peer, uint correlation, string queue, uint credits, ConsumeOptions options = ConsumeOptions.None)
    {
        Frame frame = await peer.AskAsync(
            Opcode.QueueConsume, correlation, buffer => Consume(buffer, queue, credits, options));
        Assert.Equal((Opcode.QueueConsume, FrameKind.Reply), (frame.Header.Opcode, frame.Header.Kind));
    }

    public static void Consume(FrameBuffer buffer, string queue, uint credits, ConsumeOptions options = default) =>
        new QueueConsumeRequest { Queue = Bytes(queue), Credits = credits, Options = options }.Write(buffer);

    /// <summary>Reads pushes until so many messages have come.</summary>
    public static async Task<List<Delivery>> ReadDeliveriesAsync(this RawPeer peer, int count)
    {
        List<Delivery> all = [];
        while (all.Count < count)
        {
            Frame frame = await peer.ReadAsync();
            Assert.Equal((Opcode.QueueConsume, FrameKind.Push), (frame.Header.Opcode, frame.Header.Kind));
            all.AddRange(Deliveries(frame));
        }

        Assert.Equal(count, all.Count);
        return all;
    }

    public static List<Delivery> Deliveries(Frame frame)
    {
        Assert.True(DeliveryList.TryRead(frame.Body, out DeliveryList list));
        List<Delivery> all = [];
        while (list.TryTake(out DeliveredMessage message))
        {
            all.Add(new Delivery(
                message.MessageId,
                message.Lease,
                message.Attempt,
                Encoding.UTF8.GetString(message.Body),
                Encoding.UTF8.GetString(message.Group),
                message.Priority,
                message.LeaseEndsAt,
                message.Headers.ToArray()));
        }

        return all;
    }

    /// <summary>Gives more credits.</summary>
    public static Task CreditAsync(this RawPeer peer, uint correlation, uint credits) =>
        peer.SendAsync(buffer => new CreditNotice(credits).WriteFrame(buffer, correlation));

    public static Task NoticeAsync(this RawPeer peer, Opcode opcode, uint correlation) => peer.SendAsync(buffer =>
    {
        buffer.Begin(opcode, FrameKind.Notice, correlation);
        buffer.End();
    });

    /// <summary>Acks messages and says what became of each.</summary>
    public static async Task<List<ErrorCode>> AckAsync(
        this RawPeer peer, string queue, params IEnumerable<Delivery> deliveries)
    {
        Delivery[] all = [.. deliveries];
        Frame frame = await peer.AskAsync(Opcode.QueueAck, 2, buffer => Ack(buffer, queue, all));
        return Codes(frame);
    }

    public static void Ack(FrameBuffer buffer, string queue, IReadOnlyCollection<Delivery> deliveries)
    {
        QueueAckRequest.WriteStart(buffer, Bytes(queue), (uint)deliveries.Count);
        foreach (Delivery delivery in deliveries)
        {
            LeaseList.WriteItem(buffer, delivery.Id, delivery.Lease);
        }
    }

    /// <summary>Gives a message back.</summary>
    public static async Task<ErrorCode> NackAsync(
        this RawPeer peer, string queue, Delivery delivery, NackAction action = NackAction.Now, string reason = "")
    {
        Frame frame = await peer.AskAsync(Opcode.QueueNack, 2, buffer =>
        {
            QueueNackRequest.WriteStart(buffer, action, delayMs: 0, Bytes(queue), Bytes(reason), count: 1);
            LeaseList.WriteItem(buffer, delivery.Id, delivery.Lease);
        });
        return Codes(frame).Single();
    }

    public static List<ErrorCode> Codes(Frame frame)
    {
        Assert.True(frame.Header.Kind == FrameKind.Reply, frame.Header.Kind == FrameKind.Error ? frame.Message : "no reply");
        Assert.True(PerItemReply.TryRead(frame.Body, out PerItemReply reply));
        List<ErrorCode> codes = [];
        while (reply.TryTake(out ErrorCode code))
        {
            codes.Add(code);
        }

        return codes;
    }

    /// <summary>Declares a queue with options that are numbers.</summary>
    public static Task<Frame> DeclareAsync(
        this RawPeer peer, string queue, params (QueueOptionTag Tag, ulong Value)[] options) =>
        peer.AskAsync(Opcode.QueueDeclare, 3, buffer =>
        {
            QueueDeclareRequest.WriteStart(buffer, Bytes(queue));
            foreach ((QueueOptionTag tag, ulong value) in options)
            {
                QueueOptionFields.Write(buffer, tag, value);
            }
        });

    /// <summary>One figure of a queue.</summary>
    public static async Task<long> StatAsync(this RawPeer peer, string queue, QueueStat wanted)
    {
        Frame frame = await peer.AskAsync(Opcode.QueueStats, 4, buffer => buffer.Write(Bytes(queue)));
        Assert.True(QueueStatsReply.TryRead(frame.Body, out QueueStatsReply reply));
        long found = -1;
        while (reply.TryTake(out QueueStat stat, out ulong value))
        {
            found = stat == wanted ? (long)value : found;
        }

        return found;
    }

    /// <summary>Asks for messages; the answer is read later.</summary>
    public static Task BeginPullAsync(
        this RawPeer peer, uint correlation, string queue, uint waitMs, uint messagesMax = 10) =>
        peer.RequestAsync(Opcode.QueuePull, correlation, buffer => new QueuePullRequest
        {
            Queue = Bytes(queue),
            WaitMs = waitMs,
            MessagesMax = messagesMax,
        }.Write(buffer));
}
