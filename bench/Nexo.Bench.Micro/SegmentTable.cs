using System.Diagnostics;
using Nexo.Storage;

namespace Nexo.Bench.Micro;

/// <summary>
/// What the segmented log costs above the file system it lies on, with files that stay in the page cache: bandwidth of
/// appends (memory, then files) and of reads, against plain writes and reads of the same pieces in the same run;
/// reads at random offsets; opening. In processor time, so it is also of use on a busy machine.
/// </summary>
internal static class SegmentTable
{
    private const long TotalBytes = 512L * 1024 * 1024;
    private const int PieceBytes = 1024 * 1024;
    private const int ReadBytes = 256 * 1024;
    private const int RandomReads = 100_000;

    public static void Print(string? parent)
    {
        DirectoryInfo directory = parent is null
            ? Directory.CreateTempSubdirectory("nexo-segments")
            : Directory.CreateDirectory(Path.Combine(parent, $"nexo-segments-{Environment.ProcessId}"));
        try
        {
            var disk = new RealDisk(directory.FullName);
            Console.WriteLine($"{"batch bytes",11} {"write plain",12} {"append+flush",13} {"read plain",11} {"read",11}"
                + $" {"random read",12} {"open",9} {"index",8}");
            foreach (int payload in (int[])[256, 1_024, 16 * 1_024, 128 * 1_024])
            {
                Measure(disk, payload);
            }
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    private static void Measure(RealDisk disk, int payload)
    {
        string name = $"log{payload}";
        double writePlain = Rate(() => WritePlain(disk, $"{name}.plain"));
        double readPlain = Rate(() => ReadPlain(disk, $"{name}.plain"));
        disk.Delete($"{name}.plain");
        SegmentedLogCheckpoint checkpoint = default;
        var options = new SegmentedLogOptions();
        double append;
        using (var log = SegmentedLog.Open(disk, name, 1, default, options, new SegmentCache()))
        {
            append = Rate(() => Append(log, payload));
            checkpoint = log.Checkpoint();
        }

        long start = Stopwatch.GetTimestamp();
        using (var log = SegmentedLog.Open(disk, name, 1, checkpoint, options, new SegmentCache()))
        {
            TimeSpan open = Stopwatch.GetElapsedTime(start);
            start = Stopwatch.GetTimestamp();
            ReadAt(log, log.NextOffset / 2, new byte[ReadBytes]);
            TimeSpan index = Stopwatch.GetElapsedTime(start);
            double read = Rate(() => ReadAll(log));
            double random = ReadRandomly(log, payload);
            Console.WriteLine($"{payload,11:N0} {writePlain,7:F2} GB/s {append,8:F2} GB/s {readPlain,6:F2} GB/s"
                + $" {read,6:F2} GB/s {random,9:F1} us {open.TotalMicroseconds,6:F0} us"
                + $" {index.TotalMicroseconds,5:F0} us");
            log.TrimBefore(log.NextOffset);
        }
    }

    private static double Rate(Action work)
    {
        TimeSpan start = Environment.CpuUsage.TotalTime;
        work();
        return TotalBytes / (Environment.CpuUsage.TotalTime - start).TotalSeconds / 1e9;
    }

    private static void WritePlain(RealDisk disk, string name)
    {
        byte[] piece = new byte[PieceBytes];
        using IDiskFile file = disk.Create(name);
        for (long at = 0; at < TotalBytes; at += PieceBytes)
        {
            file.Write(piece, at);
        }
    }

    private static void ReadPlain(RealDisk disk, string name)
    {
        byte[] piece = new byte[ReadBytes];
        using IDiskFile file = disk.Open(name, forWriting: false);
        for (long at = 0; at < TotalBytes; at += ReadBytes)
        {
            file.Read(piece, at);
        }
    }

    private static void Append(SegmentedLog log, int payloadBytes)
    {
        byte[] payload = new byte[payloadBytes];
        Random.Shared.NextBytes(payload);
        for (long bytes = 0; bytes < TotalBytes; bytes += payloadBytes + BatchHeader.Size)
        {
            log.Append(new BatchHeader { BaseOffset = log.NextOffset, Offsets = 1, Records = 1 }, payload);
            if (log.PendingBytes >= PieceBytes)
            {
                log.Flush();
            }
        }

        log.Flush();
    }

    private static void ReadAll(SegmentedLog log)
    {
        byte[] buffer = new byte[ReadBytes];
        var cursor = new SegmentCursor(0);
        while (log.Read(ref cursor, buffer, long.MaxValue).Status == SegmentReadStatus.Ok)
        {
        }
    }

    private static double ReadRandomly(SegmentedLog log, int payload)
    {
        var random = new Random(1);
        byte[] buffer = new byte[payload + BatchHeader.Size];
        TimeSpan start = Environment.CpuUsage.TotalTime;
        for (int i = 0; i < RandomReads; i++)
        {
            ReadAt(log, random.NextInt64(log.NextOffset), buffer);
        }

        return (Environment.CpuUsage.TotalTime - start).TotalMicroseconds / RandomReads;
    }

    private static void ReadAt(SegmentedLog log, long offset, byte[] buffer)
    {
        var cursor = new SegmentCursor(offset);
        if (log.Read(ref cursor, buffer, long.MaxValue).Status != SegmentReadStatus.Ok)
        {
            throw new InvalidOperationException($"offset {offset} is there");
        }
    }
}
