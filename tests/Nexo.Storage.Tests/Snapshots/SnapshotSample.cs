namespace Nexo.Storage.Tests.Snapshots;

/// <summary>Small snapshots to work on.</summary>
internal static class SnapshotSample
{
    public const ulong LogId = 0x0123456789ABCDEF;
    public const long CreatedUnixMs = 1_700_000_000_123;

    public static SimulatedDisk Disk(int seed = 0)
    {
        var disk = new SimulatedDisk(seed);
        disk.CreateDirectory("snapshots");
        disk.SyncDirectory("");
        return disk;
    }

    /// <summary>Writes and completes one whose records say which position they are for.</summary>
    public static SnapshotReport Write(IDisk disk, ulong position, int records = 3)
    {
        using var writer = new SnapshotWriter(disk, LogId, new Lsn(position), new FixedTime(CreatedUnixMs));
        for (int i = 0; i < records; i++)
        {
            writer.Append((byte)(i + 1), [(byte)position, (byte)i]);
        }

        return writer.Complete();
    }

    public static SnapshotSet Set(IDisk disk) => new(disk, LogId);
}
