using Nexo.Engine.Streams;
using Nexo.Storage;
using Xunit;

namespace Nexo.Engine.Tests.Streams;

/// <summary>What still goes when the disk has no room for the files of streams.</summary>
public sealed class StreamFullDiskTests
{
    [Fact]
    public void A_trim_makes_room_although_the_last_records_could_not_be_written()
    {
        using StreamHarness harness = Full(out int written);
        long before = Bytes(harness);
        Assert.Equal(
            StreamStatus.Ok, harness.Streams.Trim("s"u8, StreamTrimBy.Offset, (ulong)written, out long first, out _));
        Assert.Equal(written, first);
        harness.Care();
        harness.Care();
        Assert.True(Bytes(harness) < before / 2, $"{Bytes(harness)} of {before} bytes are still there");
        Assert.Equal(written, harness.Append("goes on"));
        harness.Restart(harness.Disk.Crash(1));
        Assert.Equal("goes on", Assert.Single(harness.ReadAll()).Value);
    }

    [Fact]
    public void A_trim_that_fails_is_tried_again()
    {
        using var harness = new StreamHarness();
        harness.Create();
        for (int i = 0; i < 300; i++)
        {
            harness.Append($"{i}:{new string('x', 20)}");
        }

        harness.RunJobs();
        Assert.Equal(StreamStatus.Ok, harness.Streams.Trim("s"u8, StreamTrimBy.Records, 10, out _, out _));
        harness.Disk.FailAt(1, DiskError.Full, DiskOperationKinds.Create);
        harness.Care();
        int before = Segments(harness);
        harness.Care();
        harness.Care();
        Assert.True(Segments(harness) < before / 2, $"{Segments(harness)} of {before} segments are still there");
    }

    [Fact]
    public void A_snapshot_holds_what_could_not_be_written_and_lets_the_log_go()
    {
        using StreamHarness harness = Full(out int written);
        harness.Create(name: "gone");
        for (int i = 0; i < 4; i++)
        {
            harness.Snapshot();
        }

        harness.Restart(harness.Disk.Crash(1));
        Assert.Equal(Enumerable.Range(0, written).Select(i => $"{i}"), harness.ReadAll().Select(record => record.Value.Split(':')[0]));
        harness.Disk.CapacityBytes = long.MaxValue;
        harness.Care();
        Assert.Equal(written, harness.Append($"{written}:"));
        harness.Snapshot();
        harness.Restart(harness.Disk.Crash(2));
        Assert.Equal(written + 1, harness.ReadAll().Count);
    }

    // Its last records have not got into files.
    private static StreamHarness Full(out int written)
    {
        var harness = new StreamHarness();
        harness.Create();
        written = 0;
        for (; written < 200; written++)
        {
            harness.Append($"{written}:{new string('x', 20)}");
        }

        harness.Snapshot();
        harness.Disk.CapacityBytes = Bytes(harness) + 600;
        while (harness.TryAppend($"{written}:{new string('x', 20)}", out _) == StreamStatus.Ok)
        {
            written++;
            harness.RunJobs();
        }

        Assert.InRange(written, 201, 300);
        Assert.Equal(StreamStatus.DiskFull, harness.TryAppend("refused", out _));
        return harness;
    }

    private static int Segments(StreamHarness harness) =>
        harness.Disk.Paths.Count(path => path.EndsWith(".seg", StringComparison.Ordinal));

    private static long Bytes(StreamHarness harness) => harness.Disk.Paths.Sum(path => harness.Disk.ReadAll(path).LongLength);
}
