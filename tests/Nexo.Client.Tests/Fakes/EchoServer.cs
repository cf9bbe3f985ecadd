using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Nexo.Protocol;

namespace Nexo.Client.Tests;

/// <summary>A small real store behind the protocol: GET, SET, INCREMENT and PING, a queue that never ends, and topics whose subscriber
/// gets as many messages as it pays for; each batch of requests is answered at once.</summary>
internal sealed class EchoServer : IDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly ConcurrentDictionary<string, byte[]> _values = new();
    private readonly List<Socket> _sockets = [];
    private readonly byte[] _message = new byte[64];
    private uint _consumer;
    private uint _subscriber;
    private ulong _lastId;

    public EchoServer(int inFlightMax = 256)
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        Url = $"nexo://127.0.0.1:{((IPEndPoint)_listener.LocalEndPoint!).Port}";
        Hello = FakeServer.DefaultHello with { InFlightMax = (uint)inFlightMax };
        _ = AcceptAsync();
    }

    public string Url { get; }

    public int Reads { get; private set; }

    /// <summary>Requests that acked something.</summary>
    public int Acks { get; private set; }

    public int Notices { get; private set; }

    private HelloReply Hello { get; }

    /// <summary>Cuts every connection.</summary>
    public void DropAll()
    {
        lock (_sockets)
        {
            _sockets.ForEach(socket => socket.Dispose());
            _sockets.Clear();
        }
    }

    public void Dispose()
    {
        _listener.Dispose();
        DropAll();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                Socket socket = await _listener.AcceptAsync();
                socket.NoDelay = true;
                lock (_sockets)
                {
                    _sockets.Add(socket);
                }

                _ = ServeAsync(socket);
            }
        }
        catch (SocketException)
        {
            // Disposed.
        }
        catch (ObjectDisposedException)
        {
            // Disposed.
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        using var answers = new FrameBuffer();
        byte[] buffer = new byte[1 << 20];
        int end = 0;
        int start = ProtocolVersion.Preface.Length;
        try
        {
            while (await socket.ReceiveAsync(buffer.AsMemory(end)) is > 0 and int count)
            {
                Reads++;
                end += count;
                while (start <= end
                    && FrameHeader.TryRead(buffer.AsSpan(start, end - start), 1 << 20, out FrameHeader header)
                    == FrameStatus.Complete)
                {
                    Answer(header, buffer.AsSpan(start + FrameHeader.Size, header.TotalSize - FrameHeader.Size),
                        answers);
                    start += header.TotalSize;
                }

                buffer.AsSpan(start, end - start).CopyTo(buffer);
                end -= start;
                start = 0;
                await socket.SendAsync(answers.Written);
                answers.Clear();
            }
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // Dropped.
        }
    }

    private void Answer(in FrameHeader header, ReadOnlySpan<byte> body, FrameBuffer answers)
    {
        if (header.Opcode == Opcode.Hello)
        {
            Hello.WriteFrame(answers, header.Correlation);
            return;
        }

        if (header.Kind == FrameKind.Notice)
        {
            Notices++;
            if (header.Opcode == Opcode.Credit && header.Correlation == _subscriber && CreditNotice.TryRead(body, out CreditNotice credit))
            {
                Deliver(credit.Credits, answers);
            }

            return;
        }

        if (header.Opcode.IsTopic())
        {
            AnswerTopic(header, body, answers);
            return;
        }

        if (header.Opcode.IsQueue())
        {
            AnswerQueue(header, body, answers);
            return;
        }

        answers.Begin(header.Opcode, FrameKind.Reply, header.Correlation);
        if (header.Opcode == Opcode.StoreGet)
        {
            if (_values.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(Key(body, stackalloc char[64]),
                out byte[]? value))
            {
                answers.WriteUInt64(1);
                answers.Write(value);
            }
        }
        else if (header.Opcode == Opcode.StoreSet)
        {
            Assert.True(SetRequest.TryRead(body, out SetRequest request));
            Span<char> scratch = stackalloc char[64];
            ReadOnlySpan<char> key = Key(request.Key, scratch);
            var lookup = _values.GetAlternateLookup<ReadOnlySpan<char>>();
            if (lookup.TryGetValue(key, out byte[]? old) && old.Length == request.Value.Length)
            {
                request.Value.CopyTo(old);
            }
            else
            {
                lookup[key] = request.Value.ToArray();
            }

            SetReply.WriteFixed(answers, stored: true, previousFound: false, version: 1);
        }

        answers.End();
    }

    private void AnswerQueue(in FrameHeader header, ReadOnlySpan<byte> body, FrameBuffer answers)
    {
        uint deliveries = 0;
        answers.Begin(header.Opcode, FrameKind.Reply, header.Correlation);
        if (header.Opcode == Opcode.QueuePush)
        {
            new QueuePushReply(PushOutcome.Accepted, 1).Write(answers);
        }
        else if (header.Opcode == Opcode.QueueConsume)
        {
            Assert.True(QueueConsumeRequest.TryRead(body, out QueueConsumeRequest consume));
            _consumer = header.Correlation;
            deliveries = consume.Credits;
        }
        else
        {
            Assert.True(QueueAckRequest.TryRead(body, out QueueAckRequest ack));
            deliveries = ack.Leases.Count;
            Acks++;
            PerItemReply.WriteStart(answers, deliveries);
            for (uint i = 0; i < deliveries; i++)
            {
                PerItemReply.WriteItem(answers, ErrorCode.None);
            }
        }

        answers.End();
        if (deliveries == 0)
        {
            return;
        }

        answers.Begin(Opcode.QueueConsume, FrameKind.Push, _consumer);
        DeliveryList.WriteStart(answers, deliveries);
        for (uint i = 0; i < deliveries; i++)
        {
            new DeliveredMessage { MessageId = ++_lastId, Lease = 1, Attempt = 1, Body = _message }.Write(answers);
        }

        answers.End();
    }

    private void AnswerTopic(in FrameHeader header, ReadOnlySpan<byte> body, FrameBuffer answers)
    {
        answers.Begin(header.Opcode, FrameKind.Reply, header.Correlation);
        if (header.Opcode == Opcode.TopicPublish)
        {
            new TopicPublishReply(1, 0).Write(answers);
            answers.End();
            return;
        }

        Assert.True(TopicSubscribeRequest.TryRead(body, out TopicSubscribeRequest subscribe));
        _subscriber = header.Correlation;
        answers.End();
        Deliver(subscribe.Credits, answers);
    }

    private void Deliver(uint messages, FrameBuffer answers)
    {
        for (; messages > 0; messages -= Math.Min(messages, 64))
        {
            answers.Begin(Opcode.TopicSubscribe, FrameKind.Push, _subscriber);
            TopicPush.WriteStart(answers, 0, Math.Min(messages, 64));
            for (uint i = 0; i < Math.Min(messages, 64); i++)
            {
                new PublishedMessage { Topic = "rooms/kitchen"u8, Body = _message }.Write(answers);
            }

            answers.End();
        }
    }

    private static ReadOnlySpan<char> Key(ReadOnlySpan<byte> bytes, Span<char> scratch) =>
        scratch[..System.Text.Encoding.UTF8.GetChars(bytes, scratch)];
}
