using Nexo.Protocol;

namespace Nexo.Client;

/// <summary>
/// What operators do with a server. Thread-safe. A call fails with <see cref="NexoException"/>, or with
/// <see cref="OperationCanceledException"/> when its token was cancelled.
/// </summary>
public sealed class NexoAdmin
{
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
