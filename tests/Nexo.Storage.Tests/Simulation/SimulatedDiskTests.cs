using Nexo.Storage.Tests.Disk;
using Xunit;

namespace Nexo.Storage.Tests.Simulation;

public sealed class SimulatedDiskTests : DiskContractTests
{
    private readonly SimulatedDisk _disk = new();

    protected override IDisk Disk => _disk;

    [Fact]
    public void Synced_content_under_a_synced_name_survives_every_crash()
    {
        _disk.CreateDirectory("d");
        _disk.SyncDirectory("");
        using IDiskFile file = _disk.Create("d/a");
        file.Write("kept"u8, 0);
        file.Sync();
        _disk.SyncDirectory("d");
        file.Write("lost"u8, 4);

        for (int seed = 0; seed < 100; seed++)
        {
            Assert.Equal("kept"u8, _disk.Crash(seed).ReadAll("d/a").AsSpan(0, 4));
        }
    }

    [Fact]
    public void Unsynced_writes_are_lost_in_any_order_and_torn_at_sectors()
    {
        using IDiskFile file = _disk.Create("a");
        file.Write(new byte[4_096], 0);
        file.Sync();
        _disk.SyncDirectory("");
        file.Write(Filled(1, 2_048), 0);
        file.Write(Filled(2, 2_048), 2_048);

        List<byte[]> left = [.. Enumerable.Range(0, 200).Select(seed => _disk.Crash(seed).ReadAll("a"))];

        Assert.Contains(left, bytes => bytes.All(b => b == 0));
        Assert.Contains(left, bytes => bytes[0] == 1 && bytes[4_095] == 2);
        Assert.Contains(left, bytes => bytes.AsSpan(0, 2_048).IndexOfAnyExcept((byte)0) < 0 && bytes[4_095] == 2);
        Assert.Contains(left, bytes => bytes[0] == 0 && bytes[2_047] == 1);
        Assert.Contains(left, bytes => bytes[0] == 1 && bytes[2_047] == 0);
        Assert.All(left, bytes => Assert.All(bytes.Chunk(512), sector => Assert.Single(sector.Distinct())));
    }

    [Fact]
    public void Overlapping_writes_leave_either_or_neither()
    {
        using IDiskFile file = _disk.Create("a");
        file.Write([0], 0);
        file.Sync();
        _disk.SyncDirectory("");
        file.Write([1], 0);
        file.Write([2], 0);

        HashSet<byte> left = [.. Enumerable.Range(0, 100).Select(seed => _disk.Crash(seed).ReadAll("a")[0])];

        Assert.Equal((byte[])[0, 1, 2], left.Order());
    }

    [Fact]
    public void Unsynced_names_are_lost_each_for_itself()
    {
        foreach (string name in (string[])["a", "b"])
        {
            using IDiskFile file = _disk.Create(name);
            file.Write([(byte)name[0]], 0);
            file.Sync();
        }

        _disk.SyncDirectory("");
        _disk.Create("c").Dispose();
        _disk.Rename("a", "b");

        HashSet<string> left =
            [.. Enumerable.Range(0, 100).Select(seed => string.Join(' ', Named(_disk.Crash(seed))))];

        Assert.Equal(["a:a b:b", "a:a b:b c:", "b:a", "b:a c:"], left.Order(StringComparer.Ordinal));
        _disk.SyncDirectory("");
        Assert.Equal("b:a c:", string.Join(' ', Named(_disk.Crash(1))));
    }

    [Fact]
    public void A_directory_whose_name_was_not_synced_takes_its_files_with_it()
    {
        _disk.CreateDirectory("d");
        _disk.Create("d/a").Dispose();
        _disk.SyncDirectory("d");

        HashSet<int> left = [.. Enumerable.Range(0, 50).Select(seed => _disk.Crash(seed).Paths.Count)];

        Assert.Equal([0, 1], left.Order());
    }

    [Fact]
    public void A_killed_process_loses_nothing()
    {
        _disk.Create("a").Write("unsynced"u8, 0);

        Assert.Equal("unsynced"u8, _disk.Kill().ReadAll("a"));
    }

    [Fact]
    public void The_same_seed_leaves_the_same()
    {
        IDiskFile file = _disk.Create("a");
        _disk.SyncDirectory("");
        file.Write(Filled(1, 9_000), 0);
        file.Write(Filled(2, 5_000), 4_000);

        for (int seed = 0; seed < 50; seed++)
        {
            Assert.Equal(_disk.Crash(seed).ReadAll("a"), _disk.Crash(seed).ReadAll("a"));
        }
    }

    private static IEnumerable<string> Named(SimulatedDisk disk) =>
        disk.Paths.Select(path => $"{path}:{System.Text.Encoding.ASCII.GetString(disk.ReadAll(path))}");

    private static byte[] Filled(byte value, int count)
    {
        byte[] bytes = new byte[count];
        bytes.AsSpan().Fill(value);
        return bytes;
    }
}
