using System.Buffers;
using System.Buffers.Binary;

namespace Nexo.Storage;

/// <summary>
/// Goes through the batches of a segment in their order and checks each, in pieces of 64 KiB: a length that a header
/// claims sizes nothing.
/// </summary>
/// <param name="file">The segment.</param>
/// <param name="position">Where a batch begins.</param>
/// <param name="end">Where the batches end; behind it nothing is looked at.</param>
/// <param name="offset">The base offset of the first batch.</param>
internal sealed class BatchScanner(IDiskFile file, long position, long end, long offset) : IDisposable
{
    private const int WindowBytes = 64 * 1024;

    private readonly byte[] _window = ArrayPool<byte>.Shared.Rent(WindowBytes);
    private long _windowStart;
    private int _windowBytes;

    /// <summary>The offset behind the batches seen so far.</summary>
    public long Offset { get; private set; } = offset;

    /// <summary>Where the next batch begins.</summary>
    public long Position { get; private set; } = position;

    /// <summary>Reads and checks the next batch; false: there are no more.</summary>
    /// <exception cref="SegmentDamageException">It is not what was written.</exception>
    public bool Next(out BatchHeader header)
    {
        header = default;
        if (Position >= end)
        {
            return false;
        }

        ReadOnlySpan<byte> window = Window(Position, BatchHeader.Size);
        if (!BatchHeader.TryDecode(window, out header))
        {
            throw Damage("no header of a batch");
        }

        if (header.BaseOffset != Offset)
        {
            throw Damage($"the batch begins at offset {header.BaseOffset} instead of {Offset}");
        }

        if (header.Bytes > end - Position)
        {
            throw Damage($"the batch of {header.Bytes} bytes is longer than what there is");
        }

        CheckContent(BinaryPrimitives.ReadUInt32LittleEndian(window), header.Bytes);
        Position += header.Bytes;
        Offset = header.EndOffset;
        return true;
    }

    public void Dispose() => ArrayPool<byte>.Shared.Return(_window);

    private void CheckContent(uint expected, int batchBytes)
    {
        uint crc = 0;
        for (int at = sizeof(uint); at < batchBytes;)
        {
            ReadOnlySpan<byte> piece = Window(Position + at, 1);
            piece = piece[..Math.Min(piece.Length, batchBytes - at)];
            crc = Crc32C.Append(crc, piece);
            at += piece.Length;
        }

        if (crc != expected)
        {
            throw Damage("the checksum of the batch is wrong");
        }
    }

    // What is there from a place on, at least so many bytes.
    private ReadOnlySpan<byte> Window(long from, int bytesMin)
    {
        if (from < _windowStart || from + bytesMin > _windowStart + _windowBytes)
        {
            _windowStart = from;
            _windowBytes = file.Read(_window.AsSpan(0, (int)Math.Min(WindowBytes, end - from)), from);
            if (_windowBytes < bytesMin)
            {
                throw Damage("the file ends within a batch");
            }
        }

        return _window.AsSpan(0, _windowBytes)[(int)(from - _windowStart)..];
    }

    private SegmentDamageException Damage(string reason) => new(file.Path, Position, reason);
}
