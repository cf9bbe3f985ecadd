using Xunit;

namespace Nexo.Storage.Tests.Segments;

/// <summary>Damage to files at rest: it is told, or it does not matter; other records are never given.</summary>
public class SegmentDamageTests
{
    private readonly SimulatedDisk _disk;
    private readonly SegmentedLogCheckpoint _checkpoint;
    private readonly List<Batch> _batches = [];

    public SegmentDamageTests()
    {
        using var at = new LogHarness(LogHarness.NewDisk());
        for (int i = 0; i < 35; i++)
        {
            _batches.Add(at.Append(bytes: 60 + i, records: 1 + (i % 3)));
            if (i % 10 == 3)
            {
                at.Log.Checkpoint();
            }
        }

        _checkpoint = at.Log.Checkpoint();
        Assert.Equal(3, at.Log.Segments);
        _disk = at.Disk.Settle();
    }

    private IEnumerable<string> Paths => _disk.Paths.Where(path => path.EndsWith(".seg", StringComparison.Ordinal));

    [Fact]
    public void A_flipped_bit_anywhere_is_told_or_does_no_harm()
    {
        int told = 0;
        int harmless = 0;
        foreach (string path in Paths)
        {
            for (int offset = 0; offset < _disk.ReadAll(path).Length; offset++)
            {
                SimulatedDisk disk = _disk.Settle();
                disk.FlipBit(path, offset, offset % 8);
                Count(disk, ref told, ref harmless, path, offset);
            }
        }

        Assert.True(told > 4_000);
        Assert.InRange(harmless, 1, 1_000);
    }

    [Fact]
    public void A_file_cut_anywhere_is_told_or_does_no_harm()
    {
        int told = 0;
        int harmless = 0;
        foreach (string path in Paths)
        {
            for (int length = 0; length < _disk.ReadAll(path).Length; length++)
            {
                SimulatedDisk disk = _disk.Settle();
                disk.Truncate(path, length);
                Count(disk, ref told, ref harmless, path, length);
            }
        }

        Assert.True(told > 4_000);
    }

    [Fact]
    public void A_missing_segment_is_told_by_its_name()
    {
        foreach (string path in Paths)
        {
            SimulatedDisk disk = _disk.Settle();
            disk.Delete(path);
            disk.SyncDirectory(LogHarness.Directory);
            int told = 0;
            int harmless = 0;
            Count(disk, ref told, ref harmless, path, 0);
            Assert.Equal((1, 0), (told, harmless));
        }
    }

    [Fact]
    public void Without_its_index_a_segment_is_scanned_and_reads_the_same()
    {
        SimulatedDisk disk = _disk.Settle();
        string path = Paths.First();
        disk.FlipBit(path, disk.ReadAll(path).Length - 40, 3);
        SegmentedLogReport report = SegmentedLogCheck.Run(disk, LogHarness.Directory, LogHarness.LogId, _checkpoint);
        Assert.Equal(1, report.IndexesMissing);
        using var at = new LogHarness(disk, _checkpoint);
        foreach (Batch batch in _batches)
        {
            Assert.Equal(batch, at.ReadAll(batch.Offset)[0]);
            Assert.Equal(batch.Offset, at.Log.OffsetAtTime(batch.Time));
        }
    }

    [Fact]
    public void Damage_in_one_batch_leaves_the_others_of_its_segment_readable()
    {
        SimulatedDisk disk = _disk.Settle();
        string path = Paths.Last();
        disk.FlipBit(path, 600, 0);
        using var at = new LogHarness(disk, _checkpoint);
        byte[] buffer = new byte[4_096];
        int told = 0;
        Batch[] last = [.. _batches.Where(batch => batch.Offset >= 44)];
        foreach (Batch batch in last.Take(3))
        {
            var cursor = new SegmentCursor(batch.Offset);
            try
            {
                at.Log.Read(ref cursor, buffer.AsSpan(0, batch.Bytes + BatchHeader.Size), long.MaxValue);
                Assert.Equal([batch], Batch.Parse(buffer.AsSpan(0, batch.Bytes + BatchHeader.Size)));
            }
            catch (SegmentDamageException damage)
            {
                Assert.Equal(path, damage.Path);
                told++;
            }
        }

        Assert.InRange(told, 0, 2);
    }

    [Fact]
    public void A_length_that_a_damaged_header_claims_allocates_nothing()
    {
        SimulatedDisk disk = _disk.Settle();
        foreach (string path in Paths)
        {
            // The length of the first batch becomes 48 MiB and more; then the number of entries of the index.
            disk.FlipBit(path, BatchSegmentHeader.Size + 7, 1);
            disk.FlipBit(path, disk.ReadAll(path).Length - SegmentFooter.Size + 14, 0);
        }

        using var at = new LogHarness(disk, _checkpoint);
        byte[] buffer = new byte[4_096];
        long before = GC.GetAllocatedBytesForCurrentThread();
        foreach (Batch batch in _batches)
        {
            var cursor = new SegmentCursor(batch.Offset);
            Assert.Throws<SegmentDamageException>(() => at.Log.Read(ref cursor, buffer, long.MaxValue));
        }

        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 8_000_000);
    }

    // Everything that is given must be what was appended, and everything must be given if nothing was told.
    private void Count(SimulatedDisk disk, ref int told, ref int harmless, string path, int offset)
    {
        bool sound = SegmentedLogCheck.Run(disk, LogHarness.Directory, LogHarness.LogId, _checkpoint).IsSound;
        List<Batch> read = [];
        try
        {
            using var at = new LogHarness(disk, _checkpoint);
            var cursor = new SegmentCursor(0);
            byte[] buffer = new byte[700];
            while (at.Log.Read(ref cursor, buffer, long.MaxValue) is { Status: not SegmentReadStatus.AtEnd } some)
            {
                if (some.Status == SegmentReadStatus.BufferTooSmall)
                {
                    Assert.InRange(some.Bytes, buffer.Length, 4_096);
                    buffer = new byte[some.Bytes];
                    continue;
                }

                read.AddRange(Batch.Parse(buffer.AsSpan(0, some.Bytes)));
            }

            Assert.Equal(_batches, read);
            Assert.True(sound, $"{path} {offset}: read, but not sound");
            harmless++;
        }
        catch (SegmentDamageException damage)
        {
            Assert.Equal(_batches.Take(read.Count), read);
            Assert.StartsWith(LogHarness.Directory, damage.Path, StringComparison.Ordinal);
            Assert.False(sound, $"{path} {offset}: {damage.Message}, but sound");
            told++;
        }
    }
}
