using System.Text;
using Nexo.Cli.Terminal;
using Xunit;

namespace Nexo.Cli.Tests.Terminal;

public sealed class OutputTests
{
    [Fact]
    public void A_value_on_a_pipe_is_exact() =>
        Assert.Equal([0, 255, 10, 13], Write(false, output => output.Value([0, 255, 10, 13])));

    [Fact]
    public void A_value_on_a_terminal_ends_its_line_and_cannot_steer_the_terminal()
    {
        Assert.Equal("hello\n"u8, Write(true, output => output.Value("hello"u8)));
        Assert.Equal("\\x1b[2Jgone\n"u8, Write(true, output => output.Value("\e[2Jgone"u8)));
    }

    [Fact]
    public void Items_of_a_line_are_parted_by_tabs() =>
        Assert.Equal("a\tb\n"u8, Write(false, output => output.Items("a"u8.ToArray(), "b"u8.ToArray())));

    [Theory]
    [InlineData("two\nlines", "v")]
    [InlineData("a\ttab", "v")]
    public void An_item_that_would_be_read_as_two_is_refused(string name, string value)
    {
        CliFailure refused = Assert.Throws<CliFailure>(() => Write(
            false, output => output.Items(Encoding.UTF8.GetBytes(name), Encoding.UTF8.GetBytes(value))));
        Assert.Contains("--escape", refused.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void With_escapes_every_item_fits_on_its_line() =>
        Assert.Equal(
            "two\\nlines\t\\xff\n"u8,
            Write(false, output => output.Items("two\nlines"u8.ToArray(), new byte[] { 255 }), escape: true));

    [Fact]
    public void Colours_are_for_terminals_only()
    {
        Assert.Contains((byte)0x1b, Write(true, output => output.Line(output.Good("ok"))));
        Assert.DoesNotContain((byte)0x1b, Write(false, output => output.Line(output.Good("ok"))));
    }

    [Fact]
    public void Bytes_that_are_not_text_are_marked_as_base64_in_json() =>
        Assert.Equal(
            "{\"key\":\"kä\",\"value_base64\":\"/wA=\"}\n"u8,
            Write(false, output => output.Object(json =>
            {
                json.WriteBytes("key", "kä"u8);
                json.WriteBytes("value", [255, 0]);
            })));

    private static byte[] Write(bool terminal, Action<CliOutput> write, bool escape = false)
    {
        using var stream = new MemoryStream();
        var console = new CliConsole
        {
            Input = Stream.Null,
            Output = stream,
            Error = TextWriter.Null,
            OutputIsTerminal = terminal,
        };
        using var output = new CliOutput(console, json: false, color: true, escape);
        write(output);
        output.Flush();
        return stream.ToArray();
    }
}
