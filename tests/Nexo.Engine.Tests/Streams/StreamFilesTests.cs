using System.Buffers;
using System.Text;
using Nexo.Engine.Streams;
using Nexo.Storage;
using Xunit;

namespace Nexo.Engine.Tests.Streams;

public sealed class StreamFilesTests
{
    private const int FooterBytes = 64;

    [Fact]
    public void An_index_that_is_gone_is_made_anew()
    {
        using StreamHarness harness = Kept(300);
        foreach (string path in Segments(harness))
        {
            using IDiskFile file = harness.Disk.Open(path, forWriting: true);
            file.SetLength(file.Length - FooterBytes);
        }

        harness.Restart();
        Assert.Equal(150, harness.ReadOnce(new StreamPlace(StreamFrom.Offset, 150)).Records[0].Offset);
        Assert.Equal(300, harness.ReadAll().Count);
        Assert.Equal(300, harness.ReadAll(backward: true).Count);
        Assert.Empty(harness.Notices);
    }

    [Fact]
    public void Damage_in_one_segment_is_told_to_those_who_read_there_and_to_nobody_else()
    {
        using StreamHarness harness = Kept(300);
        List<string> segments = Segments(harness);
        using (IDiskFile file = harness.Disk.Open(segments[2], forWriting: true))
        {
            byte[] one = new byte[1];
            file.Read(one, 200);
            file.Write([(byte)~one[0]], 200);
        }

        harness.Restart();
        Assert.Equal(0, harness.ReadOnce(new StreamPlace(StreamFrom.Beginning)).Records[0].Offset);
        Assert.Equal(299, harness.ReadOnce(new StreamPlace(StreamFrom.Last, 1)).Records[0].Offset);
        long damaged = Convert.ToInt64(segments[2].Split('/')[^1].Split('.')[0], 16);
        var terms = new StreamReadTerms { From = new StreamPlace(StreamFrom.Offset, (ulong)damaged) };
        Assert.Equal(
            StreamStatus.Unreadable, harness.Streams.Read("s"u8, terms, new ArrayBufferWriter<byte>(), out _));
        Assert.Contains("damaged", Assert.Single(harness.Notices), StringComparison.Ordinal);
        Assert.Equal(300, harness.Append("goes on"));
        Assert.Equal("goes on", harness.ReadOnce(new StreamPlace(StreamFrom.Last, 1)).Records[0].Value);
    }

    [Fact]
    public void A_start_does_the_same_work_however_much_a_stream_holds()
    {
        Assert.Equal(OperationsOfStart(50), OperationsOfStart(2_000));
        Assert.InRange(OperationsOfStart(2_000), 0, 20);
    }

    [Fact]
    public void An_idle_stream_has_no_open_file_and_little_memory_and_goes_on_when_it_is_used()
    {
        using StreamHarness harness = Kept(100);
        using (StreamFollower tail = Follow(harness))
        {
            // Who waits needs no file either, but is woken.
            harness.Care(10_000);
            harness.Care(10_000);
            Assert.NotEqual(0, harness.Stats().Segments);
        }

        harness.Append("more");
        harness.Care(10_000);
        harness.Care(10_000);
        Assert.Equal(0, harness.Stats().Segments);
        Assert.True(harness.Stats().Bytes > 0, "a closed stream has its bytes");
        Assert.Equal(101, harness.ReadAll().Count);
        Assert.Equal(101, harness.Append("again"));
        harness.Restart(harness.Disk.Crash(3));
        Assert.Equal(102, harness.ReadAll().Count);
    }

    [Fact]
    public void Streams_that_become_idle_together_do_not_hold_up_who_appends()
    {
        using var harness = new StreamHarness();
        for (int i = 0; i < 10; i++)
        {
            harness.Create(name: $"idle-{i}");
            harness.Append("a", name: $"idle-{i}");
        }

        harness.Create();
        harness.Care();
        var pending = new List<long>();
        harness.Disk.Before = (kind, path) =>
        {
            if (kind == DiskOperationKinds.Sync)
            {
                pending.Add(harness.Stats().PendingBytes);
                harness.Append(new string('x', 1_000));
            }
        };
        harness.Care(10_000);
        harness.Disk.Before = null;
        Assert.Equal(10, pending.Count);
        Assert.All(pending, bytes => Assert.Equal(0, bytes));
    }

    [Fact]
    public void Thousands_of_streams_cost_less_than_a_kilobyte_each_and_a_start_opens_none()
    {
        const int Streams = 3_000;
        using var harness = new StreamHarness();
        for (int i = 0; i < Streams; i++)
        {
            harness.Create(name: $"stream-{i}");
            harness.Append("a", name: $"stream-{i}");
        }

        harness.Snapshot();
        harness.Restart();
        Assert.Equal((Streams, 0), (harness.Streams.Count, harness.Disk.OpenFiles));
        long before = GC.GetTotalMemory(forceFullCollection: true);
        harness.Streams.Dispose();
        Assert.InRange((before - GC.GetTotalMemory(forceFullCollection: true)) / Streams, 1, 1_024);
        harness.Restart();
        Assert.Equal(1, harness.Append("b", name: "stream-77"));
    }

    [Fact]
    public void Records_of_many_streams_come_back_each_in_its_own()
    {
        using var harness = new StreamHarness();
        for (int i = 0; i < 600; i++)
        {
            if (i < 20)
            {
                harness.Create(name: $"s{i}");
            }

            harness.Append($"{i}", name: $"s{i % 20}");
            if (i == 300)
            {
                harness.Snapshot();
            }
        }

        harness.RunJobs();
        harness.Restart(harness.Disk.Crash(5));
        for (int i = 0; i < 20; i++)
        {
            var target = new ArrayBufferWriter<byte>();
            Assert.Equal(
                StreamStatus.Ok, harness.Streams.Read(Encoding.ASCII.GetBytes($"s{i}"), new StreamReadTerms(), target, out _));
            Assert.Equal(
                Enumerable.Range(0, 30).Select(j => $"{(j * 20) + i}"),
                StreamHarness.Parse(target.WrittenSpan).Select(record => record.Value));
        }
    }

    [Fact]
    public void Of_an_append_in_whose_midst_a_checkpoint_was_made_the_rest_comes_from_the_log()
    {
        using var harness = new StreamHarness();
        harness.Create();
        harness.AppendAll([.. Enumerable.Range(0, 30).Select(i => ((string?)null, $"{i}:{new string('x', 30)}"))]);
        List<Read> all = harness.ReadAll();

        // The files as they would be if only the first part had come before the checkpoint.
        var log = new RecordsOf(82);
        harness.Log.Inner.Replay(Lsn.None, log);
        byte[] whole = log.Payload!;
        ReadOnlySpan<byte> rest = whole.AsSpan(17);
        for (int i = 0; i < 7; i++)
        {
            Assert.True(StreamRecordForm.TryTake(ref rest, out _));
        }

        byte[] part = whole[..^rest.Length];
        part[12] = 7;
        harness.Log.Inner.Cut(new Lsn(1));
        harness.Log.Begin(82, part.Length).Fill(part);
        harness.Restart();
        Assert.Equal(all.Take(7), harness.ReadAll());
        harness.Snapshot();
        harness.Log.Begin(82, whole.Length).Fill(whole);
        harness.Restart();
        Assert.Equal(all, harness.ReadAll());
        harness.Restart();
        Assert.Equal(all, harness.ReadAll());
    }

    [Fact]
    public void A_full_disk_refuses_appends_and_takes_trims()
    {
        using StreamHarness harness = Kept(100);
        harness.Log.Inner.Room = LogRoom.Full;
        Assert.Equal(StreamStatus.DiskFull, harness.TryAppend("x", out _));
        Assert.Equal(StreamStatus.Ok, harness.Streams.Trim("s"u8, StreamTrimBy.Records, 10, out _, out _));
        harness.Log.Inner.Room = LogRoom.Failed;
        Assert.Equal(StreamStatus.LogFailed, harness.TryAppend("x", out _));
        harness.Log.Inner.Room = LogRoom.Ok;
        Assert.Equal(100, harness.Append("x"));
    }

    [Fact]
    public void Where_its_own_files_have_no_room_a_stream_takes_no_more_until_they_have()
    {
        using StreamHarness harness = Kept(100);
        harness.Disk.CapacityBytes = 0;
        while (harness.TryAppend(new string('x', 100), out _) == StreamStatus.Ok)
        {
            harness.RunJobs();
        }

        long next = harness.Range().Next;
        Assert.Equal(StreamStatus.DiskFull, harness.TryAppend("x", out _));
        Assert.Contains("streams/00000001", Assert.Single(harness.Notices), StringComparison.Ordinal);
        Assert.Equal(next, harness.ReadAll().Count);
        harness.Disk.CapacityBytes = long.MaxValue;
        harness.Care();
        Assert.Equal(next, harness.Append("x"));
        harness.RunJobs();
        harness.Snapshot();
        harness.Restart();
        Assert.Equal(next + 1, harness.ReadAll().Count);
    }

    [Fact]
    public void Without_a_data_directory_memory_is_bounded_and_free_again_when_records_go()
    {
        var limits = new StreamLimits { MemoryBytesMax = 4 * 1_024 * 1_024 };
        using var streams = new StreamService(limits, new EngineClock(TimeProvider.System));
        Assert.Equal(StreamStatus.Ok, streams.Create("s"u8, new StreamOptionSet(), out _));
        byte[] value = new byte[100_000];
        StreamStatus status = StreamStatus.Ok;
        for (int i = 0; i < 100 && status == StreamStatus.Ok; i++)
        {
            status = streams.Append("s"u8, new StreamRecord { Value = value }, default, out _);
        }

        Assert.Equal(StreamStatus.OutOfMemory, status);
        Assert.Equal(StreamStatus.Ok, streams.Stats("s"u8, out StreamStats? stats));
        Assert.InRange(stats!.Bytes, 3_000_000, 4 * 1_024 * 1_024);
        Assert.Equal(StreamStatus.Ok, streams.Delete("s"u8, false, out _, out _));
        Assert.Equal(StreamStatus.Ok, streams.Create("t"u8, new StreamOptionSet(), out _));
        for (int i = 0; i < 500 && status != StreamStatus.Ok; i++)
        {
            // Its memory is given back beside.
            Thread.Sleep(10);
            status = streams.Append("t"u8, new StreamRecord { Value = value }, default, out _);
        }

        Assert.Equal(StreamStatus.Ok, status);
    }

    [Fact]
    public void Without_a_data_directory_streams_live_in_memory()
    {
        using var streams = new StreamService(
            new StreamLimits { Tuning = StreamHarness.Tiny }, new EngineClock(TimeProvider.System));
        Assert.Equal(StreamStatus.Ok, streams.Create("s"u8, new StreamOptionSet { Records = 100 }, out _));
        for (int i = 0; i < 2_000; i++)
        {
            var record = new StreamRecord { Value = Encoding.ASCII.GetBytes($"{i}") };
            Assert.Equal(StreamStatus.Ok, streams.Append("s"u8, record, default, out StreamAppended appended));
            Assert.Equal((i, false), (appended.Offset, appended.Waits));
        }

        var target = new ArrayBufferWriter<byte>();
        Assert.Equal(StreamStatus.Ok, streams.Read("s"u8, new StreamReadTerms(), target, out StreamReadResult result));
        Assert.Equal(2_000, result.Range.Next);
        Assert.Equal(
            Enumerable.Range((int)result.Range.First, result.Count).Select(i => $"{i}"),
            StreamHarness.Parse(target.WrittenSpan).Select(record => record.Value));
    }

    private static StreamFollower Follow(StreamHarness harness)
    {
        Assert.Equal(
            StreamStatus.Ok,
            harness.Streams.Follow("s"u8, new StreamPlace(StreamFrom.End), default, out StreamFollower? tail, out _));
        Assert.True(tail!.TryWait(() => { }));
        return tail;
    }

    private static int OperationsOfStart(int records)
    {
        using StreamHarness harness = Kept(records);
        SimulatedDisk disk = harness.Disk.Kill();
        int before = disk.Count(DiskOperationKinds.All);
        harness.Restart(disk);
        harness.Append("x");
        return disk.Count(DiskOperationKinds.All) - before;
    }

    private static List<string> Segments(StreamHarness harness)
    {
        List<string> all =
        [
            .. harness.Disk.Paths.Where(path => path.EndsWith(".seg", StringComparison.Ordinal)).Order(StringComparer.Ordinal),
        ];
        return all[..^1];
    }

    private static StreamHarness Kept(int records)
    {
        var harness = new StreamHarness();
        harness.Create();
        for (int i = 0; i < records; i++)
        {
            harness.Append($"{i}:{new string('x', 20)}");
        }

        harness.RunJobs();
        harness.Snapshot();
        harness.Restart();
        return harness;
    }

    // Keeps the last record of a kind.
    private sealed class RecordsOf(byte kind) : IRecordSink
    {
        public byte[]? Payload { get; private set; }

        public void OnRecord(Lsn lsn, byte recordKind, ReadOnlySpan<byte> payload) =>
            Payload = recordKind == kind ? payload.ToArray() : Payload;
    }
}

internal static class Appending
{
    public static void Fill(this LogAppend append, ReadOnlySpan<byte> payload)
    {
        payload.CopyTo(append.Payload);
        append.Dispose();
    }
}
