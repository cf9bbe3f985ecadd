using Xunit;

namespace Nexo.Storage.Tests.Segments;

public class SegmentedLogTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_was_appended_is_read_back_over_many_segments(bool flushed)
    {
        using var at = new LogHarness(LogHarness.NewDisk());
        List<Batch> batches = [.. Enumerable.Range(0, 100).Select(i => at.Append(bytes: 20 + i, records: 1 + (i % 5)))];
        if (flushed)
        {
            at.Log.Flush();
            Assert.True(at.Log.Segments > 4);
            Assert.Equal(0, at.Log.PendingBytes);
        }

        Assert.Equal(batches, at.ReadAll(0));
        Assert.Equal(batches, at.ReadAll(0, bufferBytes: 300));
        foreach (Batch batch in batches)
        {
            Assert.Equal(batches.SkipWhile(one => one != batch), at.ReadAll(batch.End - 1));
        }
    }

    [Fact]
    public void A_reader_follows_the_log_from_memory_into_files_and_over_a_roll()
    {
        using var at = new LogHarness(LogHarness.NewDisk());
        var cursor = new SegmentCursor(0);
        byte[] buffer = new byte[4_096];
        for (int i = 0; i < 200; i++)
        {
            Batch batch = at.Append(bytes: 90);
            if (i % 3 == 1)
            {
                at.Log.Flush();
            }

            if (i % 7 == 6)
            {
                at.Log.Checkpoint();
            }

            List<Batch> read = [];
            while (at.Log.Read(ref cursor, buffer, long.MaxValue) is { Status: SegmentReadStatus.Ok } some)
            {
                read.AddRange(Batch.Parse(buffer.AsSpan(0, some.Bytes)));
            }

            Assert.Equal([batch], read);
            Assert.Equal(batch.End, cursor.Offset);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void No_batch_that_goes_beyond_the_ceiling_is_given(bool flushed)
    {
        using var at = new LogHarness(LogHarness.NewDisk());
        for (int i = 0; i < 10; i++)
        {
            at.Append(records: 3);
        }

        if (flushed)
        {
            at.Log.Flush();
        }

        for (long ceiling = 0; ceiling <= 30; ceiling++)
        {
            Assert.Equal(ceiling / 3, at.ReadAll(0, ceiling).Count);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_buffer_that_is_too_small_is_told_what_it_needs(bool flushed)
    {
        using var at = new LogHarness(LogHarness.NewDisk());
        Batch batch = at.Append(bytes: 5_000);
        if (flushed)
        {
            at.Log.Flush();
        }

        var cursor = new SegmentCursor(0);
        Assert.Equal(
            new SegmentRead(SegmentReadStatus.BufferTooSmall, BatchHeader.Size, 0, 0),
            at.Log.Read(ref cursor, new byte[10], long.MaxValue));
        SegmentRead answer = at.Log.Read(ref cursor, new byte[1_000], long.MaxValue);
        Assert.Equal(new SegmentRead(SegmentReadStatus.BufferTooSmall, 5_000 + BatchHeader.Size, 0, 0), answer);
        byte[] buffer = new byte[answer.Bytes];
        Assert.Equal(SegmentReadStatus.Ok, at.Log.Read(ref cursor, buffer, long.MaxValue).Status);
        Assert.Equal([batch], Batch.Parse(buffer));
    }

    [Fact]
    public void A_segment_is_ended_when_its_first_records_are_old_or_when_it_is_told_to()
    {
        SegmentedLogOptions options = LogHarness.Small with { SegmentBytes = 1 << 20, SegmentAgeMs = 1_000 };
        using var at = new LogHarness(LogHarness.NewDisk(), options: options);
        at.Append(time: 5_000);
        at.Append(time: 5_999);
        at.Log.Flush();
        Assert.Equal(1, at.Log.Segments);
        at.Append(time: 6_000);
        at.Log.Flush();
        Assert.Equal(2, at.Log.Segments);
        at.Log.Roll();
        at.Log.Roll();
        Assert.Equal(2, at.Log.Segments);
        at.Append(time: 6_001);
        at.Log.Flush();
        Assert.Equal(3, at.Log.Segments);
        Assert.Equal(4, at.ReadAll(0).Count);
    }

    [Fact]
    public void Dropped_segments_are_written_over_and_never_shine_through()
    {
        using var at = new LogHarness(LogHarness.NewDisk());
        List<Batch> batches = [];
        for (int i = 0; i < 300; i++)
        {
            batches.Add(at.Append(bytes: 100 + (i % 40)));
            at.Log.Flush();
            if (i % 10 == 9)
            {
                long first = at.Log.TrimBefore(i - 30);
                Assert.True(first <= Math.Max(0, i - 30) && first > i - 60);
                Assert.Equal(first, at.Log.FirstOffset);
                var cursor = new SegmentCursor(first - 1);
                SegmentRead read = at.Log.Read(ref cursor, new byte[4_096], long.MaxValue);
                Assert.Equal(SegmentReadStatus.BeforeFirst, read.Status);
                Assert.Equal(batches.Where(batch => batch.Offset >= first), at.ReadAll(first));
            }
        }

        Assert.True(at.Disk.Count(DiskOperationKinds.Rename) > 30);
        Assert.True(at.Disk.List(LogHarness.Directory).Count < 10);
        Assert.True(at.Log.Bytes < 10_000);
    }

    [Fact]
    public void A_log_that_was_trimmed_to_its_end_goes_on_at_its_next_offset()
    {
        SimulatedDisk disk = LogHarness.NewDisk();
        SegmentedLogCheckpoint checkpoint;
        using (var at = new LogHarness(disk))
        {
            for (int i = 0; i < 50; i++)
            {
                at.Append();
            }

            Assert.Equal(50, at.Log.TrimBefore(50));
            Assert.Equal((50, 50, 0), (at.Log.FirstOffset, at.Log.NextOffset, at.Log.Segments));
            Assert.Equal(0, at.Log.Bytes);
            checkpoint = at.Log.Checkpoint();
        }

        using var again = new LogHarness(disk.Crash(1), checkpoint);
        Assert.Equal((50, 50), (again.Log.FirstOffset, again.Log.NextOffset));
        Assert.Equal(490, again.Log.MaxTimestamp);
        Batch batch = again.Append();
        Assert.Equal([batch], again.ReadAll(50));
        using var last = new LogHarness(disk = again.Disk.Crash(2), checkpoint);
        Assert.Equal((50, 50), (last.Log.FirstOffset, last.Log.NextOffset));
    }

    [Fact]
    public void A_log_may_begin_at_any_offset()
    {
        SimulatedDisk disk = LogHarness.NewDisk();
        var start = new SegmentedLogCheckpoint(1_000, 0, 0, 7);
        using var at = new LogHarness(disk, start);
        Batch batch = at.Append();
        SegmentedLogCheckpoint checkpoint = at.Log.Checkpoint();
        using var again = new LogHarness(disk.Crash(1), checkpoint);
        Assert.Equal((1_000, 1_001), (again.Log.FirstOffset, again.Log.NextOffset));
        Assert.Equal([batch], again.ReadAll(1_000));
    }

    [Fact]
    public void What_was_appended_since_the_checkpoint_can_be_taken_back()
    {
        using var at = new LogHarness(LogHarness.NewDisk());
        List<Batch> batches = [.. Enumerable.Range(0, 20).Select(_ => at.Append(records: 2))];
        at.Log.Checkpoint();
        batches.AddRange(Enumerable.Range(0, 60).Select(_ => at.Append(records: 2)));
        Assert.Throws<ArgumentOutOfRangeException>(() => at.Log.TruncateAfter(39));
        Assert.Equal(160, at.Log.TruncateAfter(160));
        Assert.Equal(100, at.Log.TruncateAfter(101));
        Assert.Equal((100, 980), (at.Log.NextOffset, at.Log.MaxTimestamp));
        Assert.Equal(batches.Take(50), at.ReadAll(0));
        Assert.Equal(40, at.Log.TruncateAfter(40));
        Assert.Equal(380, at.Log.MaxTimestamp);
        List<Batch> others = [.. batches.Take(20), .. Enumerable.Range(0, 70).Select(_ => at.Append(generation: 1))];
        Assert.Equal(others, at.ReadAll(0));
        SegmentedLogCheckpoint checkpoint = at.Log.Checkpoint();
        using var again = new LogHarness(at.Disk.Crash(1), checkpoint);
        Assert.Equal(others, again.ReadAll(0));
    }

    [Fact]
    public void Bytes_are_counted_and_name_the_offset_that_keeps_so_many()
    {
        using var at = new LogHarness(LogHarness.NewDisk());
        for (int i = 0; i < 200; i++)
        {
            at.Append();
        }

        at.Log.Flush();
        Assert.True(at.Log.Bytes >= 200 * 148);
        Assert.Equal(0, at.Log.OffsetForBytes(long.MaxValue));
        for (long bytes = at.Log.Bytes; bytes >= 0; bytes -= 500)
        {
            long offset = at.Log.OffsetForBytes(bytes);
            Assert.True(offset == at.Log.FirstOffset || offset == at.Log.TrimBefore(offset));
            Assert.True(at.Log.Bytes <= Math.Max(bytes, 2_048));
            Assert.True(at.Log.Bytes > bytes - 2_048);
        }

        long before = at.Log.Bytes;
        at.Append();
        Assert.Equal(before + 148, at.Log.Bytes);
    }
}
