using Nexo.Storage.Tests.Log;
using Xunit;

namespace Nexo.Storage.Tests.Care;

/// <summary>A backup becomes a directory that a server starts on, or nothing of it is believed.</summary>
public sealed class RestorationTests : IDisposable
{
    private const ulong Position = 20;
    private readonly CareSample _sample = new();

    public void Dispose() => _sample.Dispose();

    [Fact]
    public async Task When_it_is_done_it_is_complete_and_durable()
    {
        var target = new SimulatedDisk();

        SnapshotReport made = await RestoreAsync(target);

        Assert.True(made.Ok);
        for (int seed = 0; seed < 20; seed++)
        {
            SimulatedDisk left = target.Crash(seed);
            Assert.True(CareSample.Examine(left).IsHealthy);
            Assert.Equal((int)Position, _sample.Read(left, $"seed {seed}"));
        }
    }

    // That an empty one is left is why the command restores into a directory of another name.
    [Fact]
    public async Task A_crash_at_any_operation_leaves_all_of_it_or_nothing_or_what_is_refused()
    {
        var target = new SimulatedDisk();
        target.StartRecording();
        await RestoreAsync(target);
        int states = 0;
        int refused = 0;
        int complete = 0;
        foreach (SimulatedDisk state in target.Replay())
        {
            for (int seed = 0; seed < 10; seed++)
            {
                string when = $"operation {states}, seed {seed}";
                switch (Start(seed == 0 ? state.Kill() : state.Crash(seed), when))
                {
                    case null: refused++; break;
                    case 0: Assert.Equal(0, complete); break;
                    default: complete++; break;
                }
            }

            states++;
        }

        Assert.True(states > 15, $"only {states} states");
        Assert.True(refused > 20, $"only {refused} were refused");
        Assert.True(complete > 0);
    }

    [Fact]
    public async Task Whatever_operation_fails_it_is_told_and_no_part_of_it_is_taken_for_all()
    {
        bool failed = true;
        for (int n = 1; failed; n++)
        {
            var target = new SimulatedDisk(n);
            target.FailAt(n, DiskError.Io);
            failed = await Record.ExceptionAsync(() => RestoreAsync(target)) is not null;
            target.Heal();
            int? left = Start(target.Kill(), $"operation {n}");
            Assert.True(failed || left == (int)Position, $"operation {n}");
            Assert.Equal(0, target.OpenFiles);
        }
    }

    [Fact]
    public async Task A_damaged_backup_is_refused_before_anything_is_made()
    {
        SimulatedDisk backup = _sample.Backup(Position);
        backup.FlipBit(CareSample.PathOf(Position), 900, 1);
        var target = new SimulatedDisk();

        SnapshotReport report = await RestoreAsync(target, backup);

        Assert.False(report.Ok);
        Assert.Empty(target.Paths);
    }

    [Fact]
    public async Task A_directory_that_holds_data_is_refused_and_stays_as_it_is()
    {
        Dictionary<string, byte[]> before = CareSample.FilesOf(_sample.Disk);

        await Assert.ThrowsAsync<DataDirectoryException>(() => RestoreAsync(_sample.Disk));

        Assert.Equal(before, CareSample.FilesOf(_sample.Disk));
    }

    private async Task<SnapshotReport> RestoreAsync(SimulatedDisk target, SimulatedDisk? backup = null)
    {
        using IDiskFile file = (backup ?? _sample.Backup(Position)).Open(CareSample.PathOf(Position), forWriting: false);
        return await Restoration.RunAsync(file, target, new FixedTime(1), new Notices());
    }

    // How many records a server starts with; null: it refuses. A part of them is never what it starts with.
    private int? Start(SimulatedDisk disk, string when)
    {
        int records;
        try
        {
            if (!disk.Exists("FORMAT"))
            {
                // Made anew, if it has nothing in it.
                using DataDirectory made = DataDirectory.Open(disk);
                return 0;
            }

            records = _sample.Read(disk, when);
        }
        catch (Exception refusal) when (refusal is DataDirectoryException or WalDamageException)
        {
            return null;
        }

        Assert.True(records is 0 or (int)Position, $"{when}: {records} records");
        return records;
    }
}
