using Nexo.Engine.Streams;
using Nexo.Engine.Tests.Store;
using Nexo.Storage;
using Xunit;

namespace Nexo.Engine.Tests.Streams.Groups;

/// <summary>What becomes of groups at borders of the log and of snapshots.</summary>
public sealed class GroupRecoveryTests
{
    [Fact]
    public void What_is_committed_in_an_epoch_for_which_the_log_had_no_room_outlives_a_restart()
    {
        using var harness = new GroupHarness();
        harness.CreateGroup(StreamGroupMode.Ordered);
        for (int i = 0; i < 10; i++)
        {
            harness.Append($"{i}");
        }

        MemberDouble first = harness.Join(100);
        MemberDouble second = harness.Join(100);
        (harness.Log.Inner.Room, harness.Log.Inner.RoomOfReserve) = (LogRoom.Full, LogRoom.Full);
        first.Handle.Dispose();
        harness.Run();
        (harness.Log.Inner.Room, harness.Log.Inner.RoomOfReserve) = (LogRoom.Ok, LogRoom.Ok);
        Assert.Equal(StreamStatus.Ok, second.Commit(7, out StreamGroupSettled settled));
        Assert.Equal((7, 3ul), (settled.Position, settled.Epoch));
        harness.Restart();
        Assert.Equal((7, 3ul), (harness.Info().Position, harness.Info().Epoch));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_snapshot_that_begins_behind_the_record_of_a_group_has_what_it_says(bool isDeleted)
    {
        var disk = new MemoryDisk();
        var log = new TellingLog();
        using var streams = new StreamService(new StreamLimits(), new EngineClock(TimeProvider.System));
        streams.BeginRecovery(new StreamDisk(disk, 7, new Silent())).Complete(log);
        streams.Create("s"u8, new StreamOptionSet(), out _);
        if (isDeleted)
        {
            Create(streams);
        }

        var records = new RecordList();
        Lsn position = Lsn.None;
        Task? snapshot = null;
        log.Appended = () =>
        {
            log.Appended = null;
            position = log.AppendedLsn;
            snapshot = Task.Run(
                () =>
                {
                    using StreamSnapshot taken = streams.BeginSnapshot(position);
                    while (taken.MoveNext(records))
                    {
                    }
                },
                TestContext.Current.CancellationToken);

            // It is over at once, or waits for who has logged.
            SpinWait.SpinUntil(() => snapshot.IsCompleted, TimeSpan.FromMilliseconds(300));
        };
        if (isDeleted)
        {
            streams.DeleteGroup("s"u8, "g"u8, out _);
        }
        else
        {
            Create(streams);
        }

        await snapshot!.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        using var again = new StreamService(new StreamLimits(), new EngineClock(TimeProvider.System));
        StreamRecovery recovery = again.BeginRecovery(new StreamDisk(disk, 7, new Silent()));
        records.Replay(recovery);
        log.Inner.Replay(position, recovery);
        recovery.Complete();
        Assert.Equal(
            isDeleted ? StreamStatus.GroupNotFound : StreamStatus.Ok, again.DescribeGroup("s"u8, "g"u8, out _));
    }

    [Fact]
    public void Retention_that_is_under_way_goes_not_beyond_a_group_that_is_sought_back()
    {
        using var harness = new GroupHarness();
        harness.Streams.Update("s"u8, 0, new StreamOptionSet { AgeMs = 10_000, ProtectGroups = true }, out _);
        for (int i = 0; i < 3; i++)
        {
            harness.Append($"{i}");
        }

        harness.CreateGroup(StreamGroupMode.Ordered, from: new StreamPlace(StreamFrom.End));
        harness.Disk.Before = (kind, _) =>
        {
            if (kind == DiskOperationKinds.Write)
            {
                harness.Disk.Before = null;
                Assert.Equal(0, harness.Seek(new StreamPlace(StreamFrom.Beginning)).After);
            }
        };
        harness.Pass(11_000);
        Assert.Null(harness.Disk.Before);
        Assert.Equal(StreamStatus.Ok, harness.Streams.Describe("s"u8, out _, out StreamRange range));
        Assert.Equal((0, 0), (range.First, harness.Info().Position));
        Assert.Equal(3, harness.Join(100).Records.Count);
    }

    private static void Create(StreamService streams) => Assert.Equal(
        StreamStatus.Ok,
        streams.CreateGroup(
            "s"u8, "g"u8, StreamGroupMode.Ordered, new StreamPlace(StreamFrom.End), new StreamGroupOptionSet(), out _));

    /// <summary>Tells when a record has been appended, before who appended it goes on.</summary>
    private sealed class TellingLog : IDurableLog, LogAppend.IEnd
    {
        public MemoryLog Inner { get; } = new();

        public Action? Appended { get; set; }

        public Lsn AppendedLsn => Inner.AppendedLsn;

        public Lsn DurableLsn => Inner.AppendedLsn;

        public LogRoom RoomFor(int payloadBytes) => LogRoom.Ok;

        public LogRoom RoomForRemoval(int payloadBytes) => LogRoom.Ok;

        public LogAppend Begin(byte kind, int payloadBytes)
        {
            LogAppend append = Inner.Begin(kind, payloadBytes);
            return new LogAppend(this, append.Payload, append.Lsn);
        }

        public void EndAppend()
        {
            Inner.EndAppend();
            Appended?.Invoke();
        }

        public ValueTask WhenDurableAsync(Lsn lsn) => ValueTask.CompletedTask;
    }

    private sealed class Silent : IStorageObserver
    {
        public void Notice(StorageLevel level, string message)
        {
        }

        public void Progress(long bytesDone, long bytesTotal, long records)
        {
        }
    }
}
