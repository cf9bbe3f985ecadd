using System.Net.Sockets;
using Nexo.Protocol;

namespace Nexo.Cli.Tests.Bench;

/// <summary>What scripted servers say of themselves.</summary>
internal static class ScriptedServer
{
    public static HelloReply Hello { get; } = new()
    {
        Version = ProtocolVersion.V1,
        ServerId = Guid.Empty,
        ServerVersion = "scripted",
        FrameBytesMax = ProtocolVersion.DefaultFrameBytesMax,
        InFlightMax = 1_024,
        KeyBytesMax = 65_536,
        ValueBytesMax = 1_000_000,
        IdleTimeoutMs = 0,
    };

    /// <summary>The lease of a message: the one that a settlement must bring.</summary>
    public static ulong LeaseOf(ulong messageId) => messageId * 0x9E3779B97F4A7C15;
}

/// <summary>A connection of a scripted server, and what is still to be sent on it.</summary>
/// <param name="socket">Owned.</param>
/// <param name="gate">Held by whoever writes frames.</param>
/// <param name="pieceBytes">Bytes that leave in one packet; 0: all at once.</param>
internal sealed class ScriptedConnection(Socket socket, Lock gate, int pieceBytes) : IDisposable
{
    private readonly SemaphoreSlim _sending = new(1);
    private FrameBuffer _pending = new();
    private FrameBuffer _leaving = new();

    /// <summary>Where frames are written, under the gate.</summary>
    public FrameBuffer Pending => _pending;

    public async Task FlushAsync(CancellationToken cancel)
    {
        await _sending.WaitAsync(cancel);
        try
        {
            Swap();
            ReadOnlyMemory<byte> bytes = _leaving.Written;
            while (!bytes.IsEmpty)
            {
                int piece = pieceBytes == 0 ? bytes.Length : Math.Min(pieceBytes, bytes.Length);
                bytes = bytes[await socket.SendAsync(bytes[..piece], cancel)..];
            }

            _leaving.Clear();
        }
        catch (SocketException)
        {
            // The client has gone; who reads from it will notice.
        }
        finally
        {
            _sending.Release();
        }
    }

    public void Dispose()
    {
        socket.Dispose();
        _sending.Dispose();
        lock (gate)
        {
            _pending.Dispose();
            _leaving.Dispose();
        }
    }

    private void Swap()
    {
        lock (gate)
        {
            (_pending, _leaving) = (_leaving, _pending);
        }
    }
}
