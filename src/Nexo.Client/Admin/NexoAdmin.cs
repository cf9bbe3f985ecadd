using Nexo.Protocol;

namespace Nexo.Client;

/// <summary>
/// What operators do with a server. Thread-safe. A call fails with <see cref="NexoException"/>, or with
/// <see cref="OperationCanceledException"/> when its token was cancelled.
/// </summary>
public sealed class NexoAdmin
{
    private const int PageItems = 1_000;

    private readonly NexoClient _client;
    private readonly TimeSpan _timeout;

    internal NexoAdmin(NexoClient client, TimeSpan timeout)
    {
        _client = client;
        _timeout = timeout;
    }

    /// <summary>
    /// The same with another deadline for its calls. <see cref="Timeout.InfiniteTimeSpan"/> leaves the end to the
    /// cancellation token.
    /// </summary>
    public NexoAdmin WithTimeout(TimeSpan timeout)
    {
        NexoClientOptionsCheck.RequireTimeout(timeout, nameof(timeout));
        return new NexoAdmin(_client, timeout);
    }

    /// <summary>
    /// Has the server write a snapshot beside its log now, and returns when it is on disk. For a large store give it
    /// time: see <see cref="WithTimeout"/>.
    /// </summary>
    public ValueTask<NexoSnapshot> SnapshotAsync(CancellationToken cancellationToken = default) =>
        _client.CallAsync<SnapshotReader, NexoSnapshot>(
            Opcode.AdminSnapshot, CallTraits.Idempotent, null, default, _timeout, cancellationToken);

    /// <summary>
    /// Copies everything that the server keeps on disk to a stream, while it works: one consistent file, as of the end of the
    /// call, for <c>nexo restore</c>. Lasts as long as it takes, with a deadline only for the server's first answer; the
    /// server's rate is bounded, and a destination that takes nothing for a minute ends it.
    /// </summary>
    /// <param name="destination">Takes the bytes in their order. It holds a backup only if this succeeds.</param>
    /// <param name="progress">Is told how many bytes have come.</param>
    public async ValueTask<NexoBackup> BackupAsync(
        Stream destination, IProgress<long>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(destination);
        BackupStream backup =
            await BackupStream.OpenAsync(_client, _timeout, cancellationToken).ConfigureAwait(false);
        return new NexoBackup(
            await backup.CopyToAsync(destination, progress, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Connections of all clients and protocols, this one too, page after page, the oldest first.</summary>
    /// <param name="remotePrefix">What their addresses begin with, such as <c>10.0.</c>; empty: all.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public IAsyncEnumerable<NexoConnection> ListConnectionsAsync(
        string remotePrefix = "", CancellationToken cancellationToken = default) =>
        Pages.AllAsync((cursor, cancel) => ListConnectionsPageAsync(remotePrefix, cursor, PageItems, cancel), cancellationToken);

    /// <summary>One page of the list of connections.</summary>
    /// <param name="remotePrefix">What their addresses begin with; empty: all.</param>
    /// <param name="cursor">Empty to start; else <see cref="NexoPage{TItem}.Cursor"/> of the page before.</param>
    /// <param name="limit">Most connections of the page: 1 to 10,000.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public ValueTask<NexoPage<NexoConnection>> ListConnectionsPageAsync(
        string remotePrefix,
        ReadOnlyMemory<byte> cursor = default,
        int limit = PageItems,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(remotePrefix);
        return _client.CallAsync<ConnectionsReader, NexoPage<NexoConnection>>(
            Opcode.AdminConnections,
            CallTraits.Idempotent,
            PageBodies.Scan(remotePrefix, cursor, limit),
            default,
            _timeout,
            cancellationToken);
    }

    /// <summary>
    /// Ends a connection of another client, which is told so if its protocol has words for that. It may connect again: to keep it
    /// out, remove its user.
    /// </summary>
    /// <param name="id">Its number, see <see cref="NexoConnection.Id"/>.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>False: there is no such connection, or it is the one that asks.</returns>
    public ValueTask<bool> DisconnectAsync(ulong id, CancellationToken cancellationToken = default)
    {
        FrameBuffer body = RequestBodies.Rent();
        new DisconnectRequest(id).Write(body);
        return _client.CallAsync<FlagReader, bool>(
            Opcode.AdminDisconnect, CallTraits.None, body, default, _timeout, cancellationToken);
    }

    /// <summary>The last operations that were slow, of all protocols, the newest first.</summary>
    /// <param name="limit">Most of them: 1 to 1,000; the server keeps the last 128.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public ValueTask<IReadOnlyList<NexoSlowOperation>> ListSlowAsync(
        int limit = 20, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, (int)SlowestRequest.LimitMax);
        FrameBuffer body = RequestBodies.Rent();
        new SlowestRequest((uint)limit).Write(body);
        return _client.CallAsync<SlowestReader, IReadOnlyList<NexoSlowOperation>>(
            Opcode.AdminSlowest, CallTraits.Idempotent, body, default, _timeout, cancellationToken);
    }

    private readonly struct SnapshotReader : IReplyReader<NexoSnapshot>
    {
        public bool TryRead(ReadOnlySpan<byte> body, out NexoSnapshot result)
        {
            bool read = SnapshotReply.TryRead(body, out SnapshotReply reply);
            result = new NexoSnapshot(reply.Position, reply.Bytes);
            return read;
        }
    }
}
