using Xunit;

namespace Nexo.Storage.Tests.Segments;

public class SegmentConcurrencyTests
{
    private const int Appends = 6_000;

    [Fact]
    public async Task Readers_see_every_record_in_order_while_segments_are_written_synced_dropped_and_written_over()
    {
        using var at = new LogHarness(LogHarness.NewDisk(), cache: new SegmentCache(3));
        long ceiling = 0;
        Task writer = Task.Run(() =>
        {
            for (int i = 0; i < Appends; i++)
            {
                at.Append(bytes: 16 + (i % 90));
                if (i % 3 == 0)
                {
                    at.Log.Flush();
                }

                if (i % 40 == 0)
                {
                    at.Log.TrimBefore(i - 50);
                }

                Volatile.Write(ref ceiling, i + 1);
            }
        });
        Task syncer = Task.Run(() =>
        {
            while (!writer.IsCompleted)
            {
                at.Log.Checkpoint();
            }
        });
        long[] seen = await Task.WhenAll(
            Enumerable.Range(0, 3).Select(_ => Task.Run(() => Follow(at.Log, ref ceiling))));
        await writer;
        await syncer;
        Assert.All(seen, count => Assert.True(count > Appends / 100, $"{count} records were seen"));
    }

    [Fact]
    public void A_segment_that_is_being_read_is_not_written_over_before_the_reader_is_out()
    {
        using var at = new LogHarness(LogHarness.NewDisk());
        List<Batch> batches = [.. Enumerable.Range(0, 60).Select(_ => at.Append())];
        at.Log.Checkpoint();
        string first = SegmentNames.Segment(0);
        at.Disk.Before = (kind, _) =>
        {
            if (kind == DiskOperationKinds.Read)
            {
                // In the middle of the read: everything is dropped, and as much written again.
                at.Disk.Before = null;
                at.Log.TrimBefore(60);
                for (int i = 0; i < 60; i++)
                {
                    at.Append();
                }

                at.Log.Flush();
                Assert.Contains(first, at.Disk.List(LogHarness.Directory));
            }
        };
        var cursor = new SegmentCursor(0);
        byte[] buffer = new byte[1_000];
        SegmentRead read = at.Log.Read(ref cursor, buffer, long.MaxValue);
        Assert.Null(at.Disk.Before);
        Assert.Equal(batches.Take(6), Batch.Parse(buffer.AsSpan(0, read.Bytes)));
        at.Log.Flush();
        Assert.DoesNotContain(first, at.Disk.List(LogHarness.Directory));
        Assert.Equal(SegmentReadStatus.BeforeFirst, at.Log.Read(ref cursor, buffer, long.MaxValue).Status);
    }

    // Reads up to the last record; whoever is too slow goes on where the log begins.
    private static long Follow(SegmentedLog log, ref long ceiling)
    {
        byte[] buffer = new byte[700];
        var cursor = new SegmentCursor(0);
        long count = 0;
        while (cursor.Offset < Appends)
        {
            long expected = cursor.Offset;
            long limit = Volatile.Read(ref ceiling);
            SegmentRead read = log.Read(ref cursor, buffer, limit);
            if (read.Status == SegmentReadStatus.BeforeFirst)
            {
                cursor = new SegmentCursor(log.FirstOffset);
            }

            foreach (Batch batch in Batch.Parse(buffer.AsSpan(0, read.Status == SegmentReadStatus.Ok ? read.Bytes : 0)))
            {
                Assert.Equal(expected++, batch.Offset);
                Assert.True(batch.End <= limit);
                count++;
            }
        }

        return count;
    }
}
