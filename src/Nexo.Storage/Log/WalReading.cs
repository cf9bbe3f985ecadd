namespace Nexo.Storage;

/// <summary>
/// Reads durable records of a log that goes on, a commit at a time, so that the caller may take pauses. Everything must be
/// there. For one thread at a time.
/// </summary>
public sealed class WalReading : IDisposable
{
    private readonly IDisk _disk;
    private readonly ulong _logId;
    private readonly IReadOnlyList<Segment> _segments;
    private readonly Lsn _to;
    private readonly RecordFeed _feed;
    private CommitChain _chain;
    private SegmentFile? _file;
    private long _offset;
    private int _next;

    internal WalReading(IDisk disk, ulong logId, IReadOnlyList<Segment> segments, Lsn from, Lsn to, IRecordSink sink)
    {
        _disk = disk;
        _logId = logId;
        _segments = segments;
        _to = to;
        _feed = new RecordFeed(from, to, sink);
        if (segments.Count > 0)
        {
            _chain = new CommitChain(segments[0].FirstCommit, segments[0].FirstLsn);
        }
        else if (from <= to)
        {
            throw new WalDamageException(SegmentHeader.Directory, 0, 0, $"record {from} is not in the log any more");
        }
    }

    /// <summary>Feeds the records of the next commit to the sink; false when there is none left to read.</summary>
    /// <exception cref="WalDamageException">What had been written cannot be read.</exception>
    public bool MoveNext()
    {
        if (_segments.Count == 0 || _chain.Lsn > _to)
        {
            return false;
        }

        CommitHeader header;
        ReadOnlySpan<byte> payload;

        // Behind the last commit lies what is older, or nothing: then the rest is in the next segment.
        while (_file is null || !_file.TryReadCommit(_offset, _logId, out header, out payload) || !_chain.Accepts(header))
        {
            OpenNext();
        }

        if (!_feed.TryFeed(header, payload))
        {
            throw new WalDamageException(_file.Path, _offset, _chain.Number, WalReader.Malformed);
        }

        _chain.Advance(header);
        _offset += header.Extent;
        return true;
    }

    public void Dispose() => _file?.Dispose();

    private void OpenNext()
    {
        if (_next == _segments.Count)
        {
            throw new WalDamageException(
                _segments[^1].Path, 0, _chain.Number, $"record {_chain.Lsn} had been durable and cannot be read");
        }

        _file?.Dispose();
        _file = new SegmentFile(_disk, _segments[_next++].Sequence);
        _offset = SegmentHeader.Size;
    }
}
