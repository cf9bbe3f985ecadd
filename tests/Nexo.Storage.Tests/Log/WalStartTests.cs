using Xunit;

namespace Nexo.Storage.Tests.Log;

/// <summary>What a start reads of the segments that are prepared, and what it finds in them.</summary>
public sealed class WalStartTests
{
    private const ulong Needed = 20;

    // Six records of 700 bytes go into a segment.
    private const long FullAt = SegmentHeader.Size + (6 * 1_024);
    private static readonly string Second = SegmentHeader.PathOf(2);

    [Fact]
    public void Of_a_prepared_segment_a_start_reads_the_header_and_the_first_commit()
    {
        WalOptions large = LogFixture.Small with { SegmentBytes = 4 * 1_024 * 1_024 };
        using LogFixture log = new LogFixture(options: large).Open();
        log.Append(1_500);
        log.Flush();
        Assert.Equal(1, log.Wal.Stats.SegmentsPrepared);
        int reads = 0;
        log.Disk.Before = (kind, path) => reads += kind == DiskOperationKinds.Read && path == Second ? 1 : 0;

        LogFixture.Read(log.Disk, out _);

        Assert.InRange(reads, 1, 2);
    }

    [Fact]
    public void The_first_commit_of_a_segment_is_durable_before_anything_follows_in_it()
    {
        using LogFixture log = new LogFixture().Open();
        log.Disk.StartRecording();
        for (int i = 0; i < 60; i++)
        {
            log.Append(500);
            log.Time.Advance(TimeSpan.FromMilliseconds(20));
            log.Rounds();
        }

        var begun = new HashSet<string>();
        int segments = 0;
        IEnumerable<DiskOperation> ofSegments = log.Disk.Operations.Where(
            operation => operation.Path.EndsWith(".wal", StringComparison.Ordinal));
        foreach (DiskOperation operation in ofSegments)
        {
            if (operation.Kind == DiskOperationKinds.Sync)
            {
                begun.Remove(operation.Path);
            }
            else if (operation.Kind == DiskOperationKinds.Write && operation.Offset > 0)
            {
                Assert.DoesNotContain(operation.Path, begun);
                if (operation.Offset == SegmentHeader.Size)
                {
                    begun.Add(operation.Path);
                    segments++;
                }
            }
        }

        Assert.True(segments > 3);
    }

    [Fact]
    public void A_segment_in_use_whose_header_became_an_earlier_one_again_is_found()
    {
        using LogFixture log = Recycling(out string recycled, out byte[] header);
        for (int i = 0; i < 3; i++)
        {
            log.Append(700);
            log.Flush();
        }

        SimulatedDisk disk = log.Disk.Settle();
        PutHeader(disk, recycled, header);

        Assert.Throws<WalDamageException>(() => LogFixture.Read(disk, out _, Needed));
    }

    [Fact]
    public void A_first_commit_that_arrived_without_its_header_vouches_for_the_segment_before()
    {
        using LogFixture log = Recycling(out string recycled, out byte[] header);
        SimulatedDisk? disk = null;
        log.Disk.Before = (kind, path) =>
        {
            if (kind == DiskOperationKinds.Sync && path == recycled)
            {
                disk ??= log.Disk.Settle();
            }
        };
        log.Append(700);
        log.Flush();
        PutHeader(disk!, recycled, header);

        // A power loss as any other,
        RecordList list = LogFixture.Read(disk!, out WalTail tail, Needed);
        Assert.Equal(log.Model.Count - 1, (int)tail.NextLsn.Value - 1);
        log.RequirePrefix(list, Needed, "without the first commit");

        // but if the last commit before it is damaged too, that is no torn tail.
        disk!.FlipBit(SegmentHeader.PathOf(tail.Segment), tail.Offset - 600, 1);
        Assert.Throws<WalDamageException>(() => LogFixture.Read(disk, out _, Needed));
    }

    private static void PutHeader(SimulatedDisk disk, string path, byte[] header)
    {
        byte[] content = disk.ReadAll(path);
        header.CopyTo(content, 0);
        disk.WriteAll(path, content);
    }

    // The next record goes to a segment that was used before: its path, and the header that it has until then.
    private static LogFixture Recycling(out string path, out byte[] header)
    {
        LogFixture log = new LogFixture().Open();
        while (log.Wal.Stats.Segments < 5)
        {
            log.Append(700);
            log.Flush();
        }

        log.Wal.Recycle(new Lsn(Needed));
        path = log.Disk.Paths[^1];
        Assert.True(SegmentHeader.TryParseName(path.Split('/')[1], out ulong sequence));
        WalTail tail;
        do
        {
            log.Append(700);
            log.Flush();
            LogFixture.Read(log.Disk, out tail, Needed);
        }
        while (tail.Segment != sequence - 1 || tail.Offset < FullAt);

        header = log.Disk.ReadAll(path)[..SegmentHeader.Size];
        Assert.True(SegmentHeader.TryRead(header, out SegmentHeader earlier));
        Assert.InRange(earlier.Sequence, 1ul, 4ul);
        return log;
    }
}
