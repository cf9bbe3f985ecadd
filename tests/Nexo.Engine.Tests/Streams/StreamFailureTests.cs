using Nexo.Engine.Streams;
using Nexo.Engine.Tests.Store;
using Nexo.Storage;
using Xunit;

namespace Nexo.Engine.Tests.Streams;

public sealed class StreamFailureTests
{
    [Fact]
    public void The_files_of_a_stream_are_found_by_a_snapshot_and_damage_in_them_too()
    {
        using var harness = new StreamHarness();
        harness.Create();
        for (int i = 0; i < 300; i++)
        {
            harness.Append($"{i}");
        }

        var finder = new StreamLogFinder();
        using (StreamSnapshot snapshot = harness.Streams.BeginSnapshot(harness.Log.AppendedLsn))
        {
            var records = new RecordList();
            while (snapshot.MoveNext(records))
            {
            }

            records.Replay(finder);
        }

        FoundLog found = Assert.Single(finder.Logs(7));
        Assert.Equal("the stream 's'", found.Name);
        SegmentedLogReport report = SegmentedLogCheck.Run(harness.Disk, found.Directory, found.LogId, found.Checkpoint);
        Assert.Equal((true, true, 300), (report.IsSound, report.IsOpenable, report.Records));
        string second = harness.Disk.Paths.Where(path => path.EndsWith(".seg", StringComparison.Ordinal)).ElementAt(1);
        harness.Disk.FlipBit(second, 200, 3);
        report = SegmentedLogCheck.Run(harness.Disk, found.Directory, found.LogId, found.Checkpoint);
        Assert.Equal((second, true), (Assert.Single(report.Damages).Path, report.IsOpenable));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_stream_that_cannot_be_synced_stops_alone_and_loses_nothing(bool afterTrim)
    {
        using var harness = new StreamHarness();
        harness.Create();
        harness.Create(name: "other");
        List<string> values = [.. Enumerable.Range(0, 200).Select(i => $"{i}:{new string('x', i % 50)}")];
        values[..100].ForEach(value => harness.Append(value));
        harness.Snapshot();
        values[100..].ForEach(value => harness.Append(value));
        if (afterTrim)
        {
            // Beyond what is durable in its files.
            Assert.Equal(
                StreamStatus.Ok, harness.Streams.Trim(StreamHarness.Bytes(StreamHarness.S), StreamTrimBy.Offset, 150, out _, out _));
            harness.Care();
            values.RemoveRange(0, 150);
        }

        harness.Disk.FailAt(1, DiskError.Io, DiskOperationKinds.Sync);
        harness.Snapshot();
        harness.Disk.Heal();
        Assert.Contains("no more records", Assert.Single(harness.Notices), StringComparison.Ordinal);
        Assert.Equal((1, 1), (harness.Stats().Failed, harness.Streams.Totals.Failed));
        Assert.Equal(StreamStatus.LogFailed, harness.TryAppend("refused", out _));
        Assert.Equal(0, harness.Append("goes on", name: "other"));
        Assert.Equal(values, harness.ReadAll().Select(record => record.Value));

        // The log before the last snapshot is gone.
        for (int i = 0; i < 3; i++)
        {
            harness.Snapshot();
        }

        Assert.Single(harness.Notices);
        harness.Restart(harness.Disk.Crash(7));
        Assert.Equal(values, harness.ReadAll().Select(record => record.Value));
        Assert.Equal(200, harness.Append("again"));
        Assert.Equal((0, 1), (harness.Stats().Failed, harness.Range("other").Next));
        harness.Snapshot();
        harness.Restart(harness.Disk.Crash(8));
        Assert.Equal(values.Append("again"), harness.ReadAll().Select(record => record.Value));
    }
}
