namespace Nexo.Storage;

/// <summary>
/// Looks at everything behind the last commit that could be read: if some later commit says that the next one was
/// durable, that one is damaged; else what is there was never acknowledged.
/// </summary>
internal sealed class TornTail(IReadOnlyList<SegmentFile> files, ulong logId, CommitChain chain)
{
    private readonly ulong _expected = chain.Number;
    private int _commits;
    private long _records;
    private long _end;

    /// <summary>What is cut; null if nothing looks as if it had been there.</summary>
    /// <param name="at">The file in which the next commit was expected, at <paramref name="offset"/>.</param>
    /// <exception cref="WalDamageException">That commit, or a later one, was durable.</exception>
    public WalCut? Examine(int at, long offset, string path)
    {
        for (int i = at; i < files.Count; i++)
        {
            SegmentFile file = files[i];
            if (i > at && file.IsUsed)
            {
                throw Damage(path, offset, $"{file.Path} is in use, and one before it is missing or damaged");
            }

            if (file.Length < SegmentHeader.Size)
            {
                throw Damage(file.Path, 0, "the file is too short for a segment");
            }

            Examine(file, i == at && file.IsUsed ? offset : SegmentHeader.Size, path, offset);
            file.Rest();
        }

        long bytes = at < files.Count ? BytesBegun(files[at], offset) : 0;
        bytes = Math.Max(bytes, _end - offset);
        return bytes > 0 || _commits > 0 ? new WalCut(path, offset, Math.Max(0, bytes), _commits, _records) : null;
    }

    private void Examine(SegmentFile file, long from, string path, long expectedAt)
    {
        long offset = from;
        while (offset < file.End)
        {
            if (!file.TryReadCommit(offset, logId, out CommitHeader header, out _))
            {
                offset += SegmentHeader.Sector;
                continue;
            }

            if (header.Durable >= _expected)
            {
                throw Damage(
                    path,
                    expectedAt,
                    $"commit {_expected} is damaged or missing: {file.Path}, offset {offset}, holds commit"
                    + $" {header.Number}, which says that {header.Durable} was durable");
            }

            bool isLater = header.Number >= _expected && header.Epoch >= chain.Epoch;
            if (isLater && file.Header is null)
            {
                // A header is one sector, and is written over a good one: a power loss leaves the old or the new.
                throw Damage(file.Path, 0, $"the segment's header is damaged, and commit {header.Number} follows");
            }

            if (isLater)
            {
                _commits++;
                _records += header.Records;
                _end = Math.Max(_end, file.Path == path ? offset + header.Extent : 0);
            }

            offset += header.Extent;
        }
    }

    // A commit that was begun: its header is there, but not all of the rest.
    private long BytesBegun(SegmentFile file, long offset) =>
        file.TryReadHeader(offset, logId, out CommitHeader header)
        && header.Number >= _expected
        && header.Epoch >= chain.Epoch
            ? Math.Min(header.Extent, file.End - offset)
            : 0;

    private WalDamageException Damage(string path, long offset, string reason) => new(path, offset, _expected, reason);
}
