using System.Text;
using CsCheck;
using Nexo.Protocol.Tests.Codecs;

namespace Nexo.Protocol.Tests.Frames;

public sealed class HeaderBlockTests
{
    private static readonly Gen<KeyValuePair<string, string>[]> AnyHeaders =
        Gen.Select(Fields.AnyText.Where(name => name.Length > 0), Fields.AnyText)
            .Select((name, value) => KeyValuePair.Create(name, value)).Array[0, 6];

    [Fact]
    public void Headers_are_read_as_they_were_written_and_the_body_follows() =>
        Gen.Select(AnyHeaders, Fields.AnyBytes).Sample((headers, body) =>
        {
            byte[] bytes = Write(headers, body);
            return HeaderBlock.TrySplit(bytes, out ReadOnlySpan<byte> block, out ReadOnlySpan<byte> rest)
                && rest.SequenceEqual(body)
                && Read(block).SequenceEqual(headers);
        });

    [Fact]
    public void A_block_that_is_cut_anywhere_is_refused() =>
        AnyHeaders.Sample(headers =>
        {
            byte[] bytes = Write(headers, []);
            for (int length = 0; length < bytes.Length; length++)
            {
                Assert.False(HeaderBlock.TrySplit(bytes.AsSpan(0, length), out _, out _));
            }
        });

    [Fact]
    public void Random_bytes_are_split_or_refused() => Gen.Byte.Array[0, 100].Sample(
        bytes => !HeaderBlock.TrySplit(bytes, out ReadOnlySpan<byte> block, out ReadOnlySpan<byte> body)
            || bytes.Length == sizeof(ushort) + block.Length + body.Length,
        iter: 5_000);

    [Theory]
    [InlineData("")]
    [InlineData("00")]
    [InlineData("0100")]
    [InlineData("010001")]
    [InlineData("0300000000")]
    [InlineData("0400016100FF")]
    [InlineData("0400016102000000")]
    [InlineData("FFFF016100")]
    [InlineData("0500016100000061")]
    public void A_malformed_block_is_refused(string hex) =>
        Assert.False(HeaderBlock.TrySplit(Convert.FromHexString(hex), out _, out _));

    [Fact]
    public void The_largest_block_fits_and_one_byte_more_does_not()
    {
        string largest = new('v', ushort.MaxValue - sizeof(byte) - 1 - sizeof(ushort));

        Assert.Equal(sizeof(ushort) + ushort.MaxValue, Write([new("n", largest)], []).Length);
        AssertRefused(new("n", largest + "v"));
    }

    [Fact]
    public void A_name_without_bytes_or_over_255_of_them_is_not_written()
    {
        Assert.NotEmpty(Write([new(new string('n', 255), "")], []));
        AssertRefused(new(string.Empty, "v"));
        AssertRefused(new(new string('n', 256), "v"));
        AssertRefused(new(new string('é', 128), "v"));
    }

    private static void AssertRefused(KeyValuePair<string, string> header)
    {
        using var buffer = new FrameBuffer();
        buffer.Begin(Opcode.Ping, FrameKind.Request, 1, FrameFlags.Headers);

        Assert.Throws<ArgumentException>(() => HeaderBlock.Write(buffer, [new("first", "kept"), header]));
        Assert.Equal(0, buffer.BodyCount);
    }

    private static byte[] Write(KeyValuePair<string, string>[] headers, byte[] body)
    {
        using var buffer = new FrameBuffer();
        buffer.Begin(Opcode.Ping, FrameKind.Request, 1, FrameFlags.Headers);
        HeaderBlock.Write(buffer, headers);
        buffer.Write(body);
        buffer.End();
        return buffer.Written.Span[FrameHeader.Size..].ToArray();
    }

    private static List<KeyValuePair<string, string>> Read(ReadOnlySpan<byte> block)
    {
        var headers = new List<KeyValuePair<string, string>>();
        while (HeaderBlock.TryReadNext(ref block, out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value))
        {
            headers.Add(new(Encoding.UTF8.GetString(name), Encoding.UTF8.GetString(value)));
        }

        return headers;
    }
}
