using System.Buffers.Binary;
using CsCheck;

namespace Nexo.Protocol.Tests.Frames;

public sealed class FrameHeaderTests
{
    private static readonly Gen<FrameHeader> AnyHeader =
        Gen.Select(
                Gen.Int[FrameHeader.CountedSize, int.MaxValue - FrameHeader.LengthFieldSize],
                Gen.UShort, Gen.Byte, Gen.Byte, Gen.UInt)
            .Select((length, opcode, kind, flags, correlation) =>
                new FrameHeader(length, (Opcode)opcode, (FrameKind)kind, (FrameFlags)flags, correlation));

    [Fact]
    public void A_header_that_was_written_is_read() => AnyHeader.Sample(header =>
    {
        var bytes = new byte[FrameHeader.Size];
        header.Write(bytes);
        FrameStatus expected = header.Length == FrameHeader.CountedSize ? FrameStatus.Complete : FrameStatus.NeedBody;
        return FrameHeader.TryRead(bytes, int.MaxValue, out FrameHeader read) == expected && read == header;
    });

    [Fact]
    public void Each_field_has_its_place()
    {
        var bytes = new byte[FrameHeader.Size];
        new FrameHeader(0x0D0C0B0A, (Opcode)0x1211, (FrameKind)0x21, (FrameFlags)0x31, 0x44434241).Write(bytes);

        Assert.Equal("0A0B0C0D1112213141424344", Convert.ToHexString(bytes));
    }

    [Fact]
    public void A_frame_is_complete_with_its_last_byte_and_not_before() => Gen.Int[0, 40].Sample(bodyLength =>
    {
        byte[] frame = Frame(bodyLength);
        for (int have = 0; have <= frame.Length; have++)
        {
            FrameStatus expected = have < FrameHeader.Size ? FrameStatus.NeedHeader
                : have < frame.Length ? FrameStatus.NeedBody
                : FrameStatus.Complete;
            Assert.Equal(expected, FrameHeader.TryRead(frame.AsSpan(0, have), frame.Length, out FrameHeader header));
            Assert.Equal(have < FrameHeader.Size ? 0 : frame.Length, have < FrameHeader.Size ? header.Length : header.TotalSize);
        }
    });

    [Fact]
    public void What_follows_a_frame_does_not_matter()
    {
        byte[] frame = Frame(3);

        Assert.Equal(FrameStatus.Complete, FrameHeader.TryRead([.. frame, .. frame, 0xFF], frame.Length, out FrameHeader header));
        Assert.Equal(frame.Length, header.TotalSize);
    }

    [Theory]
    [InlineData(0u, FrameStatus.TooSmall)]
    [InlineData(1u, FrameStatus.TooSmall)]
    [InlineData(7u, FrameStatus.TooSmall)]
    [InlineData(8u, FrameStatus.NeedHeader)]
    [InlineData(996u, FrameStatus.NeedHeader)]
    [InlineData(997u, FrameStatus.TooLarge)]
    [InlineData(0x7FFFFFFFu, FrameStatus.TooLarge)]
    [InlineData(0x80000000u, FrameStatus.TooLarge)]
    [InlineData(0xFFFFFFFBu, FrameStatus.TooLarge)]
    [InlineData(0xFFFFFFFCu, FrameStatus.TooLarge)]
    [InlineData(0xFFFFFFFFu, FrameStatus.TooLarge)]
    public void A_length_is_judged_when_its_four_bytes_are_there(uint length, FrameStatus expected)
    {
        var bytes = new byte[FrameHeader.LengthFieldSize];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, length);

        Assert.Equal(expected, FrameHeader.TryRead(bytes, 1_000, out FrameHeader header));
        Assert.Equal(default, header);
    }

    [Theory]
    [InlineData(int.MaxValue, 0x7FFFFFFBu, FrameStatus.NeedBody)]
    [InlineData(int.MaxValue, 0x7FFFFFFCu, FrameStatus.TooLarge)]
    [InlineData(int.MaxValue, 0xFFFFFFFFu, FrameStatus.TooLarge)]
    [InlineData(12, 8u, FrameStatus.Complete)]
    [InlineData(12, 9u, FrameStatus.TooLarge)]
    [InlineData(11, 8u, FrameStatus.TooLarge)]
    [InlineData(3, 8u, FrameStatus.TooLarge)]
    [InlineData(0, 0xFFFFFFFFu, FrameStatus.TooLarge)]
    [InlineData(int.MinValue, 8u, FrameStatus.TooLarge)]
    public void The_limit_holds_at_its_ends(int frameBytesMax, uint length, FrameStatus expected)
    {
        var bytes = new byte[FrameHeader.Size];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, length);

        Assert.Equal(expected, FrameHeader.TryRead(bytes, frameBytesMax, out FrameHeader header));
        Assert.InRange(header.TotalSize, 0, int.MaxValue);
    }

    [Fact]
    public void Random_bytes_never_give_more_than_is_there_or_allowed() =>
        Gen.Select(Gen.Byte.Array[0, 64], Gen.Int).Sample((bytes, max) =>
        {
            FrameStatus status = FrameHeader.TryRead(bytes, max, out FrameHeader header);
            return status switch
            {
                FrameStatus.Complete => header.TotalSize <= bytes.Length && header.TotalSize <= max,
                FrameStatus.NeedBody => header.TotalSize > bytes.Length && header.TotalSize <= max,
                _ => header == default,
            };
        });

    [Theory]
    [InlineData(Durability.ServerDefault, 0)]
    [InlineData(Durability.Memory, 2)]
    [InlineData(Durability.Interval, 4)]
    [InlineData(Durability.Fsync, 6)]
    public void Durability_travels_in_bits_1_and_2(Durability durability, byte bits)
    {
        Assert.Equal((FrameFlags)bits, durability.ToFlags());
        Assert.Equal(durability, ((FrameFlags)(bits | 0b1111_1001)).Durability());
    }

    private static byte[] Frame(int bodyLength)
    {
        using var buffer = new FrameBuffer();
        buffer.Begin(Opcode.Ping, FrameKind.Request, 1);
        buffer.Write(new byte[bodyLength]);
        buffer.End();
        return buffer.Written.ToArray();
    }
}
