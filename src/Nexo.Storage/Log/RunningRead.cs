namespace Nexo.Storage;

/// <summary>Reads durable records of a log that goes on: everything must be there.</summary>
internal static class RunningRead
{
    public static void Read(
        IDisk disk, ulong logId, IReadOnlyList<Segment> segments, Lsn from, Lsn to, IRecordSink sink)
    {
        if (segments.Count == 0)
        {
            throw new WalDamageException(SegmentHeader.Directory, 0, 0, $"record {from} is not in the log any more");
        }

        var feed = new RecordFeed(from, to, sink);
        var chain = new CommitChain(segments[0].FirstCommit, segments[0].FirstLsn);
        foreach (Segment segment in segments)
        {
            if (chain.Lsn > to)
            {
                return;
            }

            using var file = new SegmentFile(disk, segment.Sequence);
            ReadSegment(file, logId, to, ref chain, feed);
        }

        if (chain.Lsn <= to)
        {
            throw new WalDamageException(
                segments[^1].Path, 0, chain.Number, $"record {chain.Lsn} had been durable and cannot be read");
        }
    }

    private static void ReadSegment(SegmentFile file, ulong logId, Lsn to, ref CommitChain chain, RecordFeed feed)
    {
        long offset = SegmentHeader.Size;
        while (chain.Lsn <= to)
        {
            // Behind the last commit lies what is older, or nothing: then the rest is in the next segment.
            if (!file.TryReadCommit(offset, logId, out CommitHeader header, out ReadOnlySpan<byte> payload)
                || !chain.Accepts(header))
            {
                return;
            }

            if (!feed.TryFeed(header, payload))
            {
                throw new WalDamageException(file.Path, offset, chain.Number, WalReader.Malformed);
            }

            chain.Advance(header);
            offset += header.Extent;
        }
    }
}
