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
        long[] seen = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Task.Run(() => Follow(at.Log, ref ceiling))));
        await writer;
        await syncer;
        Assert.All(seen, count => Assert.True(count > Appends / 100, $"{count} records were seen"));
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
