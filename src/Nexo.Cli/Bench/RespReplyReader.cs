using System.Buffers.Text;
using System.Text;
using Nexo.Cli.Terminal;

namespace Nexo.Cli.Bench;

/// <summary>
/// Walks over RESP2 replies to GET and SET: <c>+OK</c>, <c>$LENGTH</c> and a value, <c>$-1</c>, or <c>-</c> and an error.
/// What is as expected is recognised by one comparison.
/// </summary>
internal sealed class RespReplyReader : IReplyReader
{
    private const int LineEnd = 2;

    private readonly ValuePattern _value;
    private readonly bool _verify;
    private readonly byte[] _found;

    public RespReplyReader(ValuePattern value, bool verify)
    {
        _value = value;
        _verify = verify;
        _found = Encoding.ASCII.GetBytes($"${value.SizeBytes}\r\n");
    }

    public int Read(ReadOnlySpan<byte> bytes, BenchConnection connection, BenchTally tally)
    {
        int at = 0;
        int answered = connection.Answered;
        ReadOnlySpan<uint> plan = connection.Plan.AsSpan(0, connection.Count);
        while (at < bytes.Length)
        {
            ReadOnlySpan<byte> rest = bytes[at..];
            int size = SizeOf(rest);
            if (size == 0 || size > rest.Length)
            {
                break;
            }

            if ((uint)answered >= (uint)plan.Length)
            {
                throw NotResp("a reply to nothing");
            }

            Check(rest[..size], plan[answered], tally);
            at += size;
            answered++;
        }

        connection.Answered = answered;
        return at;
    }

    public int SizeOf(ReadOnlySpan<byte> beginning)
    {
        if (beginning.StartsWith("+OK\r\n"u8))
        {
            return "+OK\r\n"u8.Length;
        }

        if (beginning.StartsWith(_found))
        {
            return _found.Length + _value.SizeBytes + LineEnd;
        }

        int end = beginning.IndexOf("\r\n"u8);
        if (end < 0)
        {
            return 0;
        }

        if (beginning[0] != (byte)'$')
        {
            return end + LineEnd;
        }

        if (!Utf8Parser.TryParse(beginning[1..end], out int length, out int read) || read != end - 1 || length < -1)
        {
            throw NotResp("a length that is no number");
        }

        return length < 0 ? end + LineEnd : checked(end + LineEnd + length + LineEnd);
    }

    private void Check(ReadOnlySpan<byte> reply, uint plan, BenchTally tally)
    {
        bool read = (plan & BatchEncoder.ReadBit) != 0;
        switch (reply[0])
        {
            case (byte)'-':
                tally.Errors++;
                tally.FirstError ??= Encoding.UTF8.GetString(reply[1..^LineEnd]);
                break;
            case (byte)'$' when read && reply.StartsWith("$-1"u8):
                tally.Misses++;
                break;
            case (byte)'$' when read && reply.StartsWith(_found):
                ReadOnlySpan<byte> value = reply[_found.Length..^LineEnd];
                tally.Mismatches += _verify && !_value.Matches(value, plan & ~BatchEncoder.ReadBit) ? 1 : 0;
                break;
            case (byte)'+' when !read:
                break;
            case (byte)'$' or (byte)'+' or (byte)':':
                tally.Mismatches++;
                break;
            default:
                throw NotResp("a reply of an unknown kind");
        }
    }

    private static CliFailure NotResp(string what) => new(
        ExitCode.Refused, "protocol", $"The server sent {what}.", "is this a server that speaks RESP2?");
}
