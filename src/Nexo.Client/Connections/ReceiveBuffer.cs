using System.Buffers;
using Nexo.Protocol;

namespace Nexo.Client;

/// <summary>
/// Received bytes until whole frames have been taken out of them. It doubles when it is full, so it never holds more
/// than twice what has come in, whatever length a frame announces; it shrinks again after a large frame.
/// </summary>
internal sealed class ReceiveBuffer : IDisposable
{
    private const int KeptBytes = 64 * 1_024;

    private byte[] _bytes = ArrayPool<byte>.Shared.Rent(KeptBytes);
    private int _start;
    private int _end;

    /// <summary>Bytes of memory held, for tests.</summary>
    public int Capacity => _bytes.Length;

    /// <summary>Room for the next read; never empty.</summary>
    public Memory<byte> MakeRoom()
    {
        int count = _end - _start;
        if (count == 0)
        {
            _start = 0;
            _end = 0;
            if (_bytes.Length > 2 * KeptBytes)
            {
                Replace(KeptBytes);
            }
        }
        else if (_end == _bytes.Length)
        {
            if (_start >= _bytes.Length / 2)
            {
                _bytes.AsSpan(_start, count).CopyTo(_bytes);
                _start = 0;
                _end = count;
            }
            else
            {
                Replace((int)Math.Min(2L * _bytes.Length, Array.MaxLength));
            }
        }

        return _bytes.AsMemory(_end);
    }

    /// <summary>Bytes were read into the room.</summary>
    public void Received(int count) => _end += count;

    /// <summary>Takes the next whole frame; its body is valid until <see cref="MakeRoom"/>.</summary>
    public FrameStatus TryTakeFrame(int frameBytesMax, out FrameHeader header, out ReadOnlySpan<byte> body)
    {
        ReadOnlySpan<byte> received = _bytes.AsSpan(_start, _end - _start);
        FrameStatus status = FrameHeader.TryRead(received, frameBytesMax, out header);
        body = default;
        if (status == FrameStatus.Complete)
        {
            body = received[FrameHeader.Size..header.TotalSize];
            _start += header.TotalSize;
        }

        return status;
    }

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = [];
        _start = 0;
        _end = 0;
    }

    private void Replace(int capacity)
    {
        byte[] other = ArrayPool<byte>.Shared.Rent(capacity);
        _bytes.AsSpan(_start, _end - _start).CopyTo(other);
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = other;
        _end -= _start;
        _start = 0;
    }
}
