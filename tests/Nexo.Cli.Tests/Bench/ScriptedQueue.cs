using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Nexo.Protocol;

namespace Nexo.Cli.Tests.Bench;

/// <summary>Queues of a few lines, without leases that end or a disk; they misbehave where a test tells them to.</summary>
internal sealed class ScriptedQueue : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentBag<Task> _serving = [];
    private readonly Lock _gate = new();
    private readonly Dictionary<string, ScriptedMessages> _queues = [];
    private readonly List<string> _deleted = [];
    private readonly Task _accepting;
    private long _pushed;

    public ScriptedQueue()
    {
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public string Url => $"nexo://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";

    /// <summary>What becomes of a message, by its number from 1: a code refuses it.</summary>
    public Func<long, ErrorCode>? Fails { get; init; }

    /// <summary>How often a message is delivered, by its number; 0: it is lost.</summary>
    public Func<long, int> Deliveries { get; init; } = _ => 1;

    /// <summary>The code that settling a message gets, by its number.</summary>
    public Func<long, ErrorCode> Settles { get; init; } = _ => ErrorCode.None;

    /// <summary>The headers that messages are delivered with.</summary>
    public byte[] Headers { get; init; } = [];

    /// <summary>What is delivered instead of a body.</summary>
    public Func<byte[], byte[]> Body { get; init; } = body => body;

    /// <summary>What is asked of the client before a push is answered.</summary>
    public bool Pings { get; init; }

    /// <summary>Bytes that leave in one packet; 0: all at once.</summary>
    public int PieceBytes { get; init; }

    /// <summary>Called with the number of every message before it is answered; may take its time.</summary>
    public Func<long, CancellationToken, Task> Before { get; init; } = (_, _) => Task.CompletedTask;

    /// <summary>Called before a push is answered while there are consumers; may take its time.</summary>
    public Func<CancellationToken, Task> BeforeBesideConsumers { get; init; } = _ => Task.CompletedTask;

    public int PingsAnswered { get; private set; }

    /// <summary>Queues that were deleted.</summary>
    public IReadOnlyList<string> Deleted => _deleted;

    public IReadOnlyCollection<string> Queues => _queues.Keys;

    /// <summary>The durability that queues were declared with.</summary>
    public Durability Durability { get; private set; }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _accepting;
        await Task.WhenAll(_serving);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _serving.Add(ServeAsync(await _listener.AcceptSocketAsync(_stop.Token)));
            }
        }
        catch (Exception stopped)
            when (stopped is OperationCanceledException or InvalidOperationException or SocketException)
        {
            // The test is over.
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        using var connection = new ScriptedConnection(socket, _gate, PieceBytes);
        byte[] buffer = new byte[4 * 1_024 * 1_024];
        byte[] preface = new byte[ProtocolVersion.Preface.Length];
        int count = 0;
        try
        {
            for (int got = 0; got < preface.Length;)
            {
                got += await socket.ReceiveAsync(preface.AsMemory(got), _stop.Token);
            }

            while (await socket.ReceiveAsync(buffer.AsMemory(count), _stop.Token) is > 0 and int received)
            {
                count = await AnswerAsync(connection, buffer, count + received);
            }
        }
        catch (Exception gone) when (gone is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The client has what it wanted, or the test is over.
        }
    }

    // Returns how many bytes of a cut frame are left, moved to the front.
    private async Task<int> AnswerAsync(ScriptedConnection connection, byte[] buffer, int count)
    {
        int at = 0;
        HashSet<ScriptedConnection> touched = [connection];
        while (FrameHeader.TryRead(buffer.AsSpan(at, count - at), buffer.Length, out FrameHeader header)
            == FrameStatus.Complete)
        {
            if (header.Opcode == Opcode.QueuePush)
            {
                await Before(_pushed + 1, _stop.Token);
                await (HasConsumers() ? BeforeBesideConsumers(_stop.Token) : Task.CompletedTask);
            }

            lock (_gate)
            {
                Answer(connection, header, buffer.AsSpan((at + FrameHeader.Size)..(at + header.TotalSize)), touched);
            }

            at += header.TotalSize;
        }

        foreach (ScriptedConnection each in touched)
        {
            await each.FlushAsync(_stop.Token);
        }

        buffer.AsSpan(at, count - at).CopyTo(buffer);
        return count - at;
    }

    private bool HasConsumers()
    {
        lock (_gate)
        {
            return _queues.Values.Any(queue => queue.HasConsumers);
        }
    }

    private void Answer(
        ScriptedConnection from, FrameHeader request, ReadOnlySpan<byte> body, HashSet<ScriptedConnection> touched)
    {
        switch (request.Opcode)
        {
            case Opcode.Hello:
                ScriptedServer.Hello.WriteFrame(from.Pending, request.Correlation);
                return;
            case Opcode.Ping:
                PingsAnswered++;
                return;
            case Opcode.QueuePush when QueuePushRequest.TryRead(body, out QueuePushRequest push):
                Push(from, request, push);
                break;
            case Opcode.QueuePushBatch when QueuePushBatchRequest.TryRead(body, out QueuePushBatchRequest batch):
                PushMany(from, request, batch);
                break;
            case Opcode.QueueConsume when QueueConsumeRequest.TryRead(body, out QueueConsumeRequest consume):
                Empty(from.Pending, request);
                Of(consume.Queue).Add(from, request.Correlation, consume.Credits);
                break;
            case Opcode.QueueAck when QueueAckRequest.TryRead(body, out QueueAckRequest ack):
                Settle(from, request, ack);
                break;
            default:
                Administer(from, request, body);
                break;
        }

        foreach (ScriptedMessages queue in _queues.Values)
        {
            queue.Deliver(this, touched);
        }
    }

    private void Administer(ScriptedConnection from, FrameHeader request, ReadOnlySpan<byte> body)
    {
        FrameBuffer buffer = from.Pending;
        buffer.Begin(request.Opcode, FrameKind.Reply, request.Correlation);
        switch (request.Opcode)
        {
            case Opcode.QueueDeclare when QueueDeclareRequest.TryRead(body, out QueueDeclareRequest declare):
                Of(declare.Name);
                declare.Options.TryTake(out _, out ulong durability, out _);
                Durability = (Durability)durability;
                QueueDeclareReply.WriteStart(buffer, created: true, revision: 1);
                break;
            case Opcode.QueueDelete when QueueDeleteRequest.TryRead(body, out QueueDeleteRequest delete):
                _deleted.Add(Encoding.UTF8.GetString(delete.Name));
                _queues.Remove(Encoding.UTF8.GetString(delete.Name));
                buffer.WriteInt64(0);
                break;
            case Opcode.QueueStats:
                QueueStatsReply.WriteStart(buffer, 1);
                QueueStatsReply.WriteItem(buffer, QueueStat.Ready, (ulong)Of(body).Waiting);
                break;
            case Opcode.Info:
                InfoReply.Write(buffer, [new("server.cpu_ms", "10"), new("server.resident_bytes", "1000000")]);
                break;
            default:
                buffer.Abandon();
                ErrorBody.WriteFrame(
                    buffer, request.Opcode, FrameKind.Error, request.Correlation, ErrorCode.UnknownOpcode, "not scripted");
                return;
        }

        buffer.End();
    }

    private void Push(ScriptedConnection from, FrameHeader request, QueuePushRequest push)
    {
        if (Pings)
        {
            from.Pending.Begin(Opcode.Ping, FrameKind.Request, 7);
            from.Pending.End();
        }

        ErrorCode code = Take(push.Queue, push.Message.Body, out ulong id);
        if (code != ErrorCode.None)
        {
            ErrorBody.WriteFrame(
                from.Pending, request.Opcode, FrameKind.Error, request.Correlation, code, "as scripted");
            return;
        }

        from.Pending.Begin(request.Opcode, FrameKind.Reply, request.Correlation);
        new QueuePushReply(PushOutcome.Accepted, id).Write(from.Pending);
        from.Pending.End();
    }

    private void PushMany(ScriptedConnection from, FrameHeader request, QueuePushBatchRequest batch)
    {
        from.Pending.Begin(request.Opcode, FrameKind.Reply, request.Correlation);
        QueuePushBatchReply.WriteStart(from.Pending, batch.Count);
        while (batch.TryTake(out PushedMessage message))
        {
            ErrorCode code = Take(batch.Queue, message.Body, out ulong id);
            QueuePushBatchReply.WriteItem(
                from.Pending, code, code == ErrorCode.None ? new QueuePushReply(PushOutcome.Accepted, id) : default);
        }

        from.Pending.End();
    }

    private ErrorCode Take(ReadOnlySpan<byte> queue, ReadOnlySpan<byte> body, out ulong id)
    {
        id = (ulong)++_pushed;
        ErrorCode code = Fails?.Invoke(_pushed) ?? ErrorCode.None;
        for (int i = 0; code == ErrorCode.None && i < Deliveries(_pushed); i++)
        {
            Of(queue).Add(id, body.ToArray());
        }

        return code;
    }

    private void Settle(ScriptedConnection from, FrameHeader request, QueueAckRequest ack)
    {
        from.Pending.Begin(request.Opcode, FrameKind.Reply, request.Correlation);
        PerItemReply.WriteStart(from.Pending, ack.Leases.Count);
        while (ack.Leases.TryTake(out ulong id, out ulong lease))
        {
            bool forged = lease != ScriptedServer.LeaseOf(id);
            PerItemReply.WriteItem(from.Pending, forged ? ErrorCode.LeaseLost : Settles((long)id));
            Of(ack.Queue).GiveCredit(from);
        }

        from.Pending.End();
    }

    private ScriptedMessages Of(ReadOnlySpan<byte> name)
    {
        string text = Encoding.UTF8.GetString(name);
        return _queues.TryGetValue(text, out ScriptedMessages? queue) ? queue : _queues[text] = new ScriptedMessages();
    }

    private static void Empty(FrameBuffer buffer, FrameHeader request)
    {
        buffer.Begin(request.Opcode, FrameKind.Reply, request.Correlation);
        buffer.End();
    }
}
