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

    internal NexoStore(NexoClient client, INexoSerializer serializer, TimeSpan timeout)
    {
        _client = client;
        _serializer = serializer;
        _timeout = timeout;
    }

    /// <summary>
    /// The same Store with another deadline for its calls, such as a long one for <see cref="ClearAsync"/>.
    /// <see cref="Timeout.InfiniteTimeSpan"/> leaves the end to the cancellation token.
    /// </summary>
    public NexoStore WithTimeout(TimeSpan timeout)
    {
        NexoClientOptionsCheck.RequireTimeout(timeout, nameof(timeout));
        return new NexoStore(_client, _serializer, timeout);
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
        _client.CallAsync<TReader, TResult>(opcode, traits, body, reader, _timeout, cancel);
}
