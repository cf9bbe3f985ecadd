using System.Buffers;
using Nexo.Engine.Memory;
using Nexo.Engine.Streams;
using Xunit;

namespace Nexo.Engine.Tests.Streams.Groups;

/// <summary>What groups keep in memory and in snapshots does not grow with how many they are, or how long they live.</summary>
public sealed class GroupBoundTests
{
    private const int PageBytes = 4_096;

    [Fact]
    public void Windows_keep_no_more_together_than_they_may()
    {
        var memory = new GroupMemory(5 * PageBytes);
        var hasher = KeyHash.Random();
        GroupWindow[] windows =
            [.. Enumerable.Range(0, 3).Select(_ => new GroupWindow(hasher, hasher, 1_000 * PageBytes, memory))];
        for (int offset = 0; offset < 30; offset++)
        {
            foreach (GroupWindow window in windows)
            {
                Read(window, offset);

                // One page of each, at worst.
                Assert.InRange(memory.Bytes, PageBytes, (5 + windows.Length) * PageBytes);
                Assert.True(window.TryFind(offset, out int last) && window[last].IsWarm, "what was read last is there");
            }
        }

        Assert.True(memory.Bytes >= 5 * PageBytes, "what there is room for is kept");
        Assert.All(windows, window => Assert.Equal(30, window.Count));
        Assert.All(windows, window => Assert.True(window.TryFind(0, out int first) && !window[first].IsWarm, "the oldest is not"));
        Array.ForEach(windows, window => window.Clear());
        Assert.Equal(0, memory.Bytes);
    }

    [Fact]
    public void Runs_that_are_longer_than_a_count_on_disk_come_back_whole()
    {
        var done = new DoneOffsets(5);
        done.Add(7, 8);
        done.Add(100, 100 + (3L * uint.MaxValue) + 17);
        byte[] payload = new byte[GroupKeptRecord.BytesOf(done.Runs, default)];
        GroupKeptRecord.Write(payload, 1, 2, 3, done, default);
        Assert.True(GroupKeptRecord.TryRead(payload, out GroupKeptRecord record), "it can be read");
        var again = new DoneOffsets(0);
        record.Apply(again, []);
        Assert.Equal((done.Position, done.Above), (again.Position, again.Above));
        Assert.Equal(done.Runs.ToArray(), again.Runs.ToArray());
    }

    [Fact]
    public void Failures_of_records_that_were_trimmed_are_forgotten()
    {
        using var harness = new GroupHarness();
        harness.CreateGroup(StreamGroupMode.SharedByKey);
        for (int i = 0; i < 10; i++)
        {
            harness.Append($"{i}");
        }

        MemberDouble member = harness.Join(4);
        Got[] failing = [.. member.Records.Take(3)];
        Array.ForEach(failing, record => member.Nack(StreamNack.Delay, record, delayMs: 60_000));
        Assert.Equal(StreamStatus.Ok, harness.Streams.Trim("s"u8, StreamTrimBy.Offset, 8, out _, out _));
        harness.Info();
        member.Handle.Dispose();
        harness.Snapshot();

        // The record of the group alone, without runs and failures.
        Assert.Equal(2 * 32, harness.SnapshotHex().Single(record => record.Kind == 103).Hex.Length);
        Assert.Equal(["8", "9"], harness.Join(10).Records.Select(record => record.Value));
    }

    [Fact]
    public void What_was_committed_ahead_is_not_delivered()
    {
        using var harness = new GroupHarness();
        harness.CreateGroup(StreamGroupMode.Ordered);
        for (int i = 0; i < 10; i++)
        {
            harness.Append($"{i}");
        }

        MemberDouble member = harness.Join(2);
        Assert.Equal(StreamStatus.Ok, member.Commit(6, out _));
        member.AddCredits(10);
        harness.Run();
        Assert.Equal([0, 1, 6, 7, 8, 9], member.Records.Select(record => record.Offset));
    }

    private static void Read(GroupWindow window, long offset)
    {
        Span<byte> bytes = stackalloc byte[StreamRecordForm.HeaderBytes + sizeof(ushort)];
        bytes.Clear();
        StreamRecordForm.WriteHeader(bytes, bytes.Length, offset, 0, 0);
        var page = new GroupPage();
        page.Write(bytes);
        Assert.Equal(PageBytes, page.Capacity);
        window.Add(new StreamRecordView(bytes), page, 0, default);
        window.Keep(page);
    }
}
