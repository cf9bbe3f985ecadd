using Microsoft.Extensions.Logging;
using Nexo.Engine.Memory;
using Nexo.Server.Pressure;

namespace Nexo.Server.Tests.Pressure;

public sealed class MemoryPressureTests
{
    private readonly ManualTime _time = new();
    private readonly MemoryDouble _machine = new();
    private readonly LineLog<MemoryPressure> _log = new();

    [Fact]
    public void A_level_ends_below_where_it_began()
    {
        PressureLevel level = PressureLevel.Ok;
        var seen = new List<string>();
        foreach (int used in new[] { 799, 800, 760, 749, 799, 949, 950, 901, 899, 949, 760, 750, 749 })
        {
            level = PressureLevels.Next(level, used, 1_000);
            seen.Add($"{used} {level}");
        }

        Assert.Equal(
            [
                "799 Ok", "800 Warning", "760 Warning", "749 Ok", "799 Ok", "949 Warning", "950 Refusing", "901 Refusing", "899 Warning",
                "949 Warning", "760 Warning", "750 Warning", "749 Ok",
            ],
            seen);
        Assert.Equal(PressureLevel.Ok, PressureLevels.Next(PressureLevel.Refusing, long.MaxValue, 0));
        Assert.Equal(PressureLevel.Refusing, PressureLevels.Next(PressureLevel.Ok, long.MaxValue, long.MaxValue));
    }

    [Fact]
    public void What_is_left_is_what_those_who_grow_may_take_until_the_next_look()
    {
        MemoryPressure pressure = New(1_000_000);
        Look(pressure, 300_000);
        Assert.Equal(650_000, pressure.Cap.Room);
        Assert.False(pressure.Cap.TryTakeForCache(500_001));
        Assert.True(pressure.Cap.TryTakeForCache(500_000));
        Assert.True(pressure.Cap.TryTake(150_000));
        Assert.False(pressure.Cap.TryTake(1));
        Look(pressure, 300_000);
        Assert.True(pressure.Cap.TryTake(650_000));
    }

    [Fact]
    public void Each_level_is_told_once_and_refusing_goes_on_until_there_is_some_room()
    {
        MemoryPressure pressure = New(1_000_000);
        foreach (long used in new[] { 100_000, 850_000, 860_000, 960_000, 920_000, 970_000, 890_000, 860_000, 100_000, 90_000 })
        {
            Look(pressure, used);
            Assert.Equal(pressure.Level == PressureLevel.Refusing, pressure.Cap.IsReached);
            Assert.Equal(pressure.Level != PressureLevel.Ok, pressure.Cap.IsNear);
            Assert.Equal(pressure.Level == PressureLevel.Ok, pressure.Note is null);
        }

        Assert.Equal(
            [LogLevel.Warning, LogLevel.Error, LogLevel.Warning, LogLevel.Information], _log.Lines.Select(line => line.Level));
        Assert.Equal(1, pressure.Refusals);
    }

    [Fact]
    public void At_the_limit_what_lies_unused_in_the_parts_may_be_used_but_the_process_may_not_outgrow_it()
    {
        MemoryPressure pressure = New(1_000_000);
        Look(pressure, 960_000, new MemoryUse(800_000, 20_000));
        Assert.Equal(20_000, pressure.Cap.Room);
        Look(pressure, 960_000, new MemoryUse(800_000, 300_000));
        Assert.Equal(40_000, pressure.Cap.Room);
        Look(pressure, 1_100_000, new MemoryUse(800_000, 300_000));
        Assert.Equal(0, pressure.Cap.Room);
    }

    [Fact]
    public void What_the_system_has_moved_to_a_swap_counts_too()
    {
        MemoryPressure pressure = New(1_000_000);
        Look(pressure, 300_000, new MemoryUse(970_000, 0));
        Assert.Equal(PressureLevel.Refusing, pressure.Level);
        Assert.Equal(970_000, pressure.Used);
    }

    [Fact]
    public void Without_a_setting_it_is_three_quarters_of_what_the_machine_has_and_0_is_no_limit()
    {
        Assert.Equal(750_000, New(PressureOptions.Auto).Max);
        MemoryPressure unlimited = New(0);
        Look(unlimited, long.MaxValue / 2);
        Assert.Equal(PressureLevel.Ok, unlimited.Level);
        Assert.True(unlimited.Cap.TryTake(1L << 50));
    }

    [Fact]
    public void A_new_limit_holds_from_the_next_look_on_and_no_limit_at_all_wants_a_restart()
    {
        MemoryPressure pressure = New(1_000_000);
        Look(pressure, 500_000);
        Assert.Null(pressure.Refuse(OptionsOf(500_000)));
        pressure.Apply(OptionsOf(500_000));
        Look(pressure, 500_000);
        Assert.Equal(PressureLevel.Refusing, pressure.Level);
        Assert.Contains("restart", pressure.Refuse(OptionsOf(0)), StringComparison.Ordinal);
    }

    [Fact]
    public void The_machine_has_what_the_smallest_control_group_above_the_process_allows()
    {
        using var root = new ScratchDirectory();
        Write(root, "proc/meminfo", "MemTotal:       24682636 kB\nMemFree: 1 kB\n");
        Write(root, "proc/self/statm", "51205 1024 900 1 0 1 0\n");
        Write(root, "proc/self/cgroup", "0::/system/nexo\n");
        Write(root, "sys/fs/cgroup/system/nexo/memory.max", "max\n");
        Write(root, "sys/fs/cgroup/system/memory.max", "268435456\n");
        using (var machine = new MachineMemory(root.Path))
        {
            Assert.Equal(268_435_456, machine.Total);
            Assert.Equal(1_024 * (long)Environment.SystemPageSize, machine.Resident);
        }

        Write(root, "proc/self/cgroup", "9:cpu,cpuacct:/a\n4:memory:/a\n");
        Write(root, "sys/fs/cgroup/memory/a/memory.limit_in_bytes", "9223372036854771712\n");
        using (var machine = new MachineMemory(root.Path))
        {
            Assert.Equal(24_682_636L * 1_024, machine.Total);
        }
    }

    [Fact]
    public void This_machine_says_how_much_the_process_has()
    {
        using var machine = new MachineMemory();
        Assert.InRange(machine.Resident, 1_000_000, machine.Total);
    }

    private static void Write(ScratchDirectory root, string path, string text)
    {
        string full = Path.Combine(root.Path, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllText(full, text);
    }

    private static NexoServerOptions OptionsOf(long max) => new() { Pressure = new PressureOptions { MemoryMax = max } };

    private MemoryPressure New(long max) => new(OptionsOf(max), _machine, _time, _log);

    private void Look(MemoryPressure pressure, long resident, MemoryUse parts = default)
    {
        _machine.Resident = resident;
        pressure.Look(() => parts);
        _time.Advance(TimeSpan.FromMilliseconds(100));
    }
}
