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
    public async Task A_file_that_opens_slowly_holds_up_nobody_else()
    {
        TimeSpan patience = TimeSpan.FromSeconds(20);
        CancellationToken stop = TestContext.Current.CancellationToken;
        SimulatedDisk disk = LogHarness.NewDisk();
        var cache = new SegmentCache(filesMax: 1);
        using SegmentedLog slow = SegmentedLog.Open(disk, "streams/slow", 1, default, LogHarness.Small, cache);
        using SegmentedLog other = SegmentedLog.Open(disk, "streams/other", 2, default, LogHarness.Small, cache);
        foreach (SegmentedLog log in (SegmentedLog[])[slow, other])
        {
            var batch = new Batch(0, 1, 0, 100, 0);
            log.Append(batch.Header, batch.Payload);
            log.Checkpoint();
        }

        using var opening = new ManualResetEventSlim();
        using var go = new ManualResetEventSlim();
        disk.Before = (kind, path) =>
        {
            if (kind == DiskOperationKinds.Open && path.StartsWith("streams/slow/", StringComparison.Ordinal))
            {
                opening.Set();
                go.Wait(patience, stop);
            }
        };
        Task<List<Batch>>[] reads = [.. Enumerable.Range(0, 3).Select(_ => Task.Run(() => LogHarness.ReadAll(slow, 0), stop))];
        Assert.True(opening.Wait(patience, stop), "it is being opened");
        Assert.Single(await Task.Run(() => LogHarness.ReadAll(other, 0), stop).WaitAsync(TimeSpan.FromSeconds(5), stop));
        go.Set();
        foreach (Task<List<Batch>> read in reads)
        {
            Assert.Single(await read.WaitAsync(patience, stop));
        }

        Assert.Equal(1, cache.OpenFiles);
        Assert.InRange(disk.OpenFiles, 1, 1);
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
