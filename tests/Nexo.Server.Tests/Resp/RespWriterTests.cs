using System.Text;
using Nexo.Protocol;
using Nexo.Server.Resp;

namespace Nexo.Server.Tests.Resp;

/// <summary>Replies as bytes, in both versions.</summary>
public sealed class RespWriterTests
{
    [Theory]
    [InlineData(2, "+OK\r\n-ERR no\r\n:-5\r\n:10\r\n$3\r\na\r\n\r\n$2\r\n42\r\n$-1\r\n*-1\r\n*2\r\n*4\r\n*1\r\n*3\r\n:1\r\n$3\r\n1.5\r\n$3\r\nabc\r\n")]
    [InlineData(3, "+OK\r\n-ERR no\r\n:-5\r\n:10\r\n$3\r\na\r\n\r\n$2\r\n42\r\n_\r\n_\r\n*2\r\n%2\r\n~1\r\n>3\r\n#t\r\n,1.5\r\n=7\r\ntxt:abc\r\n")]
    public void Every_form_of_a_reply_is_written_as_its_version_has_it(int version, string expected)
    {
        using var buffer = new FrameBuffer();
        var writer = new RespWriter(buffer) { Version = version };
        writer.Ok();
        writer.Error("ERR no"u8);
        writer.Integer(-5);
        writer.Integer(10);
        writer.Bulk("a\r\n"u8);
        writer.BulkNumber(42);
        writer.Null();
        writer.NullArray();
        writer.Array(2);
        writer.Map(2);
        writer.Set(1);
        writer.Push(3);
        writer.Boolean(true);
        writer.Double(1.5);
        writer.Verbatim("abc");

        Assert.Equal(expected, Encoding.ASCII.GetString(buffer.Written.Span));
    }

    [Fact]
    public void An_error_stays_on_its_line()
    {
        using var buffer = new FrameBuffer();
        new RespWriter(buffer).Error("ERR a\r\nb");

        Assert.Equal("-ERR a b\r\n", Encoding.ASCII.GetString(buffer.Written.Span));
    }

    [Theory]
    [InlineData(0, "0")]
    [InlineData(-0.0, "-0")]
    [InlineData(3, "3")]
    [InlineData(0.1, "0.1")]
    [InlineData(-2.5, "-2.5")]
    [InlineData(1e20, "1e+20")]
    [InlineData(double.PositiveInfinity, "inf")]
    [InlineData(double.NegativeInfinity, "-inf")]
    [InlineData(10_000_000_000_000_000, "10000000000000000")]
    public void Fractions_are_written_as_Redis_does(double value, string expected) =>
        Assert.Equal(expected, Encoding.ASCII.GetString(RespWriter.FormatDouble(value, stackalloc byte[32])));
}
