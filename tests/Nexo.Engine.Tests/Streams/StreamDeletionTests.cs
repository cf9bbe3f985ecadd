using Nexo.Engine.Streams;
using Nexo.Engine.Tests.Store;
using Nexo.Storage;
using Xunit;

namespace Nexo.Engine.Tests.Streams;

/// <summary>A stream that is deleted while somebody is in its files.</summary>
public sealed class StreamDeletionTests
{
    [Fact]
    public void A_stream_may_be_deleted_while_its_keys_are_read()
    {
        using var harness = new StreamHarness(new StreamLimits());
        harness.Create();
        string value = new('x', 1_000);
        for (int i = 0; i < 1_500; i++)
        {
            harness.Append(value, $"k{i}");
        }

        harness.RunJobs();
        Assert.Equal(StreamStatus.KeysLoading, harness.TryAppend("a", out _, "k7", version: 8));
        DeleteInTheMidst(harness);

        // Nothing is thrown on a thread that is nobody's.
        harness.RunJobs();
        Assert.Equal(StreamStatus.NotFound, harness.TryAppend("a", out _, "k7", version: 8));
    }

    [Fact]
    public void A_trim_by_bytes_of_a_stream_that_is_deleted_meanwhile_finds_none()
    {
        using StreamHarness harness = Closed();
        DeleteInTheMidst(harness);
        Assert.Equal(StreamStatus.NotFound, harness.Streams.Trim("s"u8, StreamTrimBy.Bytes, 600, out _, out _));
    }

    [Fact]
    public void A_backup_goes_on_when_a_stream_is_deleted_meanwhile()
    {
        using StreamHarness harness = Closed();
        harness.Create(name: "other");
        harness.Append("a", name: "other");
        using StreamSnapshot backup = harness.Streams.BeginSnapshot(harness.Log.AppendedLsn, isWhole: true);
        DeleteInTheMidst(harness);
        var records = new RecordList();
        while (backup.MoveNext(records))
        {
        }

        Assert.Equal(0, harness.Streams.Describe("s"u8, out _, out _) == StreamStatus.NotFound ? 0 : 1);
        Assert.True(records.Count > 3, "the other one is there");
    }

    private static StreamHarness Closed()
    {
        var harness = new StreamHarness();
        harness.Create();
        for (int i = 0; i < 300; i++)
        {
            harness.Append($"{i}");
        }

        harness.Snapshot();
        harness.Restart();
        return harness;
    }

    // With the first read of one of its files behind its opening.
    private static void DeleteInTheMidst(StreamHarness harness)
    {
        int reads = 0;
        harness.Disk.Before = (kind, path) =>
        {
            if (kind == DiskOperationKinds.Read && path.StartsWith("streams/00000001/", StringComparison.Ordinal) && ++reads == 4)
            {
                harness.Disk.Before = null;
                Assert.Equal(StreamStatus.Ok, harness.Streams.Delete("s"u8, false, out _, out _));
                harness.RunJobs();
            }
        };
    }
}
