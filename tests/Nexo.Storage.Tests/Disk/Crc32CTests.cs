using CsCheck;
using Xunit;

namespace Nexo.Storage.Tests.Disk;

public sealed class Crc32CTests
{
    [Fact]
    public void The_check_value_of_the_field_is_met() => Assert.Equal(0xE3069283u, Crc32C.Of("123456789"u8));

    /// <summary>Vectors of RFC 3720, B.4 (iSCSI).</summary>
    [Fact]
    public void The_vectors_of_iscsi_are_met()
    {
        byte[] ascending = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];

        Assert.Equal(0x8A9136AAu, Crc32C.Of(new byte[32]));
        Assert.Equal(0x62A8AB43u, Crc32C.Of([.. Enumerable.Repeat((byte)0xFF, 32)]));
        Assert.Equal(0x46DD794Eu, Crc32C.Of(ascending));
        Assert.Equal(0x113FDB5Cu, Crc32C.Of([.. ascending.Reverse()]));
        Assert.Equal(0u, Crc32C.Of([]));
    }

    [Fact]
    public void Any_length_at_any_alignment_has_the_checksum_of_the_definition()
    {
        byte[] bytes = new byte[20_000];
        new Random(7).NextBytes(bytes);
        Gen.Select(Gen.Int[0, 64], Gen.Int[0, 19_000]).Sample((start, count) =>
        {
            ReadOnlySpan<byte> part = bytes.AsSpan(start, count);
            return Crc32C.Of(part) == ByDefinition(part);
        });
    }

    [Fact]
    public void Parts_in_a_row_have_the_checksum_of_the_whole()
    {
        byte[] bytes = new byte[9_000];
        new Random(8).NextBytes(bytes);
        Gen.Int[0, 9_000].Sample(cut =>
            Crc32C.Append(Crc32C.Of(bytes.AsSpan(0, cut)), bytes.AsSpan(cut)) == Crc32C.Of(bytes));
    }

    private static uint ByDefinition(ReadOnlySpan<byte> bytes)
    {
        uint state = uint.MaxValue;
        foreach (byte value in bytes)
        {
            state ^= value;
            for (int bit = 0; bit < 8; bit++)
            {
                state = (state >> 1) ^ ((state & 1) != 0 ? 0x82F63B78u : 0);
            }
        }

        return ~state;
    }
}
