using System.Text;
using CsCheck;

namespace Nexo.Protocol.Tests.Frames;

public sealed class FrameBufferTests
{
    [Fact]
    public void Frames_grow_close_and_are_taken_back_as_a_list_of_bytes_does()
    {
        Gen<byte[]> body = Gen.OneOf(Gen.Byte.Array[0, 50], Gen.Byte.Array[3_000, 9_000]);
        Gen.Select(body, Gen.Bool, Gen.UInt).Array[1, 12].Sample(
            frames =>
            {
                using var buffer = new FrameBuffer();
                var expected = new List<byte>();
                foreach ((byte[] bytes, bool kept, uint correlation) in frames)
                {
                    buffer.Begin(Opcode.StoreGet, FrameKind.Reply, correlation);
                    buffer.Write(bytes);
                    Assert.Equal(bytes.Length, buffer.BodyCount);
                    if (!kept)
                    {
                        buffer.Abandon();
                        continue;
                    }

                    buffer.End();
                    expected.AddRange(Frame(FrameKind.Reply, correlation, bytes));
                }

                return buffer.Count == expected.Count && buffer.Written.Span.SequenceEqual(expected.ToArray());
            },
            iter: 200);
    }

    [Fact]
    public void Numbers_are_little_endian_and_patched_in_place()
    {
        using var buffer = new FrameBuffer();
        buffer.AppendFrames([0xEE]);
        buffer.Begin(Opcode.Ping, FrameKind.Request, 1);
        buffer.WriteByte(0);
        buffer.WriteUInt16(0);
        buffer.WriteUInt32(0);
        buffer.WriteUInt64(0);
        buffer.WriteInt64(-2);
        buffer.PatchByte(0, 0x01);
        buffer.PatchUInt16(1, 0x0302);
        buffer.PatchUInt32(3, 0x07060504);
        buffer.PatchUInt64(7, 0x0F0E0D0C0B0A0908);
        buffer.End();

        Assert.Equal(
            "EE" + "1F000000" + "0200" + "00" + "00" + "01000000" + "0102030405060708090A0B0C0D0E0F" + "FEFFFFFFFFFFFFFF",
            Convert.ToHexString(buffer.Written.Span));
    }

    [Fact]
    public void A_blob_has_its_length_and_a_text_has_none()
    {
        using var buffer = new FrameBuffer();
        buffer.Begin(Opcode.Ping, FrameKind.Request, 1);
        buffer.WriteBlob("ab"u8);
        buffer.WriteUtf8("é");
        buffer.End();

        Assert.Equal("020000006162C3A9", Convert.ToHexString(buffer.Written.Span[FrameHeader.Size..]));
    }

    [Fact]
    public void A_body_can_be_cut_and_written_on()
    {
        using var buffer = new FrameBuffer();
        buffer.Begin(Opcode.StoreGet, FrameKind.Request, 9);
        buffer.Write("abcdef"u8);
        buffer.TruncateBody(2);
        buffer.Write("z"u8);
        buffer.End();

        Assert.Equal(Frame(FrameKind.Request, 9, "abz"u8), buffer.Written.ToArray());
    }

    [Fact]
    public void The_first_frames_can_be_forgotten() =>
        Gen.Select(Gen.Byte.Array[0, 300_000], Gen.Double[0, 1]).Sample(
            (bytes, share) =>
            {
                using var buffer = new FrameBuffer();
                buffer.AppendFrames(bytes);
                int count = (int)(share * bytes.Length);
                buffer.RemoveFirst(count);
                return buffer.Written.Span.SequenceEqual(bytes.AsSpan(count)) && buffer.IsEmpty == (count == bytes.Length);
            },
            iter: 50);

    [Theory]
    [InlineData(100)]
    [InlineData(1_000_000)]
    public void A_cleared_buffer_is_used_again_and_keeps_no_large_array(int size)
    {
        using var buffer = new FrameBuffer();
        buffer.AppendFrames(new byte[size]);
        buffer.Clear();

        Assert.True(buffer.IsEmpty);
        Assert.InRange(buffer.GetMemory().Length, 1, 256 * 1_024);
        buffer.AppendFrames("abc"u8);
        Assert.Equal("abc"u8.ToArray(), buffer.Written.ToArray());
    }

    [Fact]
    public void A_disposed_buffer_is_empty_and_can_be_used_again()
    {
        var buffer = new FrameBuffer();
        buffer.AppendFrames("abc"u8);
        buffer.Dispose();

        Assert.Equal(0, buffer.Written.Length);
        buffer.AppendFrames("d"u8);
        Assert.Equal("d"u8.ToArray(), buffer.Written.ToArray());
        buffer.Dispose();
    }

    [Fact]
    public void It_is_a_buffer_writer_that_gives_the_room_it_was_asked_for() =>
        Gen.Int[0, 20_000].Array[1, 8].Sample(
            sizes =>
            {
                using var buffer = new FrameBuffer();
                var expected = new List<byte>();
                foreach (int size in sizes)
                {
                    Span<byte> room = size % 2 == 0 ? buffer.GetSpan(size) : buffer.GetMemory(size).Span;
                    Assert.True(room.Length >= Math.Max(size, 1));
                    room[..size].Fill((byte)size);
                    buffer.Advance(size);
                    expected.AddRange(Enumerable.Repeat((byte)size, size));
                }

                return buffer.Written.Span.SequenceEqual(expected.ToArray());
            },
            iter: 100);

    [Fact]
    public void A_text_with_a_lone_surrogate_is_still_utf8()
    {
        using var buffer = new FrameBuffer();
        buffer.Begin(Opcode.Ping, FrameKind.Request, 1);
        buffer.WriteUtf8("a\uD800b");
        buffer.End();

        Assert.Equal("a\uFFFDb", Encoding.UTF8.GetString(buffer.Written.Span[FrameHeader.Size..]));
    }

    private static byte[] Frame(FrameKind kind, uint correlation, ReadOnlySpan<byte> body)
    {
        var frame = new byte[FrameHeader.Size + body.Length];
        new FrameHeader(FrameHeader.CountedSize + body.Length, Opcode.StoreGet, kind, FrameFlags.None, correlation).Write(frame);
        body.CopyTo(frame.AsSpan(FrameHeader.Size));
        return frame;
    }
}
