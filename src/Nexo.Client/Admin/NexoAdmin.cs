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
