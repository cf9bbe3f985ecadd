using System.Diagnostics;
using Nexo.Protocol;

namespace Nexo.Client;

/// <summary>
/// A client of one Nexo server: one connection, which all callers share and which is made again whenever it is lost.
/// Thread-safe; make one and keep it. Requests of concurrent callers travel together.
/// </summary>
public sealed class NexoClient : IAsyncDisposable
{
    private readonly NexoClientOptions _options;
    private readonly NexoUrl _url;
    private readonly Dispatcher _dispatcher;
    private readonly Reconnector _reconnector;

    /// <summary>Creates a client that connects when it is first used.</summary>
    /// <exception cref="ArgumentException">An option cannot work.</exception>
    public NexoClient(NexoClientOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        NexoClientOptionsCheck.Require(options);
        _options = options with { };
        _url = NexoUrl.Parse(options.Url).With(options.Tls);
        _dispatcher = new Dispatcher(_options.TimeProvider, ProbeTimeout, ProbeAsync);
        _reconnector = new Reconnector(
            _options,
            _dispatcher,
            new Connector(_options, _url, _dispatcher),
            OnStateChanged);
        Store = new NexoStore(this, options.Serializer, options.RequestTimeout, Durability.ServerDefault);
        Queues = new NexoQueues(this, options.RequestTimeout);
        Schedules = new NexoSchedules(this, options.Serializer, options.RequestTimeout);
        Streams = new NexoStreams(this, options.RequestTimeout);
        Topics = new NexoTopics(this, options.Serializer, options.RequestTimeout);
        Admin = new NexoAdmin(this, options.RequestTimeout);
        Replies = new ReplyInbox(this);
        TopicReplies = new TopicInbox(this);
        TopicFailures = new TopicFailures(Topics);
        Will = new TopicWill(this, TopicFailures);
        _dispatcher.Reported = TopicFailures.OnReport;
    }

    /// <summary>Raised after each change of <see cref="State"/>, in order, on a thread of the client's.</summary>
    public event EventHandler<NexoStateChangedEventArgs>? StateChanged;

    /// <summary>The Store: keys and their values, counters and hashes.</summary>
    public NexoStore Store { get; }

    /// <summary>The queues together; <see cref="Queue{T}"/> gives one.</summary>
    public NexoQueues Queues { get; }

    /// <summary>The streams together; <see cref="Stream{T}"/> gives one.</summary>
    public NexoStreams Streams { get; }

    /// <summary>Messages that are pushed again and again, by the clock.</summary>
    public NexoSchedules Schedules { get; }

    /// <summary>Pub/Sub: messages to whoever listens at that moment.</summary>
    public NexoTopics Topics { get; }

    /// <summary>What operators do: snapshots and backups.</summary>
    public NexoAdmin Admin { get; }

    /// <summary>Where the client stands with its server.</summary>
    public NexoConnectionState State => _reconnector.State;

    /// <summary>What the server said of itself when it was last connected to; null before.</summary>
    public NexoServerInfo? ServerInfo => _reconnector.Server;

    internal ReplyInbox Replies { get; }

    internal TopicInbox TopicReplies { get; }

    internal TopicFailures TopicFailures { get; }

    internal TopicWill Will { get; }

    internal TimeProvider Time => _options.TimeProvider;

    internal NexoClientOptions Options => _options;

    internal Connection? Connection => _dispatcher.Current;

    private TimeSpan ProbeTimeout =>
        _options.RequestTimeout == Timeout.InfiniteTimeSpan ? TimeSpan.FromSeconds(5) : _options.RequestTimeout;

    /// <summary>Connects to a server.</summary>
    /// <param name="url">As in <see cref="NexoClientOptions.Url"/>.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="NexoException">The server cannot be reached, or refuses.</exception>
    public static ValueTask<NexoClient> ConnectAsync(string url, CancellationToken cancellationToken = default) =>
        ConnectAsync(new NexoClientOptions { Url = url }, cancellationToken);

    /// <summary>Connects to a server.</summary>
    /// <exception cref="NexoException">The server cannot be reached, or refuses.</exception>
    public static async ValueTask<NexoClient> ConnectAsync(
        NexoClientOptions options, CancellationToken cancellationToken = default)
    {
        var client = new NexoClient(options);
        try
        {
            await client.OpenAsync(cancellationToken).ConfigureAwait(false);
            return client;
        }
        catch
        {
            await client.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>A queue whose messages are bytes as they are. Nothing is asked of the server yet.</summary>
    public NexoQueue<ReadOnlyMemory<byte>> Queue(string name) =>
        new(this, name, RawSerializer.Instance, _options.RequestTimeout);

    /// <summary>A queue whose messages say <typeparamref name="T"/>, by the client's serializer. Nothing is asked of the server
    /// yet.</summary>
    public NexoQueue<T> Queue<T>(string name) => new(this, name, _options.Serializer, _options.RequestTimeout);

    /// <summary>A stream whose records are bytes as they are. Nothing is asked of the server yet.</summary>
    public NexoStream<ReadOnlyMemory<byte>> Stream(string name) =>
        new(this, name, RawSerializer.Instance, _options.RequestTimeout);

    /// <summary>A stream whose records say <typeparamref name="T"/>, by the client's serializer. Nothing is asked of the server
    /// yet.</summary>
    public NexoStream<T> Stream<T>(string name) => new(this, name, _options.Serializer, _options.RequestTimeout);

    /// <summary>Connects now, unless connected. Fails with the reason of the first attempt that fails; the client
    /// goes on trying after that, unless the server refused for good.</summary>
    /// <exception cref="NexoException">The server cannot be reached, or refuses.</exception>
    public async ValueTask OpenAsync(CancellationToken cancellationToken = default) =>
        await _reconnector.OpenAsync().WaitAsync(cancellationToken).ConfigureAwait(false);

    /// <summary>Asks the server for a sign of life and returns how long it took.</summary>
    public async ValueTask<TimeSpan> PingAsync(CancellationToken cancellationToken = default)
    {
        long started = _options.TimeProvider.GetTimestamp();
        await PingAsync(_options.RequestTimeout, cancellationToken).ConfigureAwait(false);
        return _options.TimeProvider.GetElapsedTime(started);
    }

    /// <summary>What the server says of itself, grouped by dotted names such as <c>store.entries</c>.</summary>
    public ValueTask<IReadOnlyList<KeyValuePair<string, string>>> InfoAsync(
        CancellationToken cancellationToken = default) =>
        CallAsync<InfoReader, IReadOnlyList<KeyValuePair<string, string>>>(
            Opcode.Info, CallTraits.Idempotent, null, default, _options.RequestTimeout, cancellationToken);

    /// <summary>Closes the connection. Calls under way fail with <see cref="ClientErrorCode.ClientClosed"/>.</summary>
    public async ValueTask DisposeAsync()
    {
        await Replies.DisposeAsync().ConfigureAwait(false);
        await TopicReplies.DisposeAsync().ConfigureAwait(false);
        await _reconnector.CloseAsync().ConfigureAwait(false);
        _reconnector.Dispose();
        _dispatcher.Dispose();
    }

    internal ValueTask<TResult> CallAsync<TReader, TResult>(
        Opcode opcode,
        CallTraits traits,
        FrameBuffer? body,
        TReader reader,
        TimeSpan timeout,
        CancellationToken cancel,
        Subscription? subscription = null,
        Durability durability = Durability.ServerDefault)
        where TReader : struct, IReplyReader<TResult> =>
        CallAsync<TReader, TResult>(
            new CallRequest
            {
                Opcode = opcode,
                Traits = traits,
                Body = body,
                Subscription = subscription,
                Durability = durability,
            },
            reader,
            timeout,
            cancel);

    internal ValueTask<TResult> CallAsync<TReader, TResult>(
        in CallRequest call, TReader reader, TimeSpan timeout, CancellationToken cancel)
        where TReader : struct, IReplyReader<TResult>
    {
        if (cancel.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<TResult>(cancel);
        }

        _reconnector.EnsureStarted();
        Operation<TReader, TResult> operation = Operation<TReader, TResult>.Rent(reader);
        operation.Prepare(call, DeadlineIn(timeout));
        if (ClientTelemetry.Enabled)
        {
            operation.Measurement = CallMeasurement.Start(operation, _url);
        }

        operation.Trace = call.HasTrace ? null : TraceToJoin(operation.Measurement.Activity);
        _dispatcher.Send(operation);
        if (cancel.CanBeCanceled)
        {
            operation.WatchToken(_dispatcher, cancel);
        }

        return operation.AsValueTask();
    }

    /// <summary>Sends a notice at once; false when there is no connection, or no room on it.</summary>
    /// <exception cref="NexoException">It is too large.</exception>
    internal bool TrySendNotice(Opcode opcode, FrameBuffer body, int headerBytes, Activity? trace)
    {
        if (!_dispatcher.TrySendNotice(opcode, body, headerBytes, trace))
        {
            // Who tries until it works is to have a connection to wait for.
            _reconnector.EnsureStarted();
            return false;
        }

        RequestBodies.Return(body);
        return true;
    }

    internal static Activity? TraceToJoin(Activity? span)
    {
        Activity? trace = span ?? Activity.Current;
        return trace is { Recorded: true, IdFormat: ActivityIdFormat.W3C } ? trace : null;
    }

    private void OnStateChanged(NexoStateChangedEventArgs change)
    {
        if (change.Current == NexoConnectionState.Connected)
        {
            Will.OnConnected();
        }

        StateChanged?.Invoke(this, change);
    }

    private long DeadlineIn(TimeSpan timeout) => timeout == Timeout.InfiniteTimeSpan
        ? long.MaxValue
        : Time.GetTimestamp() + (long)(timeout.TotalSeconds * Time.TimestampFrequency);

    private ValueTask<bool> PingAsync(TimeSpan timeout, CancellationToken cancel) =>
        CallAsync<EmptyReader, bool>(Opcode.Ping, CallTraits.Idempotent, null, default, timeout, cancel);

    /// <summary>Keeps an idle connection alive, and ends one that no longer answers.</summary>
    private async Task ProbeAsync(Connection connection)
    {
        try
        {
            await PingAsync(ProbeTimeout, CancellationToken.None).ConfigureAwait(false);
        }
        catch (NexoException error) when (error.Code == ClientErrorCode.DeadlineExceeded)
        {
            connection.Close(CallErrors.ConnectionLost("the server no longer answers", error));
        }
        catch (NexoException)
        {
            // The connection has ended by itself.
        }
        finally
        {
            connection.EndProbe();
        }
    }
}
