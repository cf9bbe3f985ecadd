namespace Nexo.Storage;

/// <summary>
/// Where a reader of a <see cref="SegmentedLog"/> stands. It remembers the place in the file, so that reading on needs
/// no search; it may be copied and kept for as long as one likes.
/// </summary>
/// <param name="offset">The next offset to be read.</param>
public struct SegmentCursor(long offset)
{
    /// <summary>The next offset to be read.</summary>
    public long Offset { get; private set; } = offset;

    // A segment or a pending buffer, the byte in it, and the state of the log that this is of.
    internal object? Place { get; private set; }

    internal long Position { get; private set; }

    internal int Version { get; private set; }

    /// <summary>
    /// Goes back within what the last read gave: to the batch with this base, so many bytes before the end of it.
    /// </summary>
    public void MoveBack(long baseOffset, int bytes)
    {
        Offset = baseOffset;
        Position -= bytes;
    }

    internal void MoveTo(long offset, object? place, long position, int version)
    {
        Offset = offset;
        Place = place;
        Position = position;
        Version = version;
    }
}
