using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics;
using System.Text;
using Nexo.Engine;
using Nexo.Engine.Streams;
using Nexo.Storage;

namespace Nexo.Bench.Micro;

/// <summary>
/// Durable appends of streams on a real disk, two ways in turn: through the one write-ahead log and lazily into segments, as the engine
/// does, and into the segments directly, each synced. One stream with 1,024 records in flight, and a hundred with 64 each. Then what the
/// engine needs in processor time where no disk is waited for, and to read back.
/// </summary>
internal static class StreamTable
{
    private const int RecordBytes = 256;
    private const int BatchRecords = 64;
    private const int WindowRecords = 1_024;
    private const int ReadBytes = 1_024 * 1_024;
    private const double SecondsPerMeasure = 2;
    private const int CpuRounds = 1_000;
    private const int SyncThreads = 16;
    private const double Million = 1e6;

    public static void Print(string? parent)
    {
        string root = Path.Combine(parent ?? Path.GetTempPath(), $"nexo-bench-streams-{Environment.ProcessId}");
        try
        {
            Console.WriteLine($"{RecordBytes}-byte values, {BatchRecords} to a batch, on {root}");
            Console.WriteLine("streams   way        durable appends/s   CPU-s/M   MB/s of records   rounds/s");
            foreach (int streams in new[] { 1, 100, 1, 100 })
            {
                InFolder(root, disk => MeasureLog(disk, streams));
                InFolder(root, disk => MeasureDirect(disk, streams));
            }

            Console.WriteLine("in processor time, no disk waited for   append CPU-s/M   read CPU-s/M   read/s");
            for (int i = 0; i < 2; i++)
            {
                InFolder(root, MeasureCpu);
            }
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    private static void InFolder(string root, Action<RealDisk> measure)
    {
        string folder = Path.Combine(root, Guid.NewGuid().ToString("n"));
        Directory.CreateDirectory(folder);
        measure(new RealDisk(folder));
        Directory.Delete(folder, recursive: true);
    }

    private static void MeasureLog(RealDisk disk, int count)
    {
        using Wal wal = OpenLog(disk);
        using StreamService streams = OpenStreams(disk, wal, count);
        byte[] batch = NewBatch();
        byte[][] names = Names(count);
        int batches = count == 1 ? WindowRecords / BatchRecords : 1;
        Measure("one log", count, () =>
        {
            foreach (byte[] name in names)
            {
                for (int i = 0; i < batches; i++)
                {
                    Append(streams, name, batch);
                }
            }

            wal.WhenDurableAsync(wal.AppendedLsn).AsTask().GetAwaiter().GetResult();

            // What a server does between two snapshots: the files of the log are written over.
            wal.Recycle(wal.DurableLsn);
            return count * batches * BatchRecords;
        }, () => Snapshot(streams, wal));
    }

    // What is appended is durable when its own segment is synced.
    private static void MeasureDirect(RealDisk disk, int count)
    {
        var cache = new SegmentCache();
        SegmentedLog[] logs =
        [
            .. Enumerable.Range(0, count).Select(i =>
                SegmentedLog.Open(disk, $"direct/{i:D3}", 1, default, new SegmentedLogOptions(), cache)),
        ];
        byte[] batch = new byte[BatchRecords * (StreamRecordForm.HeaderBytes + 2 + RecordBytes)];
        Random.Shared.NextBytes(batch);
        int batches = count == 1 ? WindowRecords / BatchRecords : 1;
        var together = new ParallelOptions { MaxDegreeOfParallelism = SyncThreads };
        Measure("segments", count, () =>
        {
            Parallel.ForEach(logs, together, log =>
            {
                for (int i = 0; i < batches; i++)
                {
                    log.Append(
                        new BatchHeader { BaseOffset = log.NextOffset, Offsets = BatchRecords, Records = BatchRecords },
                        batch);
                }

                log.Checkpoint();
            });
            return count * batches * BatchRecords;
        }, () => { });
        Array.ForEach(logs, log => log.Dispose());
    }

    private static void Measure(string way, int streams, Func<int> round, Action last)
    {
        round();
        TimeSpan cpu = Environment.CpuUsage.TotalTime;
        long start = Stopwatch.GetTimestamp();
        long records = 0;
        int rounds = 0;
        while (Stopwatch.GetElapsedTime(start).TotalSeconds < SecondsPerMeasure)
        {
            records += round();
            rounds++;
        }

        last();
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        double used = (Environment.CpuUsage.TotalTime - cpu).TotalSeconds;
        Console.WriteLine(
            $"{streams,7}   {way,-9}   {records / seconds,17:N0}   {used * Million / records,7:F2}"
            + $"   {records * (double)RecordBytes / seconds / 1e6,15:F0}   {rounds / seconds,8:N0}");
    }

    private static void MeasureCpu(RealDisk disk)
    {
        using Wal wal = OpenLog(disk);
        using StreamService streams = OpenStreams(disk, wal, 1);
        byte[] batch = NewBatch();
        byte[] name = Names(1)[0];
        Append(streams, name, batch);
        TimeSpan cpu = Environment.CpuUsage.TotalTime;
        for (int i = 0; i < CpuRounds; i++)
        {
            for (int j = 0; j < WindowRecords / BatchRecords; j++)
            {
                Append(streams, name, batch);
            }

            wal.WhenRoomAsync().AsTask().GetAwaiter().GetResult();
            wal.Recycle(new Lsn(Math.Max(1, wal.DurableLsn.Value)));
        }

        wal.FlushAsync().AsTask().GetAwaiter().GetResult();
        double append = (Environment.CpuUsage.TotalTime - cpu).TotalSeconds * Million / (CpuRounds * WindowRecords);
        var target = new ArrayBufferWriter<byte>(2 * ReadBytes);
        cpu = Environment.CpuUsage.TotalTime;
        long start = Stopwatch.GetTimestamp();
        long read = 0;
        ulong next = 0;
        while (read < CpuRounds * WindowRecords)
        {
            var terms = new StreamReadTerms { From = new StreamPlace(StreamFrom.Offset, next), BytesMax = ReadBytes };
            streams.Read(name, terms, target, out StreamReadResult result);
            target.ResetWrittenCount();
            read += result.Count;
            next = (ulong)result.ContinueAt;
        }

        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        double reading = (Environment.CpuUsage.TotalTime - cpu).TotalSeconds * Million / read;
        Console.WriteLine($"{append,54:F3}   {reading,12:F3}   {read / seconds,6:N0}");
    }

    private static Wal OpenLog(RealDisk disk)
    {
        // Past its small first segment, as a server is after its first minute.
        var options = new WalOptions { FirstSegmentBytes = new WalOptions().SegmentBytes };
        return Wal.Open(disk, 1, WalTail.BeginAt(new Lsn(1)), options, TimeProvider.System, new Silent());
    }

    private static StreamService OpenStreams(RealDisk disk, Wal wal, int count)
    {
        var streams = new StreamService(new StreamLimits(), new EngineClock(TimeProvider.System));
        streams.BeginRecovery(new StreamDisk(disk, 1, new Silent())).Complete(wal);
        foreach (byte[] name in Names(count))
        {
            streams.Create(name, new StreamOptionSet(), out _);
        }

        return streams;
    }

    private static void Snapshot(StreamService streams, Wal wal)
    {
        using StreamSnapshot snapshot = streams.BeginSnapshot(wal.AppendedLsn);
        while (snapshot.MoveNext(new Nowhere()))
        {
        }
    }

    private static void Append(StreamService streams, byte[] name, byte[] batch)
    {
        StreamStatus status = streams.AppendBatch(name, BatchRecords, batch, default, out _);
        if (status != StreamStatus.Ok)
        {
            throw new InvalidOperationException($"an append was refused: {status}");
        }
    }

    private static byte[][] Names(int count) =>
        [.. Enumerable.Range(0, count).Select(i => Encoding.ASCII.GetBytes($"stream-{i}"))];

    private static byte[] NewBatch()
    {
        const int HeaderBytes = 7;
        byte[] batch = new byte[BatchRecords * (HeaderBytes + RecordBytes)];
        Random.Shared.NextBytes(batch);
        for (int at = 0; at < batch.Length; at += HeaderBytes + RecordBytes)
        {
            BinaryPrimitives.WriteInt32LittleEndian(batch.AsSpan(at), HeaderBytes - sizeof(uint) + RecordBytes);
            batch.AsSpan(at + sizeof(uint), HeaderBytes - sizeof(uint)).Clear();
        }

        return batch;
    }

    private sealed class Silent : IStorageObserver
    {
        public void Notice(StorageLevel level, string message) => Console.WriteLine(message);

        public void Progress(long bytesDone, long bytesTotal, long records)
        {
        }
    }

    private sealed class Nowhere : IRecordSink
    {
        public void OnRecord(Lsn lsn, byte kind, ReadOnlySpan<byte> payload)
        {
        }
    }
}
