namespace Nexo.Storage;

/// <summary>A file of a <see cref="MemoryDisk"/>: pieces of 64 KiB, so that it grows without being copied.</summary>
internal sealed class MemoryFile(MemoryDisk disk, string path) : IDiskFile
{
    private const int PieceBytes = 64 * 1_024;

    private readonly Lock _gate = new();
    private readonly List<byte[]> _pieces = [];
    private long _length;
    private bool _isDeleted;

    public string Path { get; set; } = path;

    public long Length
    {
        get
        {
            lock (_gate)
            {
                return _length;
            }
        }
    }

    public int Read(Span<byte> buffer, long offset)
    {
        lock (_gate)
        {
            int count = (int)Math.Clamp(_length - offset, 0, buffer.Length);
            for (int done = 0; done < count;)
            {
                ReadOnlySpan<byte> piece = PieceAt(offset + done);
                piece = piece[..Math.Min(piece.Length, count - done)];
                piece.CopyTo(buffer[done..]);
                done += piece.Length;
            }

            return count;
        }
    }

    public void Write(ReadOnlySpan<byte> bytes, long offset)
    {
        lock (_gate)
        {
            Grow(offset + bytes.Length);
            while (!bytes.IsEmpty)
            {
                Span<byte> piece = PieceAt(offset);
                int count = Math.Min(piece.Length, bytes.Length);
                bytes[..count].CopyTo(piece);
                bytes = bytes[count..];
                offset += count;
            }
        }
    }

    public void SetLength(long length)
    {
        lock (_gate)
        {
            Grow(length);
            int kept = (int)((length + PieceBytes - 1) / PieceBytes);
            Note(-(_pieces.Count - kept) * (long)PieceBytes);
            _pieces.RemoveRange(kept, _pieces.Count - kept);
            _length = length;
            if (length % PieceBytes != 0)
            {
                PieceAt(length).Clear();
            }
        }
    }

    public void Sync()
    {
        // It is as durable as it will ever be.
    }

    public void Dispose()
    {
        // The disk has it still.
    }

    /// <summary>Its name is gone: what it holds no longer counts.</summary>
    public void GiveBack()
    {
        lock (_gate)
        {
            Note(-_pieces.Count * (long)PieceBytes);
            _isDeleted = true;
        }
    }

    private bool Note(long bytes) => _isDeleted || disk.TryTake(bytes);

    private void Grow(long length)
    {
        while (_pieces.Count * (long)PieceBytes < length)
        {
            if (!Note(PieceBytes))
            {
                throw new DiskException(DiskError.Full, "write", Path);
            }

            _pieces.Add(new byte[PieceBytes]);
        }

        _length = Math.Max(_length, length);
    }

    private Span<byte> PieceAt(long offset) => _pieces[(int)(offset / PieceBytes)].AsSpan((int)(offset % PieceBytes));
}
