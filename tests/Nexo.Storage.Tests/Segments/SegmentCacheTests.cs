using Xunit;

namespace Nexo.Storage.Tests.Segments;

public class SegmentCacheTests
{
    [Fact]
    public void Hundreds_of_logs_share_few_open_files()
    {
        const int Logs = 200;
        const int FilesMax = 8;
        SimulatedDisk disk = LogHarness.NewDisk();
        var cache = new SegmentCache(FilesMax);
        var logs = Enumerable.Range(0, Logs).Select(i => SegmentedLog.Open(
            disk, $"streams/{i}", (ulong)i, default, LogHarness.Small, cache)).ToList();
        List<Batch>[] batches = [.. logs.Select(_ => new List<Batch>())];
        var random = new Random(1);
        for (int round = 0; round < 30; round++)
        {
            for (int i = 0; i < Logs; i++)
            {
                var batch = new Batch(logs[i].NextOffset, 1, round, random.Next(20, 400), i);
                logs[i].Append(batch.Header, batch.Payload);
                batches[i].Add(batch);
                logs[i].Flush();
                Assert.True(cache.OpenFiles <= FilesMax + 1, $"{cache.OpenFiles} files are open");
            }
        }

        SegmentedLogCheckpoint[] checkpoints = [.. logs.Select(log => log.Checkpoint())];
        for (int i = 0; i < Logs; i++)
        {
            Assert.Equal(batches[i], LogHarness.ReadAll(logs[i], 0));
            Assert.True(cache.OpenFiles <= FilesMax);
        }

        logs.ForEach(log => log.Dispose());
        Assert.Equal(0, cache.OpenFiles);
        SimulatedDisk left = disk.Crash(1);
        for (int i = 0; i < Logs; i++)
        {
            using var log = SegmentedLog.Open(left, $"streams/{i}", (ulong)i, checkpoints[i], LogHarness.Small, cache);
            Assert.Equal(batches[i], LogHarness.ReadAll(log, 0));
        }
    }

    [Fact]
    public void Reading_on_allocates_nothing()
    {
        SegmentedLogOptions options = LogHarness.Small with { SegmentBytes = 1 << 20 };
        DirectoryInfo directory = Directory.CreateTempSubdirectory("nexo-segments");
        try
        {
            using var log = SegmentedLog.Open(
                new RealDisk(directory.FullName), LogHarness.Directory, 1, default, options, new SegmentCache());
            for (int i = 0; i < 1_000; i++)
            {
                var batch = new Batch(i, 1, i, 100, 0);
                log.Append(batch.Header, batch.Payload);
                if (i == 800)
                {
                    log.Flush();
                }
            }

            ReadOn(log);
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    private static void ReadOn(SegmentedLog log)
    {
        byte[] buffer = new byte[1_024];
        var cursor = new SegmentCursor(0);
        Read(log, ref cursor, buffer, 20);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Read(log, ref cursor, buffer, 700);
        Read(log, ref cursor, buffer, 820);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Read(log, ref cursor, buffer, 1_000);
    }

    private static void Read(SegmentedLog log, ref SegmentCursor cursor, byte[] buffer, long upTo)
    {
        while (cursor.Offset < upTo)
        {
            if (log.Read(ref cursor, buffer, long.MaxValue).Status != SegmentReadStatus.Ok)
            {
                throw new InvalidOperationException("there is more");
            }
        }
    }
}
