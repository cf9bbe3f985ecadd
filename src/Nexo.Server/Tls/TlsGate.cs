using System.IO.Pipelines;
using System.Net.Security;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using Nexo.Server.Hosting;

namespace Nexo.Server.Tls;

/// <summary>
/// What stands before the handlers of a port when TLS is on. The first byte that a client sends tells whether it speaks TLS, so that
/// both can be served on one port; then the handshake, and the handler works on the pipes of what is decrypted.
/// </summary>
internal sealed partial class TlsGate(
    TlsOptions options, TlsIdentities identities, Handshakes handshakes, ILogger<TlsGate> log) : IDisposable
{
    private const byte HandshakeRecord = 0x16;
    private const int BlockBytes = 16 * 1_024;
    private const int ReadBytesMin = 1_024;

    // How long a peer may take to read why it is not served, and that the connection ends.
    private static readonly TimeSpan FarewellMax = TimeSpan.FromSeconds(1);

    private readonly SocketBlockPool _blocks = new();

    /// <summary>Those who are not served yet.</summary>
    public Handshakes Handshakes => handshakes;

    /// <summary>The certificate in use.</summary>
    public TlsIdentity Identity => identities.Current;

    /// <summary>Wraps the handler of a port.</summary>
    /// <param name="refusal">What a client is told in its own protocol that comes without TLS where it is required.</param>
    public ConnectionDelegate Guard(ConnectionDelegate next, Func<ReadOnlyMemory<byte>> refusal) =>
        connection => ServeAsync(connection, next, refusal);

    public void Dispose() => _blocks.Dispose();

    private async Task ServeAsync(ConnectionContext connection, ConnectionDelegate next, Func<ReadOnlyMemory<byte>> refusal)
    {
        if (handshakes.TryEnter(connection) is not { } pending)
        {
            connection.Abort();
            return;
        }

        try
        {
            switch (await BeginsWithTlsAsync(connection.Transport.Input))
            {
                case true:
                    await ServeTlsAsync(connection, pending, next);
                    break;
                case false when options.EffectiveMode == TlsMode.Allow:
                    handshakes.Leave(pending);
                    await next(connection);
                    break;
                case false:
                    await RefuseAsync(connection, refusal());
                    break;
                default:
                    // It has gone, or was cut, without a word.
                    break;
            }
        }
        finally
        {
            handshakes.Leave(pending);
        }
    }

    private static async ValueTask<bool?> BeginsWithTlsAsync(PipeReader input)
    {
        try
        {
            ReadResult read = await input.ReadAsync();
            bool? isTls = read.Buffer.IsEmpty ? null : read.Buffer.FirstSpan[0] == HandshakeRecord;
            input.AdvanceTo(read.Buffer.Start);
            return isTls;
        }
        catch (Exception gone) when (gone is IOException or OperationCanceledException)
        {
            return null;
        }
    }

    private async Task ServeTlsAsync(ConnectionContext connection, Handshake pending, ConnectionDelegate next)
    {
        IDuplexPipe raw = connection.Transport;
        var transport = new TransportStream(raw);
        await using var stream = new SslStream(transport, leaveInnerStreamOpen: true);
        if (!await ShakeHandsAsync(stream, transport, pending))
        {
            return;
        }

        var input = PipeReader.Create(
            stream, new StreamPipeReaderOptions(_blocks, BlockBytes, ReadBytesMin, leaveOpen: true, useZeroByteReads: true));
        var output = PipeWriter.Create(stream, new StreamPipeWriterOptions(_blocks, BlockBytes, leaveOpen: true));
        var peer = new TlsPeer(stream);
        connection.Features.Set(peer);
        connection.Features.Set<ITlsConnectionFeature>(peer);
        connection.Transport = new Decrypted(input, output);
        try
        {
            await next(connection);
        }
        finally
        {
            await input.CompleteAsync();
            await output.CompleteAsync();
            connection.Transport = raw;
            await SayGoodbyeAsync(stream, connection);
        }
    }

    private async ValueTask<bool> ShakeHandsAsync(SslStream stream, TransportStream transport, Handshake pending)
    {
        HandshakeTurn turn = await handshakes.BeginAsync(pending);
        transport.Turn = turn;
        try
        {
            await stream.AuthenticateAsServerAsync(Identity.NewOptions(), CancellationToken.None);
            handshakes.CountSucceeded();
            return true;
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            // Whatever it is: of a ClientHello that contradicts itself the runtime's parser throws ArgumentOutOfRangeException.
            handshakes.CountFailed();
            LogFailed(pending.Remote, pending.IsCut ? "it took too long" : (failure.InnerException ?? failure).Message);
            return false;
        }
        finally
        {
            transport.Turn = null;
            turn.Leave();
            handshakes.Leave(pending);
        }
    }

    // Without it a peer could not tell the end from an attack that cuts it short.
    private static async Task SayGoodbyeAsync(SslStream stream, ConnectionContext connection)
    {
        try
        {
            await stream.ShutdownAsync().WaitAsync(FarewellMax);
        }
        catch (TimeoutException)
        {
            // It does not read.
            connection.Abort();
        }
        catch (Exception gone) when (gone is IOException or OperationCanceledException or InvalidOperationException)
        {
            // It has gone already.
        }
    }

    private static async Task RefuseAsync(ConnectionContext connection, ReadOnlyMemory<byte> refusal)
    {
        using var patience = new CancellationTokenSource(FarewellMax);
        using CancellationTokenRegistration abort = patience.Token.Register(connection.Abort);
        try
        {
            await connection.Transport.Output.WriteAsync(refusal, CancellationToken.None);

            // Closing with unread bytes resets the connection, and a reset may overtake the answer.
            while (true)
            {
                ReadResult read = await connection.Transport.Input.ReadAsync(CancellationToken.None);
                connection.Transport.Input.AdvanceTo(read.Buffer.End);
                if (read.IsCompleted || read.IsCanceled)
                {
                    return;
                }
            }
        }
        catch (Exception gone) when (gone is IOException or OperationCanceledException)
        {
            // It has gone.
        }
    }

    [LoggerMessage(1, LogLevel.Debug, "TLS handshake with {Remote} failed: {Reason}")]
    private partial void LogFailed(string remote, string reason);

    private sealed class Decrypted(PipeReader input, PipeWriter output) : IDuplexPipe
    {
        public PipeReader Input { get; } = input;

        public PipeWriter Output { get; } = output;
    }
}
