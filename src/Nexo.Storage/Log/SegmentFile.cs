namespace Nexo.Storage;

/// <summary>
/// A segment file that is being read: a window of about a mebibyte moves over it, and grows for a commit that is
/// larger, but never beyond what the file has.
/// </summary>
internal sealed class SegmentFile : IDisposable
{
    private const int WindowBytes = 1_024 * 1_024;
    private readonly IDiskFile _file;
    private byte[] _window = [];
    private long _windowAt;
    private int _windowLength;

    public SegmentFile(IDisk disk, ulong sequence)
    {
        Sequence = sequence;
        Path = SegmentHeader.PathOf(sequence);
        _file = disk.Open(Path, forWriting: false);
        Length = _file.Length;
        if (TryPeek(0, SegmentHeader.Size, out ReadOnlySpan<byte> bytes)
            && SegmentHeader.TryRead(bytes, out SegmentHeader header))
        {
            Header = header;
        }
    }

    public ulong Sequence { get; }

    public string Path { get; }

    /// <summary>Bytes that the file has.</summary>
    public long Length { get; }

    /// <summary>Null if there is none, or a damaged one.</summary>
    public SegmentHeader? Header { get; }

    /// <summary>True if commits belong to it, and not to an earlier use or to none.</summary>
    public bool IsUsed => Header?.Sequence == Sequence;

    /// <summary>Where commits end at the latest.</summary>
    public long End => Math.Min(Length, Header?.Length ?? long.MaxValue);

    /// <summary>
    /// Reads a commit whose magic, checksum and log id are right. The bytes are borrowed until the next call.
    /// </summary>
    public bool TryReadCommit(long offset, ulong logId, out CommitHeader header, out ReadOnlySpan<byte> payload)
    {
        payload = default;
        if (!TryReadHeader(offset, logId, out header)
            || !TryPeek(offset, CommitHeader.Size + (long)header.PayloadBytes, out ReadOnlySpan<byte> commit)
            || !CommitHeader.IsWhole(commit))
        {
            return false;
        }

        payload = commit[CommitHeader.Size..];
        return true;
    }

    /// <summary>Reads what looks like the header of a commit of this log: nothing is known of its checksum.</summary>
    public bool TryReadHeader(long offset, ulong logId, out CommitHeader header)
    {
        header = default;
        return TryPeek(offset, CommitHeader.Size, out ReadOnlySpan<byte> bytes)
            && CommitHeader.TryRead(bytes, out header)
            && header.LogId == logId;
    }

    /// <summary>Gives the window's memory back: it comes again when needed.</summary>
    public void Rest()
    {
        _window = [];
        _windowLength = 0;
    }

    public void Dispose() => _file.Dispose();

    private bool TryPeek(long offset, long count, out ReadOnlySpan<byte> bytes)
    {
        bytes = default;
        if (count > End - offset || count > Array.MaxLength)
        {
            return false;
        }

        if (offset < _windowAt || offset + count > _windowAt + _windowLength)
        {
            // The header of a segment is all that is wanted of most files at first.
            int least = offset == 0 ? SegmentHeader.Size : (int)Math.Min(WindowBytes, End - offset);
            int wanted = Math.Max((int)count, least);
            if (_window.Length < wanted)
            {
                _window = GC.AllocateUninitializedArray<byte>(wanted);
            }

            _windowAt = offset;
            _windowLength = _file.Read(_window.AsSpan(0, (int)Math.Min(_window.Length, End - offset)), offset);
            if (_windowLength < count)
            {
                return false;
            }
        }

        bytes = _window.AsSpan((int)(offset - _windowAt), (int)count);
        return true;
    }
}
