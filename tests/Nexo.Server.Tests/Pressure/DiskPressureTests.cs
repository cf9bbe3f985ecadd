using Microsoft.Extensions.Logging;
using Nexo.Server.Pressure;

namespace Nexo.Server.Tests.Pressure;

public sealed class DiskPressureTests
{
    private readonly ManualTime _time = new();
    private readonly DiskDouble _disk = new();
    private readonly LineLog<DiskPressure> _log = new();

    [Fact]
    public void The_directory_is_held_within_its_limit_and_each_level_is_told_once()
    {
        DiskPressure pressure = New(max: 100_000, freeMin: 0);
        foreach (int taken in new[] { 10_000, 85_000, 86_000, 96_000, 91_000, 85_000, 10_000 })
        {
            _disk.Taken = taken;
            LookAfterMeasuring(pressure);
        }

        Assert.Equal([LogLevel.Warning, LogLevel.Error, LogLevel.Warning, LogLevel.Information], _log.Lines.Select(line => line.Level));
        Assert.Null(pressure.Note);
    }

    [Fact]
    public void What_may_be_written_before_the_next_look_is_what_is_left()
    {
        DiskPressure pressure = New(max: 100_000, freeMin: 0);
        _disk.Taken = 60_000;
        pressure.Look();
        Assert.Equal(35_000, pressure.Room);
        pressure = New(max: 0, freeMin: 900_000);
        pressure.Look();
        Assert.Equal(100_000, pressure.Room);
        Assert.Equal(long.MaxValue, New(max: 0, freeMin: 0).Room);
    }

    [Fact]
    public void What_is_to_stay_free_is_worked_out_once_the_directory_is_there()
    {
        var disk = new DiskDouble { Total = 0 };
        var pressure = new DiskPressure(
            new NexoServerOptions { Pressure = new PressureOptions { DiskFreeMin = PressureOptions.Auto } }, disk, _time, _log);
        pressure.Look();
        Assert.Equal(0, pressure.FreeMin);
        disk.Total = 1_000_000;
        pressure.Look();
        Assert.Equal(50_000, pressure.FreeMin);
    }

    [Fact]
    public void Between_two_measurements_what_has_gone_from_the_disk_counts_as_the_directorys()
    {
        DiskPressure pressure = New(max: 100_000, freeMin: 0);
        _disk.Taken = 10_000;
        pressure.Look();
        Assert.Equal(1, _disk.Measured);
        _disk.Free -= 86_000;
        pressure.Look();
        Assert.Equal(96_000, pressure.Used);
        Assert.Equal(PressureLevel.Refusing, pressure.Level);
        Assert.Equal(1, _disk.Measured);

        // It was somebody else's.
        LookAfterMeasuring(pressure);
        Assert.Equal(PressureLevel.Ok, pressure.Level);
    }

    [Fact]
    public void Room_that_is_to_stay_free_stays_free()
    {
        DiskPressure pressure = New(max: 0, freeMin: 10_000);
        var seen = new List<PressureLevel>();
        foreach (int free in new[] { 50_000, 19_999, 9_999, 10_500, 11_000, 20_500, 22_000 })
        {
            _disk.Free = free;
            pressure.Look();
            seen.Add(pressure.Level);
        }

        Assert.Equal(
            [
                PressureLevel.Ok, PressureLevel.Warning, PressureLevel.Refusing, PressureLevel.Refusing, PressureLevel.Warning,
                PressureLevel.Warning, PressureLevel.Ok,
            ],
            seen);
        Assert.Equal(0, _disk.Measured);
    }

    [Fact]
    public void Without_settings_a_twentieth_of_the_disk_stays_free_and_new_ones_hold_at_once()
    {
        DiskPressure pressure = New(max: 0, freeMin: PressureOptions.Auto);
        Assert.Equal(50_000, pressure.FreeMin);
        pressure.Apply(OptionsOf(0, 2_000_000));
        pressure.Look();
        Assert.Equal(PressureLevel.Refusing, pressure.Level);
        Assert.Contains("disk.free-min", pressure.Note, StringComparison.Ordinal);
        pressure.Apply(OptionsOf(0, 0));
        pressure.Look();
        Assert.Equal(PressureLevel.Ok, pressure.Level);
    }

    [Fact]
    public void A_directory_takes_what_its_files_do()
    {
        using var scratch = new ScratchDirectory();
        Directory.CreateDirectory(Path.Combine(scratch.Path, "a/b"));
        File.WriteAllBytes(Path.Combine(scratch.Path, "one"), new byte[1_000]);
        File.WriteAllBytes(Path.Combine(scratch.Path, "a/b/two"), new byte[2_000]);
        var disk = new MachineDisk(scratch.Path);
        Assert.Equal(3_000, disk.Measure());
        Assert.InRange(disk.Free, 1, disk.Total);
        Assert.Equal(0, new MachineDisk(Path.Combine(scratch.Path, "none")).Measure());
    }

    private static NexoServerOptions OptionsOf(long max, long freeMin) =>
        new() { Pressure = new PressureOptions { DiskMax = max, DiskFreeMin = freeMin } };

    private DiskPressure New(long max, long freeMin) => new(OptionsOf(max, freeMin), _disk, _time, _log);

    // The first look has it measured, on another thread; a later one sees it.
    private void LookAfterMeasuring(DiskPressure pressure)
    {
        int before = _disk.Measured;
        _time.Advance(TimeSpan.FromMinutes(1));
        pressure.Look();
        Assert.True(SpinWait.SpinUntil(() => _disk.Measured > before && !pressure.IsMeasuring, TimeSpan.FromSeconds(30)));
        pressure.Look();
    }
}
