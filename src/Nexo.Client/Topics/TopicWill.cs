using System.Security.Cryptography;
using Nexo.Protocol;

namespace Nexo.Client;

/// <summary>
/// The will of a client, which belongs to a connection at the server: so it is set again on each new one, under the same session, which
/// tells the server that the client is back. The gate is held while a call is begun, so that calls are sent in the order in which
/// they are told.
/// </summary>
internal sealed class TopicWill(NexoClient client, TopicFailures failures)
{
    private const int SessionBytes = 16;

    private readonly Lock _gate = new();
    private readonly byte[] _session = RandomNumberGenerator.GetBytes(SessionBytes);
    private Kept? _kept;

    public async ValueTask SetAsync(
        Func<byte[], (FrameBuffer Body, int HeaderBytes)> write, TimeSpan timeout, CancellationToken cancel)
    {
        (FrameBuffer body, int headerBytes) = write(_session);
        var kept = new Kept(body.Written.ToArray(), headerBytes);
        RequestBodies.Return(body);
        Kept? before;
        ValueTask<bool> call;
        Connection? at = client.Connection;
        lock (_gate)
        {
            before = _kept;
            _kept = kept;
            call = SendAsync(kept, timeout, cancel);
        }

        try
        {
            await call.ConfigureAwait(false);
        }
        catch
        {
            bool isBack;
            lock (_gate)
            {
                isBack = _kept == kept;
                _kept = isBack ? before : _kept;
            }

            // A connection that came meanwhile may have been given the one that failed.
            if (isBack && client.Connection is { } connection && connection != at)
            {
                OnConnected();
            }

            throw;
        }
    }

    public ValueTask<bool> ClearAsync(TimeSpan timeout, CancellationToken cancel)
    {
        lock (_gate)
        {
            _kept = null;
            return client.CallAsync<FlagReader, bool>(
                Opcode.TopicWillClear, CallTraits.Idempotent, null, default, timeout, cancel);
        }
    }

    /// <summary>There is another connection.</summary>
    public void OnConnected()
    {
        if (Volatile.Read(ref _kept) is { } kept)
        {
            _ = SetAgainAsync(kept);
        }
    }

    private async Task SetAgainAsync(Kept kept)
    {
        try
        {
            await Reopening.UntilDoneAsync(
                async _ =>
                {
                    ValueTask<bool> call;
                    lock (_gate)
                    {
                        if (_kept != kept)
                        {
                            return;
                        }

                        call = SendAsync(kept, client.Options.RequestTimeout, CancellationToken.None);
                    }

                    await call.ConfigureAwait(false);
                },
                client.Time,
                CancellationToken.None,
                Reopening.ManyRefusals).ConfigureAwait(false);
        }
        catch (NexoException error) when (error.Code != ClientErrorCode.ClientClosed)
        {
            failures.Raise(1, error);
        }
    }

    private ValueTask<bool> SendAsync(Kept kept, TimeSpan timeout, CancellationToken cancel)
    {
        FrameBuffer body = RequestBodies.Rent();
        body.Write(kept.Body);

        // The trace of whoever sets a will is not that of its message.
        var call = new CallRequest
        {
            Opcode = Opcode.TopicWill,
            Traits = CallTraits.Idempotent,
            Body = body,
            HeaderBytes = kept.HeaderBytes,
            HasTrace = true,
        };
        return client.CallAsync<EmptyReader, bool>(call, default, timeout, cancel);
    }

    private sealed record Kept(byte[] Body, int HeaderBytes);
}
