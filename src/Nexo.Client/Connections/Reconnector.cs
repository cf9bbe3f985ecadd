namespace Nexo.Client;

/// <summary>
/// Keeps one connection in use: connects, waits for its end, connects again after a pause. Pauses double up to a
/// ceiling and are random below it (full jitter), so clients that were cut together do not come back together.
/// </summary>
internal sealed class Reconnector : IDisposable
{
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _closing = new();
    private readonly NexoClientOptions _options;
    private readonly Dispatcher _dispatcher;
    private readonly Connector _connector;
    private readonly Action<NexoStateChangedEventArgs> _changed;

    private Task _run = Task.CompletedTask;
    private TaskCompletionSource? _opening;
    private volatile NexoServerInfo? _server;
    private volatile int _state;
    private bool _started;
    private bool _closed;

    public Reconnector(
        NexoClientOptions options,
        Dispatcher dispatcher,
        Connector connector,
        Action<NexoStateChangedEventArgs> changed)
    {
        _options = options;
        _dispatcher = dispatcher;
        _connector = connector;
        _changed = changed;
    }

    public NexoConnectionState State => (NexoConnectionState)_state;

    /// <summary>The server that was last connected to.</summary>
    public NexoServerInfo? Server => _server;

    /// <summary>Begins to connect, unless that was done. After a refusal it takes <see cref="OpenAsync"/>.</summary>
    public void EnsureStarted()
    {
        if (!Volatile.Read(ref _started))
        {
            Start();
        }
    }

    /// <summary>Ends with the next connection, or the next failure to make one.</summary>
    public Task OpenAsync()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_closed, typeof(NexoClient));
            if (State == NexoConnectionState.Connected)
            {
                return Task.CompletedTask;
            }

            _opening ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            Task opening = _opening.Task;
            if (State == NexoConnectionState.Refused)
            {
                _dispatcher.Accept();
                _started = false;
            }

            Start();
            return opening;
        }
    }

    public async Task CloseAsync()
    {
        Task run;
        lock (_gate)
        {
            if (_closed)
            {
                return;
            }

            _closed = true;
            run = _run;
        }

        await _closing.CancelAsync().ConfigureAwait(false);
        await _dispatcher.CloseAsync().ConfigureAwait(false);
        await run.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

        // The run may have made one more connection before it saw that it was to stop.
        await _dispatcher.CloseAsync().ConfigureAwait(false);
        EndOpening(CallErrors.Closed());
        Change(NexoConnectionState.Closed, null);
    }

    public void Dispose() => _closing.Dispose();

    private void Start()
    {
        lock (_gate)
        {
            if (_started || _closed)
            {
                return;
            }

            _started = true;
            _run = Task.Run(RunAsync);
        }
    }

    private async Task RunAsync()
    {
        int failures = 0;
        try
        {
            Change(NexoConnectionState.Connecting, null);
            while (true)
            {
                try
                {
                    long started = _options.TimeProvider.GetTimestamp();
                    NexoException reason = await UseOneConnectionAsync().ConfigureAwait(false);
                    bool lasted = _options.TimeProvider.GetElapsedTime(started) >= _options.ReconnectDelayMax;
                    failures = lasted ? 0 : failures + 1;
                    Change(NexoConnectionState.Connecting, reason);
                }
                catch (NexoException error) when (!CallErrors.IsRefusal(error))
                {
                    failures++;
                    _dispatcher.LastConnectError = error;
                    EndOpening(error);
                }

                await Task.Delay(Backoff(failures), _options.TimeProvider, _closing.Token).ConfigureAwait(false);
            }
        }
        catch (NexoException refusal)
        {
            _dispatcher.Refuse(refusal);
            Change(NexoConnectionState.Refused, refusal);
            EndOpening(refusal);
        }
        catch (OperationCanceledException) when (_closing.IsCancellationRequested)
        {
            // The client is being disposed.
        }
    }

    /// <summary>Returns why the connection ended.</summary>
    private async Task<NexoException> UseOneConnectionAsync()
    {
        Connection connection = await _connector.ConnectAsync(_closing.Token).ConfigureAwait(false);
        NexoServerInfo? before = _server;
        _server = connection.Server;
        _dispatcher.Attach(connection);
        bool serverChanged = before is not null && before.ServerId != connection.Server.ServerId;
        Change(NexoConnectionState.Connected, null, serverChanged);
        if (before is not null)
        {
            ClientTelemetry.Reconnects.Add(1);
        }

        EndOpening(null);
        return await connection.Retired.WaitAsync(_closing.Token).ConfigureAwait(false);
    }

    private TimeSpan Backoff(int failures)
    {
        double ceiling = Math.Min(
            _options.ReconnectDelayMin.TotalMilliseconds * Math.Pow(2, Math.Min(failures, 30)),
            _options.ReconnectDelayMax.TotalMilliseconds);
        // Never none at all: that would be an attempt without a pause, and a timer that nobody sees.
        return TimeSpan.FromMilliseconds(1 + (Math.Max(0, ceiling - 1) * Random.Shared.NextDouble()));
    }

    private void EndOpening(NexoException? error)
    {
        TaskCompletionSource? opening;
        lock (_gate)
        {
            opening = _opening;
            _opening = null;
        }

        if (error is null)
        {
            opening?.TrySetResult();
        }
        else
        {
            opening?.TrySetException(error);
        }
    }

    private void Change(NexoConnectionState state, NexoException? reason, bool serverChanged = false)
    {
        NexoConnectionState previous = State;
        if (previous != state)
        {
            _state = (int)state;
            try
            {
                _changed(new(previous, state, _server, serverChanged, reason));
            }
            catch (Exception)
            {
                // A handler of the application: its failure must not end the reconnecting.
            }
        }
    }
}
