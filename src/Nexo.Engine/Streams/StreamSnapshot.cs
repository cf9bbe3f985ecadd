using System.Runtime.ExceptionServices;
using Nexo.Storage;

namespace Nexo.Engine.Streams;

/// <summary>
/// A snapshot of the streams, taken one by one while they work: to be kept only once the log is durable up to what had been appended
/// when the last was taken. What is in a stream's files is made durable there; a backup copies it.
/// </summary>
public sealed class StreamSnapshot : IDisposable
{
    // Of many streams with a little each the disk syncs some at the price of one.
    private const int Together = 64;
    private const int SyncsAtOnce = 8;

    private readonly StreamContext _context;
    private readonly RecordBuffer _buffer = new();
    private readonly Lsn _position;
    private readonly StreamLog[] _streams;
    private readonly bool _isWhole;
    private StreamCopy? _copy;
    private bool _isDisposed;
    private int _at;
    private int _durableTo;

    internal StreamSnapshot(StreamContext context, Lsn position, uint lastNumber, StreamLog[] streams, bool isWhole)
    {
        _context = context;
        _position = position;
        _streams = streams;
        _isWhole = isWhole;
        if (isWhole)
        {
            context.Files.BeginCopies();
        }

        new RecordWriter(_buffer.Add((byte)StreamRecordKind.StreamNumbersKept, sizeof(uint))).U32(lastNumber);
        if (context.LastGroupNumber > 0)
        {
            new RecordWriter(_buffer.Add((byte)StreamRecordKind.GroupNumbersKept, sizeof(uint))).U32(context.LastGroupNumber);
        }
    }

    /// <summary>Takes one stream, or a piece of it that is copied, and gives its records away; false when finished.</summary>
    /// <exception cref="IOException">Its files cannot be read, or made durable.</exception>
    public bool MoveNext(IRecordSink target)
    {
        ArgumentNullException.ThrowIfNull(target);
        bool more = true;
        if (_copy is { } copy)
        {
            _copy = copy.MoveNext(_buffer) ? copy : null;
        }
        else if (_at < _streams.Length)
        {
            MakeDurable();
            StreamLog stream = _streams[_at++];
            _copy = stream.Keep(_buffer, _position, _isWhole);
            stream.Groups?.Keep(_buffer);
        }
        else
        {
            more = false;
        }

        _buffer.Deliver(target, _position);
        return more;
    }

    private void MakeDurable()
    {
        if (_isWhole || _at < _durableTo)
        {
            return;
        }

        _durableTo = Math.Min(_at + Together, _streams.Length);
        StreamLog[] changed = [.. _streams[_at.._durableTo].Where(stream => stream.WantsCheckpoint)];
        if (changed is [var only])
        {
            only.Checkpoint();
            return;
        }

        try
        {
            Parallel.ForEach(
                changed,
                new ParallelOptions { MaxDegreeOfParallelism = SyncsAtOnce },
                stream => stream.Checkpoint());
        }
        catch (AggregateException failures)
        {
            ExceptionDispatchInfo.Throw(failures.InnerExceptions[0]);
        }
    }

    /// <summary>Of a backup, also when it was given up: files may be let go of again.</summary>
    public void Dispose()
    {
        if (_isWhole && !_isDisposed)
        {
            _isDisposed = true;
            _context.Files.EndCopies();
        }
    }
}

/// <summary>The records of a stream that go into a backup, a piece at a time.</summary>
internal sealed class StreamCopy(StreamLog stream, long offset, long end)
{
    private StreamCursor _cursor;
    private long _offset = offset;

    /// <summary>False: that was all.</summary>
    public bool MoveNext(RecordBuffer buffer)
    {
        _offset = stream.Copy(ref _cursor, _offset, end, buffer);
        return _offset < end;
    }
}
