using System.Diagnostics;
using Nexo.Storage;

namespace Nexo.Bench.Micro;

/// <summary>
/// The write-ahead log on a real disk: appends per second while it is synced in intervals, and acknowledged commits per
/// second when everybody waits, beside what the disk itself does in the same run: the same sizes written over a file of
/// zeros and synced.
/// </summary>
internal static class WalTable
{
    private const int PayloadBytes = 95;
    private const int BatchRecords = 64;
    private const long AppendRecords = 8_000_000;
    private const double SecondsPerMeasure = 3;

    public static void Print(string? directory)
    {
        string root = Path.Combine(directory ?? Path.GetTempPath(), $"nexo-bench-wal-{Environment.ProcessId}");
        try
        {
            Console.WriteLine($"{PayloadBytes + 5}-byte records on {root}");
            Console.WriteLine("interval    appends/s   ns/append of a thread   MB/s   CPU-s/M   syncs   longest sync");
            foreach (int threads in new[] { 1, 2, 1, 2 })
            {
                InFolder(root, disk => MeasureAppends(disk, threads));
            }

            Console.WriteLine("waiters   acknowledged/s   commits/s   bytes/commit   the disk alone, syncs/s   of that");
            foreach (int waiters in new[] { 1, 16, 64 })
            {
                InFolder(root, disk => MeasureCommits(disk, waiters));
            }
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    private static void InFolder(string root, Action<IDisk> measure)
    {
        Directory.CreateDirectory(root);
        string folder = Path.Combine(root, Guid.NewGuid().ToString("n"));
        Directory.CreateDirectory(folder);
        measure(new RealDisk(folder));
        Directory.Delete(folder, recursive: true);
    }

    private static void MeasureAppends(IDisk disk, int threads)
    {
        using Wal wal = Open(disk);
        TimeSpan cpu = Environment.CpuUsage.TotalTime;
        long start = Stopwatch.GetTimestamp();
        Thread[] appenders = [.. Enumerable.Range(0, threads).Select(_ => new Thread(() => Append(wal, threads)))];
        foreach (Thread appender in appenders)
        {
            appender.Start();
        }

        foreach (Thread appender in appenders)
        {
            appender.Join();
        }

        wal.FlushAsync().AsTask().GetAwaiter().GetResult();
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        double used = (Environment.CpuUsage.TotalTime - cpu).TotalSeconds;
        WalStats stats = wal.Stats;
        Console.WriteLine(
            $"{threads} thread{(threads > 1 ? "s" : " ")}   {AppendRecords / seconds,9:N0}"
            + $"   {seconds * 1e9 / AppendRecords * threads,21:F1}   {stats.Bytes / seconds / 1e6,4:F0}"
            + $"   {used * 1e6 / AppendRecords,7:F3}   {stats.Syncs,5}   {stats.SyncMicrosecondsMax / 1e3,9:F1} ms");
    }

    private static void Append(Wal wal, int threads)
    {
        byte[] payload = new byte[PayloadBytes];
        Random.Shared.NextBytes(payload);
        for (long i = 0; i < AppendRecords / threads; i += BatchRecords)
        {
            for (int j = 0; j < BatchRecords; j++)
            {
                using LogAppend append = wal.Begin(16, PayloadBytes);
                payload.CopyTo(append.Payload);
            }

            if (i % (BatchRecords * 100) == 0)
            {
                // What a server does between two snapshots, so that the log does not fill the disk here.
                wal.Recycle(new Lsn(Math.Max(1, wal.DurableLsn.Value)));
            }

            ValueTask room = wal.WhenRoomAsync();
            if (!room.IsCompleted)
            {
                room.AsTask().GetAwaiter().GetResult();
            }
        }
    }

    private static void MeasureCommits(IDisk disk, int waiters)
    {
        double raw = RawSyncs(disk, 512);
        using Wal wal = Open(disk);
        WalStats before = wal.Stats;
        long acknowledged = 0;
        long start = Stopwatch.GetTimestamp();
        Task.WhenAll(Enumerable.Range(0, waiters).Select(_ => Task.Run(async () =>
        {
            while (Stopwatch.GetElapsedTime(start).TotalSeconds < SecondsPerMeasure)
            {
                await wal.WhenDurableAsync(AppendOne(wal));
                Interlocked.Increment(ref acknowledged);
            }
        }))).GetAwaiter().GetResult();
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        WalStats stats = wal.Stats;
        double commits = (stats.Commits - before.Commits) / seconds;
        long bytes = (stats.Bytes - before.Bytes) / Math.Max(1, stats.Commits - before.Commits);
        raw = (raw + RawSyncs(disk, (int)(bytes + 511) / 512 * 512)) / 2;
        Console.WriteLine(
            $"{waiters,7}   {acknowledged / seconds,14:N0}   {commits,9:N0}   {bytes,12:N0}"
            + $"   {raw,23:N0}   {commits / raw,7:P0}");
    }

    private static Lsn AppendOne(Wal wal)
    {
        using LogAppend append = wal.Begin(16, PayloadBytes);
        append.Payload.Clear();
        return append.Lsn;
    }

    // Writes one behind the other over a file of zeros, each synced: what no log can be faster than.
    private static double RawSyncs(IDisk disk, int bytes)
    {
        const int FileBytes = 16 * 1_024 * 1_024;
        using IDiskFile file = disk.Create($"raw-{Guid.NewGuid():n}");
        byte[] zeros = new byte[FileBytes];
        file.Write(zeros, 0);
        file.Sync();
        disk.SyncDirectory("");
        int syncs = 0;
        long start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start).TotalSeconds < SecondsPerMeasure / 2)
        {
            file.Write(zeros.AsSpan(0, bytes), (long)syncs * bytes % (FileBytes - bytes) / 512 * 512);
            file.Sync();
            syncs++;
        }

        return syncs / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static Wal Open(IDisk disk)
    {
        // Past its small first segment, as a server is after its first minute.
        var options = new WalOptions { FirstSegmentBytes = new WalOptions().SegmentBytes };
        return Wal.Open(disk, 1, WalTail.BeginAt(new Lsn(1)), options, TimeProvider.System, new Silent());
    }

    private sealed class Silent : IStorageObserver
    {
        public void Notice(StorageLevel level, string message) => Console.Error.WriteLine($"{level}: {message}");

        public void Progress(long bytesDone, long bytesTotal, long records)
        {
        }
    }
}
