using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Nexo.Client;

/// <summary>Requests to other clients that wait for their replies, by the <c>correlation-id</c> that both carry.</summary>
internal sealed class PendingReplies<TReply>(TimeProvider time)
{
    private readonly ConcurrentDictionary<ulong, TaskCompletionSource<TReply>> _asked = new();
    private volatile bool _closed;

    /// <summary>Asks and waits.</summary>
    /// <param name="send">Sends the request under a correlation id.</param>
    /// <param name="where">Of what the request is, for the error.</param>
    /// <param name="deadline">When to give up.</param>
    /// <param name="cancel">Ends the wait.</param>
    /// <exception cref="NexoException">The request was refused, or no reply came in time.</exception>
    public async ValueTask<TReply> AskAsync(
        Func<string, ValueTask> send, string where, Deadline deadline, CancellationToken cancel)
    {
        var asked = new TaskCompletionSource<TReply>(TaskCreationOptions.RunContinuationsAsynchronously);

        // Not to be guessed: who has answered one request knows where the replies to the others go.
        ulong id = NewId();
        while (!_asked.TryAdd(id, asked))
        {
            id = NewId();
        }

        try
        {
            if (_closed)
            {
                throw CallErrors.Closed();
            }

            await SendAsync(send, id, where, deadline).ConfigureAwait(false);
            return await asked.Task.WaitAsync(deadline.Left, time, cancel).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            throw new NexoException(
                ClientErrorCode.DeadlineExceeded,
                $"No reply to a request {where} came within {deadline.Timeout}. It may be worked on all the same.",
                retryable: false);
        }
        finally
        {
            _asked.TryRemove(id, out _);
        }
    }

    /// <summary>No reply comes any more.</summary>
    public void Close()
    {
        _closed = true;
        foreach (TaskCompletionSource<TReply> asked in _asked.Values)
        {
            asked.TrySetException(CallErrors.Closed());
        }
    }

    /// <summary>A reply came; one that nobody waits for is passed over.</summary>
    public void Take(NexoHeaders headers, TReply reply)
    {
        if (headers.TryGetBytes(NexoHeaders.CorrelationId, out ReadOnlyMemory<byte> correlation)
            && ulong.TryParse(Encoding.UTF8.GetString(correlation.Span), CultureInfo.InvariantCulture, out ulong id)
            && _asked.TryGetValue(id, out TaskCompletionSource<TReply>? asked))
        {
            asked.TrySetResult(reply);
        }
    }

    // What it waits for before it sends is the way for replies.
    private static async ValueTask SendAsync(Func<string, ValueTask> send, ulong id, string where, Deadline deadline)
    {
        try
        {
            await send(id.ToString(CultureInfo.InvariantCulture)).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            throw new NexoException(
                ClientErrorCode.DeadlineExceeded,
                $"A request {where} could not be sent within {deadline.Timeout}: there was no connection for its reply.",
                retryable: true);
        }
    }

    private static ulong NewId()
    {
        Span<byte> random = stackalloc byte[sizeof(ulong)];
        RandomNumberGenerator.Fill(random);
        return BitConverter.ToUInt64(random);
    }
}
