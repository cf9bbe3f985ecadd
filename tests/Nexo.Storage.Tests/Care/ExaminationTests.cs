using Xunit;

namespace Nexo.Storage.Tests.Care;

public sealed class ExaminationTests : IDisposable
{
    private readonly CareSample _sample = new();

    public void Dispose() => _sample.Dispose();

    [Fact]
    public void What_is_whole_is_told_file_by_file_and_nothing_is_changed()
    {
        Dictionary<string, byte[]> before = CareSample.FilesOf(_sample.Disk);

        Examination found = CareSample.Examine(_sample.Disk);

        Assert.True(found.IsHealthy);
        Assert.True(found.IsStartable);
        Assert.Equal(
            [CareSample.PathOf(CareSample.Newer), CareSample.PathOf(CareSample.Older), "wal"],
            found.Findings.Select(finding => finding.Path));
        Assert.All(found.Findings, finding => Assert.Equal(StorageLevel.Information, finding.Level));
        Assert.Equal(before, CareSample.FilesOf(_sample.Disk));
    }

    [Fact]
    public void A_torn_tail_is_harmless()
    {
        using var crashed = new CareSample(closed: false);
        string last = crashed.Segments[^1];
        byte[] content = crashed.Disk.ReadAll(last);
        int end = content.AsSpan().LastIndexOfAnyExcept((byte)0);
        crashed.Disk.FlipBit(last, end, 1);

        Examination found = CareSample.Examine(crashed.Disk);

        Assert.True(found.IsHealthy);
        Assert.Equal(StorageLevel.Warning, found.Findings[^1].Level);
        Assert.Equal(last, found.Findings[^1].Path);
    }

    [Fact]
    public void Damage_behind_the_newest_snapshot_is_told_with_file_and_offset()
    {
        string path = _sample.Segments[^2];
        _sample.Disk.FlipBit(path, 512 + 100, 2);

        Examination found = CareSample.Examine(_sample.Disk);

        Assert.False(found.IsHealthy);
        Assert.False(found.IsStartable);
        Assert.Equal((path, 512L), (found.Damage!.Path, found.Damage.Offset));
        Assert.Equal((path, 512L), (found.Findings[^1].Path, found.Findings[^1].Offset));
    }

    [Fact]
    public void Damage_to_the_log_before_the_newest_snapshot_is_a_warning()
    {
        string path = _sample.Segments[1];
        _sample.Disk.FlipBit(path, 512 + (5 * 1_024) + 100, 2);

        Examination found = CareSample.Examine(_sample.Disk);

        Assert.True(found.IsHealthy);
        Finding warning = found.Findings[^1];
        Assert.Equal((StorageLevel.Warning, path), (warning.Level, warning.Path));
        Assert.Contains("nothing is lost", warning.Text, StringComparison.Ordinal);
        Assert.Equal(CareSample.Records, _sample.Read(_sample.Disk, "damaged before the snapshot"));
    }

    [Fact]
    public void A_damaged_snapshot_stops_no_server_but_is_told_as_damage()
    {
        string path = CareSample.PathOf(CareSample.Newer);
        _sample.Disk.FlipBit(path, 1_000, 2);

        Examination found = CareSample.Examine(_sample.Disk);

        Assert.False(found.IsHealthy);
        Assert.True(found.IsStartable);
        Assert.Equal(path, Assert.Single(found.DamagedSnapshots));
        Assert.Equal(CareSample.Records, _sample.Read(_sample.Disk, "with a damaged snapshot"));
    }
}
