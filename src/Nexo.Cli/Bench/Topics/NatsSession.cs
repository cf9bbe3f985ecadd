using System.Buffers;
using System.Text;

namespace Nexo.Cli.Bench.Topics;

/// <summary>Reads <c>MSG subject sid bytes</c> and the body. Subscriptions have no answer: a PING after them has.</summary>
internal sealed class NatsSession : TopicSession
{
    private const int LineEndBytes = 2;

    private readonly Dictionary<string, int> _numbers = [];
    private int _lastNumber;

    public override int Subscribe(IBufferWriter<byte> output, IReadOnlyList<string> filters)
    {
        foreach (string filter in filters)
        {
            _numbers[filter] = ++_lastNumber;
            Write(output, $"SUB {NatsDialect.SubjectOf(filter)} {_lastNumber}\r\n");
        }

        output.Write("PING\r\n"u8);
        return 1;
    }

    public override int Unsubscribe(IBufferWriter<byte> output, IReadOnlyList<string> filters)
    {
        foreach (string filter in filters)
        {
            if (_numbers.Remove(filter, out int number))
            {
                Write(output, $"UNSUB {number}\r\n");
            }
        }

        output.Write("PING\r\n"u8);
        return 1;
    }

    public override int Read(ReadOnlySpan<byte> bytes, TopicInbox inbox, BenchSocket connection)
    {
        int at = 0;
        while (true)
        {
            ReadOnlySpan<byte> rest = bytes[at..];
            int lineEnd = rest.IndexOf((byte)'\n');
            if (lineEnd < 1)
            {
                return at;
            }

            int size = lineEnd + 1;
            if (rest[0] == (byte)'M')
            {
                int body = SizeAtEnd(rest[..(lineEnd - 1)]);
                size += body + LineEndBytes;
                if (size > rest.Length)
                {
                    return at;
                }

                inbox.Message(rest.Slice(lineEnd + 1, body));
            }
            else
            {
                ReadOther(rest[..size], inbox, connection);
            }

            at += size;
        }
    }

    public override int SizeOf(ReadOnlySpan<byte> beginning)
    {
        int lineEnd = beginning.IndexOf((byte)'\n');
        return lineEnd < 1 || beginning[0] != (byte)'M'
            ? 0
            : lineEnd + 1 + SizeAtEnd(beginning[..(lineEnd - 1)]) + LineEndBytes;
    }

    private static int SizeAtEnd(ReadOnlySpan<byte> line)
    {
        int size = 0;
        int unit = 1;
        for (int i = line.Length - 1; i >= 0 && line[i] != (byte)' '; i--)
        {
            size += (line[i] - '0') * unit;
            unit *= 10;
        }

        return size;
    }

    private static void ReadOther(ReadOnlySpan<byte> line, TopicInbox inbox, BenchSocket connection)
    {
        if (line.SequenceEqual("PONG\r\n"u8))
        {
            inbox.Answered();
        }
        else if (line.SequenceEqual("PING\r\n"u8))
        {
            connection.Send("PONG\r\n"u8);
        }
        else if (!line.StartsWith("INFO "u8) && !line.StartsWith("+OK"u8))
        {
            throw NatsDialect.Unexpected(line);
        }
    }

    private static void Write(IBufferWriter<byte> output, string text) => Encoding.UTF8.GetBytes(text, output);
}
