using System.Text;
using CsCheck;
using Nexo.Server.Resp;

namespace Nexo.Server.Tests.Resp;

/// <summary>Commands out of a stream of bytes, whichever way it is cut.</summary>
public sealed class RespReaderTests
{
    private const string Stream =
        "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$4\r\n\r\n\0*\r\n" + "PING\r\n" + "*1\r\n$4\r\nPING\r\n" + "*0\r\n" + "*-1\r\n" + "\r\n"
        + "set  'a b' \"x\\x41\\n\\\"\"\n" + "*2\r\n$0\r\n\r\n$1\r\nz\r\n";

    private static readonly byte[][] Pieces =
        ["*1\r\n"u8.ToArray(), "$1\r\n"u8.ToArray(), "*-1\r\n"u8.ToArray(), "$9\r\nab"u8.ToArray(), "\""u8.ToArray(), "\r\n"u8.ToArray()];

    private static readonly string[] Expected =
        ["SET|k|\r\n\0*", "PING", "PING", "", "", "", "set|a b|xA\n\"", "|z"];

    [Fact]
    public void The_same_commands_come_whole_cut_anywhere_and_byte_by_byte()
    {
        byte[] stream = Encoding.Latin1.GetBytes(Stream);
        Assert.Equal(Expected, Read(stream, [stream.Length]));
        Assert.Equal(Expected, Read(stream, [.. Enumerable.Range(1, stream.Length)]));
        for (int cut = 1; cut < stream.Length; cut++)
        {
            Assert.Equal(Expected, Read(stream, [cut, stream.Length]));
        }
    }

    [Theory]
    [InlineData("*x\r\n", "invalid multibulk length")]
    [InlineData("*\r\n", "invalid multibulk length")]
    [InlineData("*1048577\r\n", "invalid multibulk length")]
    [InlineData("*99999999999999999999\r\n", "invalid multibulk length")]
    [InlineData("*1\r\n:1\r\n", "expected '$', got ':'")]
    [InlineData("*1\r\n$-1\r\n", "invalid bulk length")]
    [InlineData("*1\r\n$x\r\n", "invalid bulk length")]
    [InlineData("*1\r\n$1000001\r\n", "invalid bulk length")]
    [InlineData("*1\r\n$1234567890123456789012345678901234567890", "too big bulk count string")]
    [InlineData("*1234567890123456789012345678901234567890", "too big mbulk count string")]
    [InlineData("*1\rx", "invalid multibulk length")]
    [InlineData("set \"a\r\n", "unbalanced quotes in request")]
    [InlineData("set 'a'b\r\n", "unbalanced quotes in request")]
    public void What_is_no_command_is_refused_in_the_words_of_Redis(string text, string error)
    {
        byte[] bytes = Encoding.Latin1.GetBytes(text);
        for (int step = 1; step <= bytes.Length; step++)
        {
            var reader = new RespReader { BulkBytesMax = 1_000_000 };
            var status = RespReadStatus.Incomplete;
            for (int end = step; status == RespReadStatus.Incomplete && end < bytes.Length + step; end += step)
            {
                status = reader.Read(bytes.AsSpan(0, Math.Min(end, bytes.Length)));
            }

            Assert.Equal(RespReadStatus.Broken, status);
            Assert.Equal($"Protocol error: {error}", reader.Error);
        }
    }

    [Fact]
    public void A_line_that_does_not_end_is_refused()
    {
        var reader = new RespReader();
        byte[] line = new byte[RespReader.InlineBytesMax + 1];
        line.AsSpan().Fill((byte)'a');

        Assert.Equal(RespReadStatus.Incomplete, reader.Read(line.AsSpan(0, 1_000)));
        Assert.Equal(RespReadStatus.Broken, reader.Read(line));
        Assert.Equal("Protocol error: too big inline request", reader.Error);
    }

    [Fact]
    public void Of_a_command_that_is_split_the_reader_says_what_is_missing()
    {
        var reader = new RespReader();
        byte[] command = Encoding.ASCII.GetBytes("*2\r\n$4\r\nECHO\r\n$100\r\n");

        Assert.Equal(RespReadStatus.Incomplete, reader.Read(command));
        Assert.Equal(102, reader.Needed);
        Assert.Equal(RespReadStatus.Complete, reader.Read([.. command, .. new byte[102]]));
        Assert.Equal(2, reader.Count);
    }

    [Fact]
    public void Random_commands_are_read_as_they_were_written_however_they_are_cut()
    {
        Gen<byte[]> word = Gen.Byte.Array[0, 40];
        Gen<(byte[][][] Commands, int[] Cuts)> stream =
            Gen.Select(word.Array[1, 6].Array[1, 8], Gen.Int[1, 1_000].Array[0, 10]);
        stream.Sample(
            sample =>
            {
                var bytes = new List<byte>();
                foreach (byte[][] command in sample.Commands)
                {
                    bytes.AddRange(Encoding.ASCII.GetBytes($"*{command.Length}\r\n"));
                    foreach (byte[] argument in command)
                    {
                        bytes.AddRange([.. Encoding.ASCII.GetBytes($"${argument.Length}\r\n"), .. argument, .. "\r\n"u8]);
                    }
                }

                int[] ends = [.. sample.Cuts.Where(cut => cut < bytes.Count).Order().Append(bytes.Count)];
                string[] expected =
                    [.. sample.Commands.Select(command => string.Join('|', command.Select(Encoding.Latin1.GetString)))];
                Assert.Equal(expected, Read([.. bytes], ends));
            },
            iter: 2_000);
    }

    [Fact]
    public void Random_bytes_neither_throw_nor_read_beyond_what_came()
    {
        Gen<byte[]> noise = Gen.OneOf(
            Gen.Byte.Array[0, 200],
            Gen.Int[0, Pieces.Length - 1].Array[1, 20].Select(parts => parts.SelectMany(part => Pieces[part]).ToArray()));
        noise.Sample(
            bytes =>
            {
                var reader = new RespReader();
                int at = 0;
                while (at < bytes.Length)
                {
                    RespReadStatus status = reader.Read(bytes.AsSpan(at));
                    Assert.InRange(reader.Taken, 0, bytes.Length - at);
                    if (status != RespReadStatus.Complete)
                    {
                        break;
                    }

                    RespArguments arguments = reader.Arguments(bytes.AsSpan(at));
                    for (int i = 0; i < arguments.Count; i++)
                    {
                        _ = arguments[i].Length;
                    }

                    at += reader.Taken;
                    reader.Clear();
                }
            },
            iter: 5_000);
    }

    // As a connection does: whole commands in place, and what is split copied together.
    private static List<string> Read(byte[] stream, int[] ends)
    {
        var reader = new RespReader();
        var commands = new List<string>();
        int start = 0;
        foreach (int end in ends)
        {
            while (start < end && reader.Read(stream.AsSpan(start, end - start)) == RespReadStatus.Complete)
            {
                RespArguments arguments = reader.Arguments(stream.AsSpan(start, end - start));
                var words = new List<string>();
                for (int i = 0; i < arguments.Count; i++)
                {
                    words.Add(Encoding.Latin1.GetString(arguments[i]));
                }

                commands.Add(string.Join('|', words));
                start += reader.Taken;
                reader.Next();
                reader.Forget();
            }
        }

        return commands;
    }
}
