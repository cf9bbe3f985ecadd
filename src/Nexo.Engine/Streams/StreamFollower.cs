using System.Buffers;
using Nexo.Storage;

namespace Nexo.Engine.Streams;

/// <summary>
/// One who reads on: a tail, or a read that waits. It remembers its place, so that reading on needs no search. For one thread at a time.
/// </summary>
public sealed class StreamFollower : IDisposable
{
    [ThreadStatic]
    private static List<StreamFollower>? _woken;

    private readonly StreamLog _stream;
    private readonly byte[] _key;
    private readonly bool _clamps;
    private readonly bool _counts;
    private StreamCursor _cursor;
    private long _position;
    private Action? _onReadable;
    private bool _isDisposed;

    /// <param name="counts">Whether it is one of the stream's readers, as they are counted.</param>
    internal StreamFollower(StreamLog stream, long position, byte[] key, bool clamps, bool counts = true)
    {
        _stream = stream;
        _position = position;
        _key = key;
        _clamps = clamps;
        _counts = counts;
        stream.CountReader(counts ? 1 : 0);
    }

    /// <summary>Its place among those that wait, -1: it does not. Under the stream's lock.</summary>
    internal int WaitingAt { get; set; } = -1;

    /// <summary>The next offset to be read.</summary>
    public long Position => Volatile.Read(ref _position);

    /// <summary>Gives the next records, perhaps none, and moves behind them.</summary>
    /// <returns>
    /// <see cref="StreamStatus.OffsetOutOfRange"/>: what was to be read next is gone; where the place was given to be clamped, it goes on
    /// with the first that is there instead.
    /// </returns>
    public StreamStatus Read(int recordsMax, int bytesMax, IBufferWriter<byte> target, out StreamReadResult result)
    {
        StreamStatus status = _stream.ReadForward(
            ref _cursor, _position, _clamps, recordsMax, bytesMax, _key, target, out result);
        if (status == StreamStatus.Ok)
        {
            Volatile.Write(ref _position, result.ContinueAt);
        }

        return status;
    }

    /// <summary>
    /// Has an action called once, on any thread, when there is something to be read or the stream is gone; it is not to block. False:
    /// that is so already, and it will not be called.
    /// </summary>
    public bool TryWait(Action onReadable)
    {
        ArgumentNullException.ThrowIfNull(onReadable);
        Volatile.Write(ref _onReadable, onReadable);
        return _stream.TryWait(this);
    }

    /// <summary>Ends the wait; false: the action was called, or will be.</summary>
    public bool EndWait() => _stream.EndWait(this);

    public void Dispose()
    {
        if (!_isDisposed)
        {
            _isDisposed = true;
            _stream.EndWait(this);
            _stream.CountReader(_counts ? -1 : 0);
        }
    }

    /// <summary>Goes on elsewhere. Not while it waits.</summary>
    internal void MoveTo(long offset)
    {
        if (offset != Position)
        {
            // Else all that lies between would be read.
            _cursor = default;
            Volatile.Write(ref _position, offset);
        }
    }

    /// <summary>An empty list for <see cref="Wake"/>.</summary>
    internal static List<StreamFollower> RentWoken()
    {
        List<StreamFollower> list = _woken ?? [];
        _woken = null;
        return list;
    }

    /// <summary>Calls the actions of readers that were taken out of their waits, under no lock.</summary>
    internal static void Wake(List<StreamFollower>? readers)
    {
        if (readers is null)
        {
            return;
        }

        foreach (StreamFollower reader in readers)
        {
            Volatile.Read(ref reader._onReadable)?.Invoke();
        }

        readers.Clear();
        _woken = readers;
    }
}

/// <summary>A place in a segmented log, of one of its openings.</summary>
internal struct StreamCursor
{
    public SegmentCursor Segment;
    public int Opening;
}
