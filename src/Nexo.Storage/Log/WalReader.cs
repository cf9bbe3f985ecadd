namespace Nexo.Storage;

/// <summary>
/// Reads a log that nobody has open, as docs/storage-format.md says: the commits from the segment that holds the first
/// record that is wanted, up to where no further one follows, and then whether that is a torn tail or damage.
/// </summary>
public sealed class WalReader
{
    internal const string Malformed = "a commit does not hold what its header says, although its checksum is right";
    private const long ProgressBytes = 1_024 * 1_024;
    private readonly IReadOnlyList<SegmentFile> _files;
    private readonly ulong _logId;
    private readonly RecordFeed _feed;
    private readonly IStorageObserver _observer;

    // Commits of which no later one has said yet that they were durable: number, file, offset.
    private readonly Queue<(ulong Number, ulong Segment, long Offset)> _unsure = new();
    private CommitChain _chain;
    private CommitFlags _lastFlags;
    private long _bytes;
    private long _bytesTold;
    private long _bytesTotal;

    private WalReader(IReadOnlyList<SegmentFile> files, ulong logId, RecordFeed feed, IStorageObserver observer)
    {
        _files = files;
        _logId = logId;
        _feed = feed;
        _observer = observer;
    }

    /// <summary>
    /// Feeds all records from a position on to a sink, and says where the log ends. Nothing is changed on the disk. A
    /// log that does not exist yet begins at <paramref name="from"/> only if that is the first record of all.
    /// </summary>
    /// <param name="from">The first record that is wanted; it, or the end of the log just before it, must be
    /// there.</param>
    /// <exception cref="WalDamageException">Something that had been durable cannot be read.</exception>
    /// <exception cref="DiskException">A file operation failed.</exception>
    public static WalTail Read(IDisk disk, ulong logId, Lsn from, IRecordSink sink, IStorageObserver observer)
    {
        from = from.Value == 0 ? new Lsn(1) : from;
        var files = new List<SegmentFile>();
        try
        {
            foreach (string name in disk.List(SegmentHeader.Directory))
            {
                if (SegmentHeader.TryParseName(name, out ulong sequence))
                {
                    files.Add(new SegmentFile(disk, sequence));
                    files[^1].Rest();
                }
            }

            var feed = new RecordFeed(from, new Lsn(ulong.MaxValue), sink);
            return new WalReader(files, logId, feed, observer).Read(from);
        }
        finally
        {
            files.ForEach(file => file.Dispose());
        }
    }

    private WalTail Read(Lsn from)
    {
        if (_files.FirstOrDefault(file => file.Header is SegmentHeader header && header.LogId != _logId) is { } foreign)
        {
            throw new WalDamageException(foreign.Path, 0, 0, "the segment belongs to another log");
        }

        int start = -1;
        for (int i = 0; i < _files.Count; i++)
        {
            start = _files[i].IsUsed && _files[i].Header!.Value.FirstLsn <= from ? i : start;
        }

        return start < 0 ? ReadNothing(from) : ReadFrom(start, from);
    }

    private WalTail ReadNothing(Lsn from)
    {
        SegmentFile? first = _files.FirstOrDefault(file => file.IsUsed);
        if (first is not null || from.Value > 1)
        {
            throw new WalDamageException(
                first?.Path ?? SegmentHeader.Directory, 0, 0, $"the log does not reach back to record {from}");
        }

        var end = new TornTail(_files, _logId, new CommitChain(1, from));
        WalCut? cut = end.Examine(0, SegmentHeader.Size, _files.Count == 0 ? SegmentHeader.Directory : _files[0].Path);
        Tell(cut);
        return WalTail.BeginAt(from) with { Cut = cut };
    }

    private WalTail ReadFrom(int start, Lsn from)
    {
        SegmentHeader header = _files[start].Header!.Value;
        _chain = new CommitChain(header.FirstCommit, header.FirstLsn);
        _bytesTotal = _files.Skip(start).Where(file => file.IsUsed).Sum(file => file.Length);
        int at = start;
        long offset = ReadSegment(_files[at]);
        while (at + 1 < _files.Count && _files[at + 1].IsUsed && _files[at + 1].Sequence == _files[at].Sequence + 1)
        {
            SegmentHeader next = _files[at + 1].Header!.Value;
            if (next.FirstCommit != _chain.Number || next.FirstLsn != _chain.Lsn)
            {
                throw new WalDamageException(
                    _files[at].Path,
                    offset,
                    _chain.Number,
                    $"commit {_chain.Number} is damaged or missing: the next segment goes on with {next.FirstCommit}");
            }

            _files[at].Rest();
            at++;
            offset = ReadSegment(_files[at]);
        }

        WalCut? cut = new TornTail(_files, _logId, _chain).Examine(at, offset, _files[at].Path);
        if (_chain.Lsn < from)
        {
            throw new WalDamageException(
                _files[at].Path,
                offset,
                _chain.Number,
                $"the log ends before record {from}, which follows the snapshot");
        }

        Tell(cut);
        _observer.Progress(_bytesTotal, _bytesTotal, _feed.Records);
        return TailAt(_files[at].Sequence, offset, cut);
    }

    private WalTail TailAt(ulong segment, long offset, WalCut? cut)
    {
        long unsureFrom = offset;
        foreach ((_, ulong unsureSegment, long unsureOffset) in _unsure)
        {
            unsureFrom = unsureSegment == segment ? Math.Min(unsureFrom, unsureOffset) : unsureFrom;
        }

        return new WalTail
        {
            NextCommit = _chain.Number,
            NextLsn = _chain.Lsn,
            Epoch = _chain.Epoch,
            Segment = segment,
            Offset = offset,
            Clean = (_lastFlags & CommitFlags.Closing) != 0,
            Records = _feed.Records,
            Bytes = _bytes,
            Cut = cut,
            UnsureFrom = unsureFrom,
        };
    }

    // Reads as far as commits follow one another, and says where that ends.
    private long ReadSegment(SegmentFile file)
    {
        if (file.Length < file.Header!.Value.Length)
        {
            throw new WalDamageException(
                file.Path,
                file.Length,
                _chain.Number,
                $"the file is shorter than the {file.Header.Value.Length} bytes it had");
        }

        long offset = SegmentHeader.Size;
        while (file.TryReadCommit(offset, _logId, out CommitHeader header, out ReadOnlySpan<byte> payload)
            && _chain.Accepts(header))
        {
            if (!_feed.TryFeed(header, payload))
            {
                throw new WalDamageException(file.Path, offset, header.Number, Malformed);
            }

            while (_unsure.TryPeek(out var oldest) && oldest.Number <= header.Durable)
            {
                _unsure.Dequeue();
            }

            _unsure.Enqueue((header.Number, file.Sequence, offset));
            _chain.Advance(header);
            _lastFlags = header.Flags;
            offset += header.Extent;
            _bytes += header.Extent;
            if (_bytes - _bytesTold >= ProgressBytes)
            {
                _bytesTold = _bytes;
                _observer.Progress(_bytes, _bytesTotal, _feed.Records);
            }
        }

        return offset;
    }

    private void Tell(WalCut? cut)
    {
        if (cut is not null)
        {
            _observer.Notice(StorageLevel.Warning, cut.ToString());
        }
    }
}
