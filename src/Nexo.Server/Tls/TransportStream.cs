using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Nexo.Server.Transport;

namespace Nexo.Server.Tls;

/// <summary>
/// A connection's pipes as the stream that <see cref="System.Net.Security.SslStream"/> works on. What was received is copied
/// once, into that one's buffer; what it encrypts goes straight to the socket as long as there is room. A write ends when all
/// of it was taken: the outbox builds on that.
/// </summary>
internal sealed class TransportStream(IDuplexPipe transport) : Stream
{
    private readonly PipeReader _input = transport.Input;
    private readonly PipeWriter _output = transport.Output;
    private readonly SocketOutput? _socket = transport.Output as SocketOutput;
    private ReadOnlySequence<byte> _rest;

    /// <summary>Whose turn it is while the handshake is computed; null when it is over.</summary>
    public HandshakeTurn? Turn { get; set; }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (!_rest.IsEmpty)
        {
            return new ValueTask<int>(Take(buffer.Span));
        }

        ValueTask<ReadResult> read = _input.ReadAsync(CancellationToken.None);
        return ReceiveAsync(read, buffer, cancellationToken);
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int sent = _socket?.TrySend(buffer.Span) ?? 0;
        if (sent == buffer.Length)
        {
            return ValueTask.CompletedTask;
        }

        _output.Write(buffer.Span[sent..]);
        return WriteRestAsync(cancellationToken);
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    // Nobody blocks the thread that serves others.
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> ReceiveAsync(ValueTask<ReadResult> read, Memory<byte> buffer, CancellationToken cancel)
    {
        HandshakeTurn? turn = Turn;
        turn?.Leave();
        ReadResult result;
        using (cancel.UnsafeRegister(static input => ((PipeReader)input!).CancelPendingRead(), _input))
        {
            result = await read;
            while (result.IsCanceled)
            {
                _input.AdvanceTo(result.Buffer.Start);
                cancel.ThrowIfCancellationRequested();
                result = await _input.ReadAsync(CancellationToken.None);
            }
        }

        _rest = result.Buffer;
        int count = Take(buffer.Span);
        if (result.Buffer.IsEmpty)
        {
            // It has ended.
            _input.AdvanceTo(result.Buffer.End);
        }

        if (turn is not null)
        {
            // What follows is computed for long: not by the thread that serves others.
            await turn.EnterAsync();
        }

        return count;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask WriteRestAsync(CancellationToken cancel)
    {
        using CancellationTokenRegistration registration = cancel.UnsafeRegister(
            static output => ((PipeWriter)output!).CancelPendingFlush(), _output);
        FlushResult result = await _output.FlushAsync(CancellationToken.None);
        if (result.IsCanceled)
        {
            throw new OperationCanceledException(cancel);
        }

        if (result.IsCompleted)
        {
            throw new IOException("The peer has gone.");
        }
    }

    // Given back as soon as it has been copied: until then it may be the loop's own block.
    private int Take(Span<byte> buffer)
    {
        int count = (int)Math.Min(buffer.Length, _rest.Length);
        if (count == 0)
        {
            return 0;
        }

        _rest.Slice(0, count).CopyTo(buffer);
        _rest = _rest.Slice(count);
        if (_rest.IsEmpty)
        {
            _input.AdvanceTo(_rest.End);
            _rest = default;
        }

        return count;
    }
}
