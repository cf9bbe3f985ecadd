using Xunit;

namespace Nexo.Storage.Tests.Segments;

/// <summary>docs/storage-format.md, "Segmented logs": the bytes are frozen.</summary>
public class SegmentFormatTests
{
    [Fact]
    public void The_bytes_of_a_finished_segment_are_those_of_the_format()
    {
        using var at = new LogHarness(LogHarness.NewDisk());
        at.Log.Append(
            new BatchHeader
            {
                BaseOffset = 0,
                Offsets = 3,
                Records = 2,
                FirstTimestamp = 0x0102030405060708,
                MaxTimestamp = 0x1112131415161718,
                Flags = 0x0A0B,
            },
            "payload"u8);
        at.Log.Roll();
        string expected =
            // The header: magic, CRC, version, zero, log id, base, bytes before, time before (none), zeros.
            "4E585347" + "1023F1DF" + "01000000" + "00000000" + "8877665544332211" + "0000000000000000"
            + "0000000000000000" + "0000000000000080" + new string('0', 32)
            // The batch: CRC, bytes, base, offsets, records, times, flags, zeros, payload.
            + "D06EAFB8" + "37000000" + "0000000000000000" + "03000000" + "02000000"
            + "0807060504030201" + "1817161514131211" + "0B0A" + "000000000000" + "7061796C6F6164"
            // The index: offset, position, time before.
            + "0000000000000000" + "4000000000000000" + "0000000000000080"
            // The footer: magic, CRC, version, entries, log id, base, end, end of data, highest time, zeros.
            + "4E585345" + "610BE6F3" + "01000000" + "01000000" + "8877665544332211" + "0000000000000000"
            + "0300000000000000" + "7700000000000000" + "1817161514131211" + "0000000000000000";
        Assert.Equal(expected, Convert.ToHexString(at.Disk.ReadAll($"{LogHarness.Directory}/0000000000000000.seg")));
    }

    [Fact]
    public void A_checkpoint_is_thirty_two_bytes_and_comes_back()
    {
        var checkpoint = new SegmentedLogCheckpoint(0x0102, 0x0101, 0x40, -2);
        byte[] bytes = new byte[SegmentedLogCheckpoint.Size];
        checkpoint.Encode(bytes);
        Assert.Equal(
            "0201000000000000" + "0101000000000000" + "4000000000000000" + "FEFFFFFFFFFFFFFF",
            Convert.ToHexString(bytes));
        Assert.True(SegmentedLogCheckpoint.TryDecode(bytes, out SegmentedLogCheckpoint read));
        Assert.Equal(checkpoint, read);
        Assert.False(SegmentedLogCheckpoint.TryDecode(bytes.AsSpan(1), out _));
        bytes[16] = 1;
        Assert.False(SegmentedLogCheckpoint.TryDecode(bytes, out _));
    }

    [Fact]
    public void What_follows_a_checkpoint_begins_in_a_sector_of_its_own()
    {
        using var at = new LogHarness(LogHarness.NewDisk(), options: LogHarness.Small with { SegmentBytes = 1 << 20 });
        for (int i = 0; i < 700; i++)
        {
            at.Append(bytes: i);
            SegmentedLogCheckpoint checkpoint = at.Log.Checkpoint();
            Assert.Equal(0, checkpoint.Position % 512);
            Assert.Equal(checkpoint, at.Log.Checkpoint());
        }

        Assert.Equal(700, at.ReadAll(0).Count);
    }

    [Theory]
    [InlineData("LOCK")]
    [InlineData("0000000000000000.SEG")]
    [InlineData("000000000000000.seg")]
    [InlineData("00000000000000000.seg")]
    [InlineData("000000000000000G.seg")]
    [InlineData("000000000000000A.seg")]
    [InlineData("8000000000000000.seg")]
    [InlineData(" 00000000000000a.seg")]
    public void Only_names_of_the_exact_form_are_segments(string name)
    {
        Assert.False(SegmentNames.TrySegment(name, out _));
        Assert.True(SegmentNames.TrySegment("000000000000000a.seg", out long offset));
        Assert.Equal(10, offset);
    }
}
