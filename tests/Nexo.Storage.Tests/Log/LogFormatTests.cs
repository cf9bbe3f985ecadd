using Xunit;

namespace Nexo.Storage.Tests.Log;

/// <summary>The bytes that docs/storage-format.md fixes.</summary>
public sealed class LogFormatTests
{
    [Fact]
    public void A_segment_header_has_these_bytes()
    {
        byte[] bytes = new byte[SegmentHeader.Size];
        new SegmentHeader(0x1122334455667788, 3, 0x0102, new Lsn(0x0A0B0C), 0x100000).Write(bytes);

        Assert.Equal(
            "4E585753" + "44DF76B3" + "01000000" + "00000000" + "8877665544332211" + "0300000000000000"
            + "0201000000000000" + "0C0B0A0000000000" + "0000100000000000",
            Convert.ToHexString(bytes.AsSpan(0, 56)));
        Assert.True(bytes.AsSpan(56).IndexOfAnyExcept((byte)0) < 0);
    }

    [Fact]
    public void A_log_of_two_records_has_these_bytes()
    {
        using var log = new LogFixture();
        log.Open();
        Write(log.Wal, 16, "hello"u8);
        Write(log.Wal, 17, "x"u8);
        log.Flush();
        log.Close();

        byte[] file = log.Disk.ReadAll("wal/0000000000000001.wal");

        Assert.Equal(4_096, file.Length);
        Assert.Equal(
            "4E585753" + "D5B598C0" + "01000000" + "00000000" + "8877665544332211" + "0100000000000000"
            + "0100000000000000" + "0100000000000000" + "0010000000000000",
            Convert.ToHexString(file.AsSpan(0, 56)));
        Assert.Equal(
            "4E584354" + "39E4A61B" + "00000000" + "00000000" + "8877665544332211" + "0100000000000000"
            + "0100000000000000" + "0000000000000000" + "01000000" + "01000000" + "0000000000000000",
            Convert.ToHexString(file.AsSpan(512, 64)));
        Assert.Equal(
            "4E584354" + "3D46750A" + "10000000" + "02000000" + "8877665544332211" + "0200000000000000"
            + "0100000000000000" + "0100000000000000" + "01000000" + "00000000" + "0000000000000000"
            + "05000000" + "10" + "68656C6C6F" + "01000000" + "11" + "78",
            Convert.ToHexString(file.AsSpan(1_024, 80)));
        Assert.Equal(
            "4E584354" + "B59666FC" + "00000000" + "00000000" + "8877665544332211" + "0300000000000000"
            + "0300000000000000" + "0200000000000000" + "01000000" + "02000000" + "0000000000000000",
            Convert.ToHexString(file.AsSpan(1_536, 64)));
        Assert.True(file.AsSpan(1_600).IndexOfAnyExcept((byte)0) < 0);
    }

    [Theory]
    [InlineData("0000000000000001.wal", true)]
    [InlineData("00000000000000ff.wal", true)]
    [InlineData("00000000000000FF.wal", false)]
    [InlineData("1.wal", false)]
    [InlineData("0000000000000001.tmp", false)]
    public void Only_these_names_are_segments(string name, bool isSegment) =>
        Assert.Equal(isSegment, SegmentHeader.TryParseName(name, out _));

    [Fact]
    public void A_record_that_claims_more_than_there_is_is_none()
    {
        ReadOnlySpan<byte> records = [4, 0, 0, 0, 16, 1, 2, 3];
        Assert.False(LogRecord.TryTake(ref records, out _, out _));
        records = [0xFF, 0xFF, 0xFF, 0xFF, 16, 1, 2, 3];
        Assert.False(LogRecord.TryTake(ref records, out _, out _));
        records = [3, 0, 0, 0];
        Assert.False(LogRecord.TryTake(ref records, out _, out _));
    }

    private static void Write(Wal wal, byte kind, ReadOnlySpan<byte> payload)
    {
        using LogAppend append = wal.Begin(kind, payload.Length);
        payload.CopyTo(append.Payload);
    }
}
