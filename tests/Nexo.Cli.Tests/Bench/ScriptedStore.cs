using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Nexo.Protocol;

namespace Nexo.Cli.Tests.Bench;

/// <summary>A store of a few lines that answers HELLO, GET and SET, and misbehaves where a test tells it to.</summary>
internal sealed class ScriptedStore : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<string, byte[]> _values = new();
    private readonly ConcurrentBag<Task> _serving = [];
    private readonly Task _accepting;
    private long _requests;

    public ScriptedStore()
    {
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public string Url => $"nexo://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";

    /// <summary>Called with the number of every GET and SET, before it is answered; may take its time.</summary>
    public Func<long, CancellationToken, Task>? Before { get; init; }

    /// <summary>Answers with an error where it returns a code for the number of the request.</summary>
    public Func<long, ErrorCode>? Fails { get; init; }

    /// <summary>Changes the correlation of the answer.</summary>
    public Func<uint, uint>? Correlation { get; init; }

    /// <summary>What the server forgets or falsifies when a value is read.</summary>
    public Func<byte[], byte[]?>? Read { get; init; }

    public HelloReply Hello { get; init; } = new()
    {
        Version = ProtocolVersion.V1,
        ServerId = Guid.Empty,
        ServerVersion = "scripted",
        FrameBytesMax = ProtocolVersion.DefaultFrameBytesMax,
        InFlightMax = 1_024,
        KeyBytesMax = 65_536,
        ValueBytesMax = 1_000_000,
        IdleTimeoutMs = 0,
    };

    /// <summary>The token that HELLO must bring; null: none.</summary>
    public string? Token { get; init; }

    public IReadOnlyDictionary<string, byte[]> Values => _values;

    public long Requests => Interlocked.Read(ref _requests);

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
        using (socket)
        using (var replies = new FrameBuffer())
        {
            byte[] buffer = new byte[2 * 1_024 * 1_024];
            int count = -ProtocolVersion.Preface.Length;
            byte[] preface = new byte[-count];
            try
            {
                while (count < 0)
                {
                    count += await socket.ReceiveAsync(preface.AsMemory(preface.Length + count), _stop.Token);
                }

                while (await socket.ReceiveAsync(buffer.AsMemory(count), _stop.Token) is > 0 and int received)
                {
                    count = await AnswerAsync(buffer, count + received, replies);
                    await socket.SendAsync(replies.Written, _stop.Token);
                    replies.Clear();
                }
            }
            catch (Exception gone) when (gone is OperationCanceledException or SocketException)
            {
                // The client has what it wanted, or the test is over.
            }
        }
    }

    // Returns how many bytes of a cut frame are left, moved to the front.
    private async Task<int> AnswerAsync(byte[] buffer, int count, FrameBuffer replies)
    {
        int at = 0;
        while (FrameHeader.TryRead(buffer.AsSpan(at, count - at), buffer.Length, out FrameHeader header)
            == FrameStatus.Complete)
        {
            if (header.Opcode != Opcode.Hello)
            {
                long number = Interlocked.Increment(ref _requests);
                await (Before?.Invoke(number, _stop.Token) ?? Task.CompletedTask);
            }

            Answer(header, buffer.AsSpan((at + FrameHeader.Size)..(at + header.TotalSize)), replies);
            at += header.TotalSize;
        }

        buffer.AsSpan(at, count - at).CopyTo(buffer);
        return count - at;
    }

    private void Answer(FrameHeader request, ReadOnlySpan<byte> body, FrameBuffer replies)
    {
        if (request.Opcode == Opcode.Hello)
        {
            Greet(request, body, replies);
            return;
        }

        uint correlation = Correlation?.Invoke(request.Correlation) ?? request.Correlation;
        if ((Fails?.Invoke(Requests) ?? ErrorCode.None) is not ErrorCode.None and ErrorCode code)
        {
            ErrorBody.WriteFrame(replies, request.Opcode, FrameKind.Error, correlation, code, "as scripted");
            return;
        }

        replies.Begin(request.Opcode, FrameKind.Reply, correlation);
        if (request.Opcode == Opcode.StoreSet && SetRequest.TryRead(body, out SetRequest set))
        {
            _values[System.Text.Encoding.UTF8.GetString(set.Key)] = set.Value.ToArray();
            SetReply.WriteFixed(replies, stored: true, previousFound: false, version: 1);
        }
        else if (_values.TryGetValue(System.Text.Encoding.UTF8.GetString(body), out byte[]? value)
            && (Read is null ? value : Read(value)) is { } found)
        {
            replies.WriteUInt64(1);
            replies.Write(found);
        }

        replies.End();
    }

    private void Greet(FrameHeader request, ReadOnlySpan<byte> body, FrameBuffer replies)
    {
        if (!HelloRequest.TryRead(body, out HelloRequest? hello) || hello?.Token != Token)
        {
            ErrorBody.WriteFrame(
                replies, Opcode.Hello, FrameKind.Error, request.Correlation, ErrorCode.AuthenticationFailed, "wrong token");
            return;
        }

        Hello.WriteFrame(replies, request.Correlation);
    }
}
