using Xunit;

namespace Nexo.Storage.Tests.Snapshots;

/// <summary>The bytes, as docs/storage-format.md has them; they were made by another program from that text.</summary>
public sealed class SnapshotFormatTests
{
    private const string Golden =
        "4E585348FC3C23780100000000000000EFCDAB8967452301D204000000000000"
        + "7B68E5CF8B010000000000000000000000000000000000000000000000000000"
        + "4E585342E59BD7020F000000020000000000000000000000A8144D8100000000"
        + "000000000105000000C868656C6C6F"
        + "4E585346F77C287D01000000000000000200000000000000AF00000000000000"
        + "EFCDAB8967452301D20400000000000000000000000000000000000000000000";

    [Fact]
    public void A_snapshot_is_written_byte_for_byte_as_documented()
    {
        SimulatedDisk disk = SnapshotSample.Disk();
        using var writer = new SnapshotWriter(
            disk, SnapshotSample.LogId, new Lsn(0x4D2), new FixedTime(SnapshotSample.CreatedUnixMs));
        writer.Append(1, []);
        using (LogAppend append = writer.Begin(200, 5))
        {
            "hello"u8.CopyTo(append.Payload);
            Assert.Equal(new Lsn(0x4D2), append.Lsn);
        }

        SnapshotReport report = writer.Complete();

        Assert.Equal("snapshots/00000000000004d2.snapshot", report.Path);
        Assert.Equal(Golden, Convert.ToHexString(disk.ReadAll(report.Path)));
        Assert.Equal(Golden.Length / 2, report.Bytes);
        Assert.Equal(2, report.Records);
    }

    [Fact]
    public void A_documented_snapshot_is_read()
    {
        SimulatedDisk disk = SnapshotSample.Disk();
        disk.WriteAll("a", Convert.FromHexString(Golden));
        var records = new RecordList();

        SnapshotReport report = SnapshotReader.Read(disk, "a", records, SnapshotSample.LogId);

        Assert.Equal(
            new SnapshotReport(
                "a", SnapshotSample.LogId, new Lsn(0x4D2), SnapshotSample.CreatedUnixMs, 2, 175, SnapshotFault.None, 0, ""),
            report);
        Assert.Equal([(new Lsn(0x4D2), 1, ""), (new Lsn(0x4D2), 200, "68656C6C6F")], records.Records);
    }

    [Fact]
    public void A_snapshot_without_records_is_header_and_footer()
    {
        SimulatedDisk disk = SnapshotSample.Disk();

        SnapshotReport report = SnapshotSample.Write(disk, 1, records: 0);

        Assert.Equal(128, report.Bytes);
        Assert.True(SnapshotReader.Verify(disk, report.Path).Ok);
    }
}
