using System.Text;
using Nexo.Protocol;

namespace Nexo.Client.Tests;

/// <summary>A connected client, and a server that hands out messages and takes their settlements.</summary>
public abstract class QueueHarness : StoreCommandHarness
{
    protected const string Name = "emails";

    protected NexoQueue<string> Queue => Client.Queue<string>(Name);

    private protected static readonly QueueConsumeOptions ShortLease = new() { Prefetch = 4, Lease = TimeSpan.FromSeconds(30) };

    private protected static Action<byte[]> NameIs(string expected) => body => Assert.Equal(expected, body.Text());

    /// <summary>A message, as a server gives it.</summary>
    private protected sealed record Given(ulong Id, string Body = "hello", uint Attempt = 1)
    {
        public ulong Lease => Id + 1_000;

        public string? Group { get; init; }

        public byte Priority { get; init; }

        public KeyValuePair<string, string>[] Headers { get; init; } = [];

        public void Write(FrameBuffer buffer, bool settled = false)
        {
            using var headers = new FrameBuffer();
            HeaderBlock.Write(headers, Headers);
            new DeliveredMessage
            {
                MessageId = Id,
                Lease = settled ? 0 : Lease,
                EnqueuedAt = 1_700_000_000_000,
                LeaseEndsAt = 1_700_000_030_000,
                Attempt = Attempt,
                Parts = Group is null ? DeliveryParts.None : DeliveryParts.Group,
                Priority = Priority,
                Group = Encoding.UTF8.GetBytes(Group ?? string.Empty),
                Headers = headers.Written.Span[sizeof(ushort)..],
                Body = Encoding.UTF8.GetBytes(Body),
            }.Write(buffer);
        }
    }

    private protected static Action<FrameBuffer> Deliveries(params Given[] messages) => Deliveries(false, messages);

    private protected static Action<FrameBuffer> Deliveries(bool settled, Given[] messages) => buffer =>
    {
        DeliveryList.WriteStart(buffer, (uint)messages.Length);
        foreach (Given message in messages)
        {
            message.Write(buffer, settled);
        }
    };

    private protected static Task PushAsync(FakePeer peer, ReceivedFrame consume, params Given[] messages) =>
        PushAsync(peer, consume, Deliveries(messages));

    private protected static Task PushAsync(FakePeer peer, ReceivedFrame consume, Action<FrameBuffer> body) =>
        peer.SendAsync(buffer =>
        {
            buffer.Begin(Opcode.QueueConsume, FrameKind.Push, consume.Correlation);
            body(buffer);
            buffer.End();
        });

    private protected static Task EndAsync(FakePeer peer, ReceivedFrame consume, ErrorCode code = ErrorCode.None) =>
        peer.SendAsync(buffer => ErrorBody.WriteFrame(
            buffer, Opcode.QueueConsume, FrameKind.End, consume.Correlation, code, "over"));

    /// <summary>Reads the STOP of a consumption and answers it.</summary>
    private protected static async Task EndWhenStoppedAsync(FakePeer peer, ReceivedFrame consume)
    {
        Assert.Equal(consume.Correlation, (await peer.ReadAsync(Opcode.Stop)).Correlation);
        await EndAsync(peer, consume);
    }

    /// <summary>The ids that a settlement names, checked against the leases that were given.</summary>
    private protected static ulong[] Ids(ReceivedFrame frame)
    {
        LeaseList leases = frame.Opcode switch
        {
            Opcode.QueueAck when QueueAckRequest.TryRead(frame.Body, out QueueAckRequest ack) => ack.Leases,
            Opcode.QueueNack when QueueNackRequest.TryRead(frame.Body, out QueueNackRequest nack) => nack.Leases,
            Opcode.QueueExtend when QueueExtendRequest.TryRead(frame.Body, out QueueExtendRequest extend) => extend.Leases,
            Opcode.QueueDeadLetter when QueueDeadLetterRequest.TryRead(frame.Body, out QueueDeadLetterRequest dead) =>
                dead.Leases,
            _ => throw new InvalidOperationException($"{frame.Opcode} settles nothing"),
        };
        var ids = new List<ulong>();
        while (leases.TryTake(out ulong id, out ulong lease))
        {
            Assert.Equal(id + 1_000, lease);
            ids.Add(id);
        }

        return [.. ids];
    }

    private protected static Action<FrameBuffer> Codes(params ErrorCode[] codes) => buffer =>
    {
        PerItemReply.WriteStart(buffer, (uint)codes.Length);
        foreach (ErrorCode code in codes)
        {
            PerItemReply.WriteItem(buffer, code);
        }
    };

    private protected static Action<FrameBuffer> Extended(long endsAt, params ErrorCode[] codes) => buffer =>
    {
        QueueExtendReply.WriteStart(buffer, (uint)codes.Length);
        foreach (ErrorCode code in codes)
        {
            QueueExtendReply.WriteItem(buffer, code, code == ErrorCode.None ? endsAt : 0);
        }
    };

    /// <summary>Answers a settlement of these messages: all of it worked.</summary>
    private protected static async Task SettleAsync(FakePeer peer, Opcode opcode, params ulong[] ids)
    {
        ReceivedFrame frame = await peer.ReadAsync(opcode);
        Assert.Equal(ids, Ids(frame));
        await peer.ReplyAsync(frame, Codes(new ErrorCode[ids.Length]));
    }

    /// <summary>A consumption that is open, with what it was opened by.</summary>
    private protected async Task<(IAsyncEnumerator<QueueDelivery<string>> Messages, ReceivedFrame Consume)> ConsumeAsync(
        QueueConsumeOptions? options = null, CancellationToken cancel = default, params Given[] first)
    {
        IAsyncEnumerator<QueueDelivery<string>> messages =
            Queue.ConsumeAsync(options ?? ShortLease, cancel).GetAsyncEnumerator(CancellationToken.None);
        Task<bool> moving = messages.MoveNextAsync().AsTask();
        ReceivedFrame consume = await Peer.ReadAsync(Opcode.QueueConsume);
        await Peer.ReplyAsync(consume);
        await PushAsync(Peer, consume, first);
        Assert.True(await moving.WaitAsync(Patience.Limit));
        return (messages, consume);
    }

    private protected static async Task<QueueDelivery<string>> NextAsync(IAsyncEnumerator<QueueDelivery<string>> messages)
    {
        Assert.True(await messages.MoveNextAsync().AsTask().WaitAsync(Patience.Limit));
        return messages.Current;
    }

    private protected static async Task<NexoException> RefusedAsync(ValueTask call, ErrorCode code)
    {
        NexoException error = await Assert.ThrowsAsync<NexoException>(() => call.AsTask().WaitAsync(Patience.Limit));
        Assert.Equal(code, error.Code);
        return error;
    }
}
