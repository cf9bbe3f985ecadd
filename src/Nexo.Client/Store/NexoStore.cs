using Nexo.Protocol;

namespace Nexo.Client;

/// <summary>
/// The Store: keys and their values, counters and hashes. Thread-safe; every call shares the client's one connection.
/// A call fails with <see cref="NexoException"/>, or with <see cref="OperationCanceledException"/> when its token was
/// cancelled. What is passed in is encoded before the method returns, and may be changed after.
/// </summary>
public sealed partial class NexoStore
{
    // Long enough for nearly every text key; longer ones are encoded into an array.
    private const int KeyScratchBytes = 256;

    private readonly NexoClient _client;
    private readonly INexoSerializer _serializer;
    private readonly TimeSpan _timeout;
    private readonly Durability _durability;

    internal NexoStore(NexoClient client, INexoSerializer serializer, TimeSpan timeout, Durability durability)
    {
        _client = client;
        _serializer = serializer;
        _timeout = timeout;
        _durability = durability;
    }

    /// <summary>
    /// The same Store with another deadline for its calls, such as a long one for <see cref="ClearAsync"/>.
    /// <see cref="Timeout.InfiniteTimeSpan"/> leaves the end to the cancellation token.
    /// </summary>
    public NexoStore WithTimeout(TimeSpan timeout)
    {
        NexoClientOptionsCheck.RequireTimeout(timeout, nameof(timeout));
        return new NexoStore(_client, _serializer, timeout, _durability);
    }

    /// <summary>
    /// The same Store with another promise for its calls. With <see cref="Durability.Fsync"/> a write returns when it
    /// is on disk, and a read when all that it saw is; with <see cref="Durability.Interval"/> a write is on disk within
    /// the server's interval. A server that cannot keep the promise refuses the call with
    /// <see cref="ErrorCode.UnsupportedDurability"/>. Watching is not affected.
    /// </summary>
    public NexoStore WithDurability(Durability durability)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((byte)durability, (byte)Durability.Fsync, nameof(durability));
        return new NexoStore(_client, _serializer, _timeout, durability);
    }

    private static FrameBuffer KeyBody(NexoKey key)
    {
        FrameBuffer body = RequestBodies.Rent();
        body.WriteKey(key);
        return body;
    }

    private ValueTask<TResult> CallAsync<TReader, TResult>(
        Opcode opcode, CallTraits traits, FrameBuffer body, TReader reader, CancellationToken cancel)
        where TReader : struct, IReplyReader<TResult> =>
        _client.CallAsync<TReader, TResult>(opcode, traits, body, reader, _timeout, cancel, null, _durability);
}
