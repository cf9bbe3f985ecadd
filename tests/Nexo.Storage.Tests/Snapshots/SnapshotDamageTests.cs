using System.Buffers.Binary;
using Xunit;

namespace Nexo.Storage.Tests.Snapshots;

public sealed class SnapshotDamageTests
{
    private readonly SimulatedDisk _disk = SnapshotSample.Disk();
    private readonly string _path;
    private readonly byte[] _whole;

    public SnapshotDamageTests()
    {
        using var writer = new SnapshotWriter(
            _disk, SnapshotSample.LogId, new Lsn(5), new FixedTime(SnapshotSample.CreatedUnixMs));
        writer.Append(1, new byte[SnapshotFormat.BlockBytes]);
        writer.Append(2, "abc"u8);
        writer.Append(3, []);
        _path = writer.Complete().Path;
        _whole = _disk.ReadAll(_path);
    }

    [Fact]
    public void Every_flipped_bit_is_detected()
    {
        SnapshotReport small = SnapshotSample.Write(_disk, 6);
        for (int i = 0; i < small.Bytes * 8; i++)
        {
            _disk.FlipBit(small.Path, i / 8, i % 8);
            Assert.False(SnapshotReader.Verify(_disk, small.Path).Ok, $"byte {i / 8}, bit {i % 8}");
            _disk.FlipBit(small.Path, i / 8, i % 8);
        }

        Assert.True(SnapshotReader.Verify(_disk, small.Path).Ok);
    }

    [Fact]
    public void Every_truncation_is_detected()
    {
        SnapshotReport small = SnapshotSample.Write(_disk, 6);
        byte[] whole = _disk.ReadAll(small.Path);
        for (int length = 0; length < whole.Length; length++)
        {
            _disk.WriteAll(small.Path, whole.AsSpan(0, length));
            Assert.False(SnapshotReader.Verify(_disk, small.Path).Ok, $"{length} bytes");
        }

        int end = _whole.Length;
        foreach (int length in (int[])[200, 100_000, 262_000, end - 65, end - 64, end - 1])
        {
            _disk.WriteAll(_path, _whole.AsSpan(0, length));
            Assert.Equal(SnapshotFault.Incomplete, SnapshotReader.Verify(_disk, _path).Fault);
        }
    }

    [Fact]
    public void A_sector_of_other_content_is_detected()
    {
        for (int sector = 0; sector * 512 < _whole.Length - 512; sector += 7)
        {
            byte[] bytes = [.. _whole];

            // The payload is of zeros already, so ones are what makes a difference.
            bytes.AsSpan(sector * 512, 512).Fill(0xFF);
            _disk.WriteAll(_path, bytes);
            Assert.Equal(SnapshotFault.Damaged, SnapshotReader.Verify(_disk, _path).Fault);
        }
    }

    [Fact]
    public void The_report_says_where_and_what()
    {
        _disk.FlipBit(_path, 1_000, 3);
        SnapshotReport report = SnapshotReader.Verify(_disk, _path);

        Assert.Equal((SnapshotFault.Damaged, 96L), (report.Fault, report.Offset));
        Assert.Equal($"{_path}: the content of block 0 is damaged at offset 96", report.ToString());
    }

    [Fact]
    public void The_sink_gets_nothing_of_a_damaged_block()
    {
        _disk.FlipBit(_path, _whole.Length - 64 - 6, 0);
        var records = new RecordList();

        SnapshotReport report = SnapshotReader.Read(_disk, _path, records);

        Assert.Equal(SnapshotFault.Damaged, report.Fault);
        Assert.Equal(1, report.Records);
        Assert.Equal(1, Assert.Single(records.Records).Kind);
    }

    [Fact]
    public void Blocks_of_another_snapshot_are_not_taken_for_its_own()
    {
        SnapshotReport one = SnapshotSample.Write(_disk, 6);
        SnapshotReport other = SnapshotSample.Write(_disk, 7);
        byte[] mixed = [.. _disk.ReadAll(one.Path).AsSpan(0, 64), .. _disk.ReadAll(other.Path).AsSpan(64)];
        _disk.WriteAll(one.Path, mixed);

        Assert.Equal((SnapshotFault.Damaged, 64L), FaultOf(one.Path));
    }

    [Fact]
    public void Blocks_that_are_missing_or_come_twice_are_detected()
    {
        int first = 64 + 32 + 5 + SnapshotFormat.BlockBytes;
        _disk.WriteAll(_path, [.. _whole.AsSpan(0, 64), .. _whole.AsSpan(first)]);
        Assert.Equal((SnapshotFault.Damaged, 64L), FaultOf(_path));

        _disk.WriteAll(_path, [.. _whole.AsSpan(0, first), .. _whole.AsSpan(64)]);
        Assert.Equal((SnapshotFault.Damaged, (long)first), FaultOf(_path));

        _disk.WriteAll(_path, [.. _whole.AsSpan(0, first), .. _whole.AsSpan(_whole.Length - 64)]);
        Assert.Equal((SnapshotFault.Damaged, (long)first), FaultOf(_path));

        _disk.WriteAll(_path, [.. _whole, 0]);
        Assert.Equal((SnapshotFault.Damaged, (long)_whole.Length), FaultOf(_path));
    }

    [Fact]
    public void A_later_version_and_another_log_are_named_as_such()
    {
        Assert.Equal(SnapshotFault.Foreign, SnapshotReader.Verify(_disk, _path, logId: 1).Fault);
        Assert.True(SnapshotReader.Verify(_disk, _path, SnapshotSample.LogId).Ok);

        byte[] later = [.. _whole];
        later[8] = 2;
        BinaryPrimitives.WriteUInt32LittleEndian(later.AsSpan(4), Crc32C.Of(later.AsSpan(8, 56)));
        _disk.WriteAll(_path, later);
        Assert.Equal(SnapshotFault.Newer, SnapshotReader.Verify(_disk, _path).Fault);
    }

    [Fact]
    public void A_disk_that_does_not_give_the_bytes_is_a_fault_of_the_snapshot()
    {
        _disk.FailAt(1, DiskError.Io, DiskOperationKinds.Read);

        Assert.Equal(SnapshotFault.Unreadable, SnapshotReader.Verify(_disk, _path).Fault);
    }

    [Fact]
    public void A_length_that_the_file_does_not_have_takes_no_memory()
    {
        byte[] bytes = new byte[200];
        uint crc = new SnapshotHeader(1, new Lsn(1), 0).Write(bytes);
        new SnapshotBlockHeader(2_000_000_000, 1, 0, 0).Write(bytes.AsSpan(64), crc);
        _disk.WriteAll("claims", bytes);
        long before = GC.GetAllocatedBytesForCurrentThread();

        Assert.Equal(SnapshotFault.Incomplete, SnapshotReader.Verify(_disk, "claims").Fault);

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4 * 1_024 * 1_024);
    }

    [Fact]
    public void Records_that_do_not_fill_their_block_are_detected()
    {
        foreach ((string payload, uint records) in
            ((string, uint)[])[("00000000", 1), ("0100000001", 1), ("0000000001", 2), ("FFFFFFFF01", 1), ("", 1)])
        {
            byte[] content = Convert.FromHexString(payload);
            byte[] bytes = new byte[64 + 32 + content.Length + 64];
            uint crc = new SnapshotHeader(1, new Lsn(1), 0).Write(bytes);
            new SnapshotBlockHeader((uint)content.Length, records, 0, Crc32C.Of(content)).Write(bytes.AsSpan(64), crc);
            content.CopyTo(bytes, 96);
            new SnapshotFooter(1, records, (ulong)bytes.Length, 1, new Lsn(1))
                .Write(bytes.AsSpan(96 + content.Length), crc);
            _disk.WriteAll("odd", bytes);

            Assert.Equal((SnapshotFault.Damaged, 96L), FaultOf("odd"));
        }
    }

    private (SnapshotFault Fault, long Offset) FaultOf(string path)
    {
        SnapshotReport report = SnapshotReader.Verify(_disk, path);
        return (report.Fault, report.Offset);
    }
}
