using System.Buffers;
using System.Diagnostics;
using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Nexo.Protocol;
using Nexo.Server.Brokers;
using Nexo.Server.Tls;
using Nexo.Server.Transport;

namespace Nexo.Server.Connections;

/// <summary>
/// One client, whatever it speaks: reads what has come, has its protocol handle it (<see cref="Feed"/>), and sends the replies
/// together. Handlers run on the thread that read, so they never block; what takes long goes through <see cref="RunAside"/>,
/// or is pushed by others (<see cref="Post"/>). The other parts of the class are its life (<c>ClientConnection.Life.cs</c>)
/// and what it has to do with log, queues and topics (<c>ClientConnection.Work.cs</c>).
/// </summary>
internal abstract partial class ClientConnection
{
    // Replies leave at the latest when this much has gathered, so one batch never holds many large values.
    private const int BatchBytesMax = 64 * 1_024;

    // A peer that keeps its socket full for this long moves to a pool thread and leaves the reading thread to others.
    private const int FairShareBytes = 256 * 1_024;

    private readonly ConnectionContext _transport;
    private readonly PipeReader _input;
    private readonly Outbox _outbox;
    private readonly FrameBuffer _batch = new();
    private readonly int _largeReadBytes;
    private Broker _broker;
    private HeldReplies? _held;
    private long _requests;
    private long _errors;
    private long _bytesReceived;

    protected ClientConnection(ConnectionContext transport, ClientConnections all, Broker broker)
    {
        _transport = transport;
        _input = transport.Transport.Input;
        All = all;
        _broker = broker;

        // With TLS no read brings more than one of its records has.
        _largeReadBytes = transport.Features.Get<TlsPeer>() is null ? FairShareBytes / 8 : FairShareBytes / 16;
        _outbox = new Outbox(transport.Transport.Output, transport.Transport.Output as SocketOutput, all);
        _held = broker.Persistence.Log is { } log ? new HeldReplies(_outbox, log, this) : null;
        ConnectedAtMs = all.NowMs;
        _receivedAtMs = all.NowMs;
    }

    public abstract ClientProtocol Protocol { get; }

    public long Id { get; set; }

    /// <summary>The connections that it is one of.</summary>
    public ClientConnections All { get; }

    /// <summary>What it is a connection to; another one only when it logs in, see <see cref="TryEnter"/>.</summary>
    public Broker Broker => _broker;

    /// <summary>Replies of the requests that are being handled, not yet sent. Only for the reading thread.</summary>
    public FrameBuffer Replies => _batch;

    /// <summary>What is on its way to the peer.</summary>
    public Outbox Outbox => _outbox;

    /// <summary>Bytes that wait because the peer does not read as fast as it is answered.</summary>
    public int BytesPending => _outbox.BytesPending;

    public EndPoint? RemoteEndPoint => _transport.RemoteEndPoint;

    public string Remote => _transport.RemoteEndPoint?.ToString() ?? "unix socket";

    /// <summary>The address that the client has connected to.</summary>
    public EndPoint? LocalEndPoint => _transport.LocalEndPoint;

    /// <summary>What the client calls itself.</summary>
    public string ClientName { get; protected set; } = string.Empty;

    /// <summary>Who the client has proved to be; empty when nobody is asked.</summary>
    public string User { get; protected set; } = string.Empty;

    /// <summary>The names in the certificate that the client has shown and that is right; empty without one.</summary>
    public IReadOnlyList<string> CertificateNames => _transport.Features.Get<TlsPeer>()?.Names ?? [];

    /// <summary>Its number, who it is and where it is, for lines of logs.</summary>
    public string Title => $"{Id} {User}@{Remote}";

    /// <summary>Whether it came by TLS.</summary>
    public bool IsEncrypted => _transport.Features.Get<TlsPeer>() is not null;

    /// <summary>When it was accepted, by the clock of all connections.</summary>
    public long ConnectedAtMs { get; }

    /// <summary>When something was last received.</summary>
    public long ReceivedAtMs => Interlocked.Read(ref _receivedAtMs);

    /// <summary>True when nothing more should be handled for now: <see cref="Feed"/> returns with what it has taken.</summary>
    protected bool MustPause => _batch.Count >= BatchBytesMax || _isEnding || _aside is not null;

    /// <summary>Ends when the connection has.</summary>
    protected CancellationToken ConnectionClosed => _transport.ConnectionClosed;

    protected PipeReader Input => _input;

    public ConnectionCounters ReadCounters() => new(
        Volatile.Read(ref _requests),
        Volatile.Read(ref _errors) + (_held?.Failed ?? 0),
        Volatile.Read(ref _bytesReceived),
        _outbox.BytesSent);

    /// <summary>Serves the peer until either side ends it. Does not throw.</summary>
    public async Task RunAsync(bool isAdmitted)
    {
        try
        {
            if (!isAdmitted)
            {
                Refuse(ErrorCode.TooManyConnections, "The server has as many connections as connections.max allows.");
            }
            else if (All.IsStopping)
            {
                Refuse(ErrorCode.ShuttingDown, "The server is shutting down.");
            }
            else if ((_held is null && Broker.Persistence.IsOn) || !Broker.All.AreOpen)
            {
                Refuse(ErrorCode.Recovering, $"The server is not ready yet: {Broker.All.Obstacle}.");
            }
            else if (await BeginAsync())
            {
                await ServeAsync();
            }

            await FinishAsync();
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException)
        {
            CloseReason ??= "the peer went away";
        }
        catch (Exception exception) when (exception is UnreachableException or InsufficientMemoryException)
        {
            // The engine may have stopped half-way: to go on would be to give out wrong data.
            Environment.FailFast("The store is no longer consistent.", exception);
        }
        catch (Exception exception)
        {
            All.LogUnexpected(this, exception);
            _transport.Abort();
        }
        finally
        {
            CloseOpen();
            await GiveBackAllAsync();
            _held?.Close();
            await _outbox.CloseAsync();
            await WhenSubscribersGoneAsync();
            DisposeParts();
            GiveBuffersBack();
            LeaveShare();
            _batch.Dispose();
        }
    }

    /// <summary>Waits until the peer has taken what is pending, or the connection has ended.</summary>
    public Task WhenTakenAsync() => _outbox.WhenIdleAsync();

    /// <summary>Sends frames from any thread; <paramref name="frames"/> is empty afterwards.</summary>
    public void Post(FrameBuffer frames) => _outbox.Send(frames);

    /// <summary>A request is being handled. Only for the reading thread.</summary>
    protected void CountRequest() => _requests++;

    /// <summary>Something was answered with an error. Only for the reading thread.</summary>
    protected void CountError() => _errors++;

    /// <summary>What comes before the first request; false: the connection is not to go on.</summary>
    protected virtual ValueTask<bool> BeginAsync() => ValueTask.FromResult(true);

    /// <summary>
    /// Handles requests and says how many bytes were taken, at least one: what is split over two reads the protocol keeps itself.
    /// It stops when <see cref="MustPause"/>, and after some requests, so that others have their turn.
    /// </summary>
    protected abstract int Feed(ReadOnlySpan<byte> bytes);

    /// <summary>What must have ended before anything more is handled, such as a login.</summary>
    protected virtual ValueTask AfterFeedAsync() => ValueTask.CompletedTask;

    private async Task ServeAsync()
    {
        int withoutPause = 0;
        while (!_isEnding)
        {
            ReadResult read = await _input.ReadAsync();
            ReadOnlySequence<byte> buffer = read.Buffer;
            BeginBatch();
            long requests = _requests;
            _receivedAtMs = All.NowMs;
            _bytesReceived += buffer.Length;
            foreach (ReadOnlyMemory<byte> segment in buffer)
            {
                await FeedAsync(segment);
            }

            SendBatch();
            if (_isFanningOut)
            {
                await FinishFanOutAsync();
            }

            EndBatch(buffer);
            if (_pace is { } limits)
            {
                await PaceAsync(limits, _requests - requests);
            }

            withoutPause = buffer.Length < _largeReadBytes ? 0 : withoutPause + (int)buffer.Length;
            _input.AdvanceTo(buffer.End);
            if (read.IsCompleted || read.IsCanceled)
            {
                CloseReason ??= "the peer closed it";
                break;
            }

            if (withoutPause >= FairShareBytes)
            {
                withoutPause = 0;
                await Task.Yield();
            }
        }
    }

    private async ValueTask FeedAsync(ReadOnlyMemory<byte> segment)
    {
        int offset = 0;
        while (offset < segment.Length && !_isEnding)
        {
            offset += Feed(segment.Span[offset..]);
            ValueTask after = AfterFeedAsync();
            if (!after.IsCompletedSuccessfully)
            {
                await OutOfBatchAsync(after.AsTask());
            }

            if (_aside is { } aside)
            {
                await (_asideWaits ? OutOfBatchAsync(RunAsideAsync(aside)) : RunAsideAsync(aside));
                _asideWaits = false;
            }

            if (_batch.Count >= BatchBytesMax)
            {
                SendBatch();
            }

            // Before anything that holds up this client alone: what it has published is for others.
            if (_isFanningOut)
            {
                await FinishFanOutAsync();
            }

            // A client that asks and does not read is held here; the sweep cuts it when it stays so.
            int unsent = _outbox.BytesPending;
            if (!TryBuffer(unsent))
            {
                await OutOfBatchAsync(WaitForMemoryAsync());
            }
            else if (unsent > ReplyBytesMax)
            {
                await SendAllAsync();
                _isHeld = true;
                await OutOfBatchAsync(_outbox.WhenIdleAsync());
                _isHeld = false;
            }

            if (_held is not null && MustWaitForDisk(_held))
            {
                await OutOfBatchAsync(WaitForDiskAsync(_held));
            }
        }
    }

    /// <summary>Sends the replies so far, after what they tell of. Only for the reading thread.</summary>
    protected void SendBatch()
    {
        // Consumers get what this batch has pushed or given back while its answers still wait. One that was opened by the
        // batch itself gets nothing before its own answer has been sent: it has no credits until then.
        RunTopicWork();
        QueueWork.Run();
        if (_isFanningOut && _batchWaits)
        {
            // What its answers tell of is not all logged yet: they leave when it is.
            return;
        }

        if (_held is not null && !_batch.IsEmpty)
        {
            SendWhenDurable(_held);
            return;
        }

        if (!_batch.IsEmpty)
        {
            _outbox.Send(_batch);
        }

        OnBatchSent();
    }
}
