using Xunit;

namespace Nexo.Storage.Tests.Disk;

/// <summary>What both disks promise to their callers.</summary>
public abstract class DiskContractTests
{
    protected abstract IDisk Disk { get; }

    [Fact]
    public void What_was_written_is_read()
    {
        using IDiskFile file = Disk.Create("a");
        file.Write("hello"u8, 3);

        byte[] buffer = new byte[16];
        Assert.Equal(8, file.Length);
        Assert.Equal(8, file.Read(buffer, 0));
        Assert.Equal("\0\0\0hello"u8, buffer.AsSpan(0, 8));
        Assert.Equal(2, file.Read(buffer, 6));
        Assert.Equal(0, file.Read(buffer, 8));
        Assert.Equal(0, file.Read(buffer, 100));
        file.Sync();
    }

    [Fact]
    public void A_file_that_grows_again_has_zeros_where_it_was_cut()
    {
        using IDiskFile file = Disk.Create("a");
        file.Write("abcdef"u8, 0);
        file.SetLength(2);
        file.SetLength(4);

        byte[] buffer = new byte[8];
        Assert.Equal(4, file.Read(buffer, 0));
        Assert.Equal("ab\0\0"u8, buffer.AsSpan(0, 4));
    }

    [Fact]
    public void Files_and_directories_are_listed_in_order_and_apart()
    {
        Disk.CreateDirectory("d/e");
        Disk.Create("d/b").Dispose();
        Disk.Create("d/a").Dispose();
        Disk.Create("d/B").Dispose();
        Disk.SyncDirectory("d");
        Disk.SyncDirectory("");

        Assert.Equal(["B", "a", "b"], Disk.List("d"));
        Assert.Equal(["e"], Disk.ListDirectories("d"));
        Assert.Equal(["d"], Disk.ListDirectories(""));
        Assert.Empty(Disk.List("missing"));
        Assert.Empty(Disk.ListDirectories("missing"));
        Disk.CreateDirectory("d/e");
        Assert.False(Disk.Exists("d/e"));
        Assert.True(Disk.Exists("d/a"));
    }

    [Fact]
    public void Renaming_replaces_and_deleting_removes()
    {
        Write("a", "one");
        Write("b", "two");
        Disk.Rename("a", "b");

        Assert.False(Disk.Exists("a"));
        using (IDiskFile file = Disk.Open("b", forWriting: false))
        {
            Assert.Equal(3, file.Length);
            byte[] buffer = new byte[3];
            file.Read(buffer, 0);
            Assert.Equal("one"u8, buffer);
        }

        Disk.Delete("b");
        Assert.False(Disk.Exists("b"));
    }

    [Fact]
    public void Refusals_say_what_is_wrong()
    {
        Disk.Create("a").Dispose();

        Assert.Equal(DiskError.AlreadyExists, ErrorOf(() => Disk.Create("a")));
        Assert.Equal(DiskError.NotFound, ErrorOf(() => Disk.Create("missing/a")));
        Assert.Equal(DiskError.NotFound, ErrorOf(() => Disk.Open("missing", forWriting: true)));
        Assert.Equal(DiskError.NotFound, ErrorOf(() => Disk.Open("missing", forWriting: false)));
        Assert.Equal(DiskError.NotFound, ErrorOf(() => Disk.Rename("missing", "a")));
        Assert.Equal(DiskError.NotFound, ErrorOf(() => Disk.Delete("missing")));
        Assert.Equal(DiskError.NotFound, ErrorOf(() => Disk.SyncDirectory("missing")));
        using IDiskFile file = Disk.Open("a", forWriting: false);
        Assert.Equal(DiskError.Denied, ErrorOf(() => file.Write("x"u8, 0)));
    }

    [Fact]
    public void A_lock_is_had_once_and_read_by_others()
    {
        using (IDiskFile? held = Disk.TryLock("LOCK"))
        {
            Assert.NotNull(held);
            held.Write("42"u8, 0);
            Assert.Null(Disk.TryLock("LOCK"));

            using IDiskFile other = Disk.Open("LOCK", forWriting: false);
            byte[] buffer = new byte[2];
            other.Read(buffer, 0);
            Assert.Equal("42"u8, buffer);
        }

        using IDiskFile? again = Disk.TryLock("LOCK");
        Assert.NotNull(again);
    }

    protected static DiskError ErrorOf(Action action) => Assert.Throws<DiskException>(action).Error;

    private void Write(string path, string text)
    {
        using IDiskFile file = Disk.Create(path);
        file.Write(System.Text.Encoding.ASCII.GetBytes(text), 0);
    }
}
