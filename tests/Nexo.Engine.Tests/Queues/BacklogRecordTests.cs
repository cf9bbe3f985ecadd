using Nexo.Engine.Queues;
using Nexo.Storage;
using Xunit;

namespace Nexo.Engine.Tests.Queues;

/// <summary>The bytes on disk, as docs/storage-format.md has them.</summary>
public sealed class BacklogRecordTests
{
    [Fact]
    public void A_backlog_that_was_cleared_says_between_which_ids()
    {
        byte[] payload = new byte[BacklogClearedRecord.Size];
        new BacklogClearedRecord(7, 3, 16, 255).Write(payload);
        Assert.Equal("07000000" + "03" + "1000000000000000" + "FF00000000000000", Convert.ToHexString(payload));
        Assert.True(BacklogClearedRecord.TryRead(payload, out BacklogClearedRecord read));
        Assert.Equal(new BacklogClearedRecord(7, 3, 16, 255), read);
        Assert.False(BacklogClearedRecord.TryRead(payload.AsSpan(1), out _));
    }

    [Fact]
    public void A_backlog_that_was_taken_out_says_up_to_which_id()
    {
        byte[] payload = new byte[BacklogTakenRecord.Size];
        new BacklogTakenRecord(7, 3, 255).Write(payload);
        Assert.Equal("07000000" + "03" + "FF00000000000000", Convert.ToHexString(payload));
        Assert.True(BacklogTakenRecord.TryRead(payload, out BacklogTakenRecord read));
        Assert.Equal(new BacklogTakenRecord(7, 3, 255), read);
        Assert.False(BacklogTakenRecord.TryRead(payload.AsSpan(1), out _));
    }

    [Fact]
    public void A_backlog_that_is_kept_says_where_it_lies_and_from_where_on()
    {
        var state = new BacklogState(new SegmentedLogCheckpoint(20, 0, 512, 9), 10, 300, 40, 30);
        byte[] payload = new byte[BacklogKeptRecord.Size];
        BacklogKeptRecord.Write(payload, 7, 3, 5, state);
        Assert.Equal(
            "07000000" + "03" + "05000000"
            + "1400000000000000" + "0000000000000000" + "0002000000000000" + "0900000000000000"
            + "0A00000000000000" + "2C01000000000000" + "2800000000000000" + "1E00000000000000",
            Convert.ToHexString(payload));
        Assert.True(BacklogKeptRecord.TryRead(payload, out BacklogKeptRecord read));
        Assert.Equal(new BacklogKeptRecord(7, 3, 5, state), read);
        for (int length = 0; length < payload.Length; length++)
        {
            Assert.False(BacklogKeptRecord.TryRead(payload.AsSpan(0, length), out _));
        }

        payload[41] = 21;
        Assert.False(BacklogKeptRecord.TryRead(payload, out _));
    }
}
