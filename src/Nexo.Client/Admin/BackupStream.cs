using System.Buffers;
using System.Threading.Channels;
using Nexo.Protocol;

namespace Nexo.Client;

/// <summary>
/// The bytes of one backup as they come. It holds no more pushes than it gave credits for, so a slow destination slows the
/// server's reading and nothing else.
/// </summary>
internal sealed class BackupStream : Subscription
{
    private const int Credits = 64;

    private readonly Channel<(byte[] Bytes, int Count)> _parts = Channel.CreateUnbounded<(byte[], int)>(
        new UnboundedChannelOptions { SingleReader = true });

    private NexoException? _error;
    private CreditWindow _window = new(Credits);

    public static async ValueTask<BackupStream> OpenAsync(NexoClient client, TimeSpan timeout, CancellationToken cancel)
    {
        var stream = new BackupStream();
        FrameBuffer body = RequestBodies.Rent();
        new BackupRequest(Credits).Write(body);
        await client.CallAsync<EmptyReader, bool>(
            Opcode.AdminBackup, CallTraits.Idempotent, body, default, timeout, cancel, stream).ConfigureAwait(false);
        return stream;
    }

    /// <summary>Writes all of it; fails if it does not come to its end.</summary>
    public async Task<long> CopyToAsync(Stream destination, IProgress<long>? progress, CancellationToken cancel)
    {
        long bytes = 0;
        try
        {
            await foreach ((byte[] part, int count) in _parts.Reader.ReadAllAsync(cancel).ConfigureAwait(false))
            {
                try
                {
                    await destination.WriteAsync(part.AsMemory(0, count), cancel).ConfigureAwait(false);
                }
                finally
                {
                    ArrayPool<byte>.Shared.Return(part);
                }

                bytes += count;
                progress?.Report(bytes);
                _window.Release(this);
            }
        }
        finally
        {
            Connection?.Stop(this);
        }

        return _error is null ? bytes : throw _error;
    }

    public override bool OnPush(ReadOnlySpan<byte> body)
    {
        if (!_window.TryHold())
        {
            return false;
        }

        // Own the bytes here: they die with the read.
        byte[] part = ArrayPool<byte>.Shared.Rent(body.Length);
        body.CopyTo(part);
        _parts.Writer.TryWrite((part, body.Length));
        return true;
    }

    public override void OnEnd(NexoException? error)
    {
        _error = error;
        _parts.Writer.TryComplete();
    }
}
