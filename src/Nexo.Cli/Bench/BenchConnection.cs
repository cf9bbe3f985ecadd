using System.Net.Sockets;
using System.Runtime.InteropServices;
using Nexo.Cli.Terminal;

namespace Nexo.Cli.Bench;

/// <summary>One connection and the batch that is in flight on it. Belongs to one worker.</summary>
internal sealed class BenchConnection : IDisposable
{
    private const int PartialBytesMin = 64 * 1_024;

    private readonly Socket _socket;
    private readonly int _descriptor;
    private readonly ReadinessQueue _ready;
    private byte[] _partial = [];
    private int _partialCount;
    private byte[] _unsent = [];
    private int _unsentFrom;
    private int _unsentUntil;

    public BenchConnection(int id, Socket socket, uint nextCorrelation, ReadinessQueue ready, int batchMax)
    {
        Id = id;
        _socket = socket;
        _descriptor = (int)socket.SafeHandle.DangerousGetHandle();
        _ready = ready;
        NextCorrelation = nextCorrelation;
        Plan = new uint[batchMax];
        ready.Add(_descriptor, id);
    }

    public int Id { get; }

    /// <summary>Room for the requests of a batch; the first <see cref="Count"/> are in flight or answered.</summary>
    public uint[] Plan { get; }

    public int Count { get; private set; }

    public int Answered { get; set; }

    public bool IsIdle => Answered == Count;

    /// <summary>When the batch was sent, or should have been.</summary>
    public long StartedAt { get; private set; }

    public uint FirstCorrelation { get; private set; }

    private uint NextCorrelation { get; set; }

    /// <summary>Batches that the pace has set free on this connection so far.</summary>
    public long Released { get; set; }

    /// <summary>Batches that were begun.</summary>
    public long Begun { get; private set; }

    /// <summary>Counts batches from 0 again.</summary>
    public void BeginPhase()
    {
        Released = 0;
        Begun = 0;
    }

    /// <summary>Sends the first requests of <see cref="Plan"/>.</summary>
    /// <returns>The bytes that they are.</returns>
    public int Send(int count, BatchEncoder encoder, long startedAt)
    {
        Count = count;
        Answered = 0;
        StartedAt = startedAt;
        FirstCorrelation = NextCorrelation;
        NextCorrelation += (uint)count;
        Begun++;
        ReadOnlySpan<byte> batch = encoder.Encode(Plan.AsSpan(0, count), FirstCorrelation);
        int sent = SendSome(batch);
        if (sent < batch.Length)
        {
            KeepUnsent(batch[sent..]);
        }

        return batch.Length;
    }

    /// <summary>Sends on where the socket was full before.</summary>
    public void SendRest()
    {
        _unsentFrom += SendSome(_unsent.AsSpan(_unsentFrom, _unsentUntil - _unsentFrom));
        if (_unsentFrom == _unsentUntil)
        {
            _ready.WatchWrites(_descriptor, Id, watch: false);
        }
    }

    /// <summary>
    /// Receives once, behind what was left of a reply before. Most reads end with a reply, so all connections share one
    /// warm buffer; only where a reply is cut does its beginning move to a buffer of this connection's own.
    /// </summary>
    /// <returns>What is there to be parsed, or nothing.</returns>
    public ReadOnlySpan<byte> Receive(byte[] shared)
    {
        byte[] buffer = _partialCount > 0 ? _partial : shared;
        int count = NativeSockets.Receive(_descriptor, buffer.AsSpan(_partialCount));
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

        int wanted = Math.Max(replyBytes, Math.Max(2 * rest.Length, PartialBytesMin));
        if (_partial.Length < wanted)
        {
            byte[] larger = GC.AllocateUninitializedArray<byte>(wanted, pinned: true);
            rest.CopyTo(larger);
            _partial = larger;
            return;
        }

        rest.CopyTo(_partial);
    }

    public void Dispose() => _socket.Dispose();

    private int SendSome(ReadOnlySpan<byte> bytes)
    {
        int sent = NativeSockets.Send(_descriptor, bytes);
        if (sent >= 0)
        {
            return sent;
        }

        int error = Marshal.GetLastPInvokeError();
        return error is NativeSockets.TryAgainError or NativeSockets.InterruptedError ? 0 : throw Lost(error);
    }

    // The encoder's buffer is every connection's: own the rest until the socket takes it.
    private void KeepUnsent(ReadOnlySpan<byte> rest)
    {
        if (_unsent.Length < rest.Length)
        {
            _unsent = GC.AllocateUninitializedArray<byte>(rest.Length, pinned: true);
        }

        rest.CopyTo(_unsent);
        _unsentFrom = 0;
        _unsentUntil = rest.Length;
        _ready.WatchWrites(_descriptor, Id, watch: true);
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
