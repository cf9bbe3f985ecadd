using System.Runtime.InteropServices;
using Nexo.Cli.Terminal;

namespace Nexo.Cli.Bench;

/// <summary>A connection of the generator: sends and receives without blocking. Belongs to one thread.</summary>
internal abstract class BenchSocket : IDisposable
{
    private const int ShortBytesMax = 4 * 1_024;
    private const int PartialBytesMin = 64 * 1_024;

    // Room for all of a record of TLS, whatever comes before it: no event tells of what is left of one.
    private const int RecordBytesMax = 17 * 1_024;

    private readonly BenchLink _link;
    private readonly ReadinessQueue _ready;
    private byte[] _partial = [];
    private int _partialCount;
    private byte[] _unsent = [];
    private int _unsentFrom;
    private int _unsentUntil;

    protected BenchSocket(int id, BenchLink link, ReadinessQueue ready)
    {
        Id = id;
        _link = link;
        _ready = ready;
        ready.Add(link.Descriptor, id);
    }

    /// <summary>Its identity among the events of the readiness queue.</summary>
    public int Id { get; }

    /// <summary>True while the socket has not taken all that was sent.</summary>
    public bool HasUnsent => _unsentFrom < _unsentUntil;

    /// <summary>Sends, or keeps what the socket does not take until it does.</summary>
    public void Send(ReadOnlySpan<byte> bytes)
    {
        int sent = HasUnsent ? 0 : SendSome(bytes);
        if (sent < bytes.Length)
        {
            KeepUnsent(bytes[sent..]);
        }
    }

    /// <summary>Sends on where the socket was full before.</summary>
    public void SendRest()
    {
        _unsentFrom += SendSome(_unsent.AsSpan(_unsentFrom, _unsentUntil - _unsentFrom));
        if (!HasUnsent)
        {
            _ready.WatchWrites(_link.Descriptor, Id, watch: false);
        }
    }

    /// <summary>
    /// Receives once, behind what was left of a reply before. All connections share one warm buffer, and a short beginning
    /// of a reply moves there and back; a longer one waits in a buffer of this connection's own for what follows.
    /// </summary>
    /// <param name="shared">Larger than a short beginning.</param>
    /// <returns>What is there to be parsed, or nothing.</returns>
    public ReadOnlySpan<byte> Receive(byte[] shared)
    {
        byte[] buffer = _partialCount > ShortBytesMax ? _partial : shared;
        if (buffer == shared)
        {
            _partial.AsSpan(0, _partialCount).CopyTo(shared);
        }

        int count = _link.Receive(buffer.AsSpan(_partialCount));
        if (count > 0)
        {
            return buffer.AsSpan(0, _partialCount + count);
        }

        int error = count == 0 ? 0 : Marshal.GetLastPInvokeError();
        return error is NativeSockets.TryAgainError or NativeSockets.InterruptedError ? [] : throw Lost(error);
    }

    /// <summary>Keeps the beginning of a reply, which may lie in the buffer that it is kept in.</summary>
    /// <param name="rest">The beginning.</param>
    /// <param name="replyBytes">How long the reply is, if that is known.</param>
    public void KeepPartial(ReadOnlySpan<byte> rest, int replyBytes)
    {
        _partialCount = rest.Length;
        if (rest.IsEmpty)
        {
            return;
        }

        int wanted = rest.Length <= ShortBytesMax
            ? ShortBytesMax
            : Math.Max(replyBytes, Math.Max(2 * rest.Length, PartialBytesMin)) + RecordBytesMax;
        if (_partial.Length < wanted)
        {
            byte[] larger = GC.AllocateUninitializedArray<byte>(wanted, pinned: true);
            rest.CopyTo(larger);
            _partial = larger;
            return;
        }

        rest.CopyTo(_partial);
    }

    public void Dispose() => _link.Dispose();

    private int SendSome(ReadOnlySpan<byte> bytes)
    {
        int sent = _link.Send(bytes);
        if (sent >= 0)
        {
            return sent;
        }

        int error = Marshal.GetLastPInvokeError();
        return error is NativeSockets.TryAgainError or NativeSockets.InterruptedError ? 0 : throw Lost(error);
    }

    // Whose buffer it is will write the next batch there: own the rest until the socket takes it.
    private void KeepUnsent(ReadOnlySpan<byte> rest)
    {
        int count = _unsentUntil - _unsentFrom;
        if (_unsent.Length < count + rest.Length)
        {
            byte[] larger = GC.AllocateUninitializedArray<byte>(
                Math.Max(2 * _unsent.Length, count + rest.Length), pinned: true);
            _unsent.AsSpan(_unsentFrom, count).CopyTo(larger);
            _unsent = larger;
        }
        else
        {
            _unsent.AsSpan(_unsentFrom, count).CopyTo(_unsent);
        }

        rest.CopyTo(_unsent.AsSpan(count));
        _unsentFrom = 0;
        _unsentUntil = count + rest.Length;
        if (count == 0)
        {
            _ready.WatchWrites(_link.Descriptor, Id, watch: true);
        }
    }

    private static CliFailure Lost(int error) => new(
        ExitCode.CannotConnect,
        "connection_lost",
        error == 0
            ? "The server closed the connection during the run."
            : $"The connection was lost during the run: {Marshal.GetPInvokeErrorMessage(error)}.",
        "the server's log says why")
    { Retryable = true };
}
