namespace Nexo.Storage;

/// <summary>Reads a file from beginning to end in large pieces, and shows any number of bytes as one.</summary>
internal sealed class SnapshotInput(IDiskFile file)
{
    private const int ReadBytes = 1_024 * 1_024;

    private byte[] _buffer = GC.AllocateUninitializedArray<byte>(ReadBytes);
    private int _start;
    private int _end;

    /// <summary>Of the file, when it was opened.</summary>
    public long Length { get; } = file.Length;

    /// <summary>Where the next bytes are in the file.</summary>
    public long Offset { get; private set; }

    /// <summary>The next bytes, without going on; fewer if the file ends. Borrowed until the next call.</summary>
    /// <param name="count">Was checked: memory is taken for it.</param>
    public ReadOnlySpan<byte> Peek(int count)
    {
        if (_end - _start < count)
        {
            Fill(count);
        }

        return _buffer.AsSpan(_start, Math.Min(count, _end - _start));
    }

    /// <summary>Goes on behind bytes that were peeked at.</summary>
    public void Skip(int count)
    {
        _start += count;
        Offset += count;
    }

    private void Fill(int count)
    {
        byte[] target = count > _buffer.Length ? GC.AllocateUninitializedArray<byte>(count) : _buffer;
        _buffer.AsSpan(_start, _end - _start).CopyTo(target);
        _end -= _start;
        _start = 0;
        _buffer = target;
        _end += file.Read(_buffer.AsSpan(_end), Offset + _end);
    }
}
