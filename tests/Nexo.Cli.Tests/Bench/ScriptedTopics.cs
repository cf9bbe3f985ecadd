using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Nexo.Protocol;

namespace Nexo.Cli.Tests.Bench;

/// <summary>Topics of a few lines: everybody gets everything. They misbehave where a test tells them to.</summary>
internal sealed class ScriptedTopics : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentBag<Task> _serving = [];
    private readonly Lock _gate = new();
    private readonly List<ScriptedSubscriber> _subscribers = [];
    private readonly Task _accepting;
    private long _published;

    public ScriptedTopics()
    {
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public string Url => $"nexo://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";

    /// <summary>What becomes of a message, by its number from 1: a code refuses it.</summary>
    public Func<long, ErrorCode> Fails { get; init; } = _ => ErrorCode.None;

    /// <summary>How often the first subscriber gets a message, by its number.</summary>
    public Func<long, int> Deliveries { get; init; } = _ => 1;

    /// <summary>Messages that the first subscriber gets after the one behind them.</summary>
    public Func<long, bool> IsLate { get; init; } = _ => false;

    /// <summary>Whether the first subscriber is told of what it does not get.</summary>
    public bool TellsMissed { get; init; }

    /// <summary>The headers that messages are delivered with.</summary>
    public byte[] Headers { get; init; } = [];

    /// <summary>How many more receivers are told than there are.</summary>
    public int ReceiversTooMany { get; init; }

    /// <summary>What is asked of the client with each push.</summary>
    public bool Pings { get; init; }

    /// <summary>Bytes that leave in one packet; 0: all at once.</summary>
    public int PieceBytes { get; init; }

    /// <summary>Whether confirms are left out.</summary>
    public bool IsMute { get; init; }

    public int PingsAnswered { get; private set; }

    public bool HasConfirmed { get; private set; }

    /// <summary>The topics that were published to.</summary>
    public HashSet<string> Topics { get; } = [];

    /// <summary>The filters of all subscribers.</summary>
    public HashSet<string> Filters { get; } = [];

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
        byte[] buffer = new byte[1_024 * 1_024];
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
        ScriptedConnection[] touched;
        lock (_gate)
        {
            while (FrameHeader.TryRead(buffer.AsSpan(at, count - at), buffer.Length, out FrameHeader header)
                == FrameStatus.Complete)
            {
                Answer(connection, header, buffer.AsSpan((at + FrameHeader.Size)..(at + header.TotalSize)));
                at += header.TotalSize;
            }

            touched = [connection, .. _subscribers.Where(each => each.WritePush(Pings)).Select(each => each.Connection)];
        }

        foreach (ScriptedConnection each in touched)
        {
            await each.FlushAsync(_stop.Token);
        }

        buffer.AsSpan(at, count - at).CopyTo(buffer);
        return count - at;
    }

    private void Answer(ScriptedConnection from, FrameHeader request, ReadOnlySpan<byte> body)
    {
        switch (request.Opcode)
        {
            case Opcode.Hello:
                ScriptedServer.Hello.WriteFrame(from.Pending, request.Correlation);
                break;
            case Opcode.Ping:
                PingsAnswered++;
                break;
            case Opcode.Credit when CreditNotice.TryRead(body, out CreditNotice credit):
                _subscribers.Single(each => each.Connection == from).Credits += credit.Credits;
                break;
            case Opcode.TopicSubscribe when TopicSubscribeRequest.TryRead(body, out TopicSubscribeRequest subscribe):
                Subscribe(from, request, subscribe);
                break;
            case Opcode.TopicPublish when TopicPublishRequest.TryRead(body, out TopicPublishRequest publish):
                Publish(from, request, publish.Message);
                break;
            case Opcode.Info:
                from.Pending.Begin(request.Opcode, FrameKind.Reply, request.Correlation);
                InfoReply.Write(from.Pending, [new("server.cpu_ms", "10"), new("server.resident_bytes", "1000000")]);
                from.Pending.End();
                break;
            default:
                Refuse(from, request, ErrorCode.UnknownOpcode);
                break;
        }
    }

    private void Subscribe(ScriptedConnection from, FrameHeader request, TopicSubscribeRequest subscribe)
    {
        while (subscribe.Filters.TryTake(out ReadOnlySpan<byte> filter))
        {
            Filters.Add(Encoding.UTF8.GetString(filter));
        }

        _subscribers.Add(new ScriptedSubscriber(from, request.Correlation) { Credits = subscribe.Credits });
        from.Pending.Begin(request.Opcode, FrameKind.Reply, request.Correlation);
        from.Pending.End();
    }

    private void Publish(ScriptedConnection from, FrameHeader request, TopicPublication message)
    {
        _published++;
        bool confirmed = request.Kind == FrameKind.Request;
        HasConfirmed |= confirmed;
        ErrorCode code = Fails(_published);
        if (code != ErrorCode.None)
        {
            Refuse(from, request, code);
            return;
        }

        Topics.Add(Encoding.UTF8.GetString(message.Topic));
        byte[] item = new byte[PublishedMessage.Measure(message.Topic.Length, Headers.Length, message.Body.Length)];
        new PublishedMessage { Topic = message.Topic, Headers = Headers, Body = message.Body }.WriteTo(item);
        Deliver(item);
        if (confirmed && !IsMute)
        {
            from.Pending.Begin(request.Opcode, FrameKind.Reply, request.Correlation);
            new TopicPublishReply((uint)(_subscribers.Count + ReceiversTooMany), 0).Write(from.Pending);
            from.Pending.End();
        }
    }

    private void Deliver(byte[] item)
    {
        for (int i = 0; i < _subscribers.Count; i++)
        {
            int times = i == 0 ? Deliveries(_published) : 1;
            bool isLate = i == 0 && IsLate(_published);
            _subscribers[i].Add(item, times, isLate, TellsMissed);
        }
    }

    private static void Refuse(ScriptedConnection from, FrameHeader request, ErrorCode code)
    {
        if (request.Kind == FrameKind.Request)
        {
            ErrorBody.WriteFrame(
                from.Pending, request.Opcode, FrameKind.Error, request.Correlation, code, "as scripted");
            return;
        }

        from.Pending.Begin(Opcode.Report, FrameKind.Notice, 0);
        ReportNotice.WriteStart(from.Pending, request.Opcode, request.Correlation, 1);
        ErrorBody.Write(from.Pending, code, "as scripted");
        from.Pending.End();
    }
}

/// <summary>A subscription of a scripted server, and what is to be pushed to it.</summary>
internal sealed class ScriptedSubscriber(ScriptedConnection connection, uint subscription)
{
    private readonly List<byte[]> _items = [];
    private byte[]? _late;
    private ulong _missed;

    public ScriptedConnection Connection => connection;

    /// <summary>Messages that it may still be sent.</summary>
    public long Credits { get; set; }

    public void Add(byte[] item, int times, bool isLate, bool tellsMissed)
    {
        _missed += times == 0 && tellsMissed ? 1u : 0;
        if (isLate)
        {
            _late = item;
            return;
        }

        _items.AddRange(Enumerable.Repeat(item, times));
        if (_late is not null)
        {
            _items.Add(_late);
            _late = null;
        }
    }

    /// <summary>Writes what there are credits for into one push.</summary>
    /// <returns>Whether there was anything.</returns>
    public bool WritePush(bool ping)
    {
        int count = (int)Math.Min(Credits, _items.Count);
        if (count == 0 && _missed == 0)
        {
            return false;
        }

        if (ping)
        {
            connection.Pending.Begin(Opcode.Ping, FrameKind.Request, 7);
            connection.Pending.End();
        }

        connection.Pending.Begin(Opcode.TopicSubscribe, FrameKind.Push, subscription);
        TopicPush.WriteStart(connection.Pending, _missed, (uint)count);
        _items.Take(count).ToList().ForEach(item => connection.Pending.Write(item));
        connection.Pending.End();
        _items.RemoveRange(0, count);
        Credits -= count;
        _missed = 0;
        return true;
    }
}
