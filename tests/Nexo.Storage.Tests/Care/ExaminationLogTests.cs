using Xunit;

namespace Nexo.Storage.Tests.Care;

public sealed class ExaminationLogTests : IDisposable
{
    private const string Directory = "streams/00000001";
    private const ulong LogId = 99;
    private readonly CareSample _sample = new();
    private readonly SegmentedLogCheckpoint _checkpoint;

    public ExaminationLogTests()
    {
        using SegmentedLog log = SegmentedLog.Open(
            _sample.Disk, Directory, LogId, default, new SegmentedLogOptions { SegmentBytes = 1_000 }, new SegmentCache());
        for (int i = 0; i < 20; i++)
        {
            log.Append(new BatchHeader { BaseOffset = i, Offsets = 1, Records = 1 }, new byte[200]);
        }

        _checkpoint = log.Checkpoint();
    }

    private string[] Segments =>
        [.. _sample.Disk.Paths.Where(path => path.StartsWith("streams/", StringComparison.Ordinal))];

    public void Dispose() => _sample.Dispose();

    [Fact]
    public void Files_of_a_stream_that_are_whole_are_counted()
    {
        Examination found = Examine();
        Assert.True(found.IsHealthy);
        Assert.Contains("20 records", Assert.Single(found.Findings, finding => finding.Path.Length == 0).Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Damage_in_the_middle_is_told_and_a_server_starts_all_the_same()
    {
        _sample.Disk.FlipBit(Segments[2], 300, 1);
        Dictionary<string, byte[]> before = CareSample.FilesOf(_sample.Disk);
        Examination found = Examine();
        Finding damage = Assert.Single(found.Findings, finding => finding.Level == StorageLevel.Error);
        Assert.Equal(Segments[2], damage.Path);
        Assert.Contains("the stream 's'", damage.Text, StringComparison.Ordinal);
        Assert.Equal((false, true, 1), (found.IsHealthy, found.IsStartable, found.DamagedLogs));
        Assert.Equal(before, CareSample.FilesOf(_sample.Disk));
    }

    [Fact]
    public void What_cannot_be_opened_may_stop_a_start()
    {
        _sample.Disk.Truncate(Segments[^1], 100);
        Examination found = Examine();
        Assert.Equal((false, false, 1), (found.IsHealthy, found.IsStartable, found.DamagedLogs));

        _sample.Disk.Delete(Segments[^1]);
        found = Examine();
        Assert.Contains(found.Findings, finding => finding.Text.Contains("missing", StringComparison.Ordinal));
        Assert.Equal((false, false, 1), (found.IsHealthy, found.IsStartable, found.DamagedLogs));
    }

    private Examination Examine()
    {
        using DataDirectory directory = DataDirectory.Open(_sample.Disk, create: false);
        return Examination.Run(directory, new Notices(), new Finder(_checkpoint));
    }

    private sealed class Finder(SegmentedLogCheckpoint checkpoint) : ISegmentedLogFinder
    {
        private int _records;

        public void OnRecord(Lsn lsn, byte kind, ReadOnlySpan<byte> payload) => _records++;

        public IEnumerable<FoundLog> Logs(ulong logId)
        {
            // From the newest snapshot, all of it.
            Assert.Equal((int)CareSample.Newer, _records);
            yield return new FoundLog("the stream 's'", Directory, LogId, checkpoint);
        }
    }

    private sealed class Notices : IStorageObserver
    {
        public void Notice(StorageLevel level, string message)
        {
        }

        public void Progress(long bytesDone, long bytesTotal, long records)
        {
        }
    }
}
