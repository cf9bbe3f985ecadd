using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace Nexo.Bench.Compare.Queues;

/// <summary>
/// beanstalkd. Its jobs must be reserved and deleted one by one; a round asks for many and deletes those of the round
/// before, in one packet.
/// </summary>
internal sealed class BeanstalkdLink : QueueLink
{
    private readonly string _tube;
    private readonly List<long> _held = [];
    private TakeSize _size = new();
    private byte[] _put = [];

    public BeanstalkdLink(PeerConnection connection, string tube)
        : base(connection)
    {
        _tube = tube;
        connection.Write($"use {tube}\r\nwatch {tube}\r\n");
        connection.Flush();
        connection.Expect("USING "u8);
        connection.Expect("WATCHING "u8);
    }

    /// <summary>Priority 0, no delay, and a time to run that no run outlasts.</summary>
    public override void WriteMessage(ReadOnlySpan<byte> body)
    {
        if (_put.Length == 0)
        {
            _put = Encoding.ASCII.GetBytes($"put 0 0 3600 {body.Length}\r\n");
        }

        Connection.Write(_put);
        Connection.Write(body);
        Connection.Write("\r\n"u8);
    }

    public override int ReadConfirms()
    {
        Connection.Expect("INSERTED "u8);
        return 1;
    }

    public override int Take(int prefetch, LatencyRecorder recorder)
    {
        int deleted = _held.Count;
        foreach (long id in _held)
        {
            Connection.Write("delete "u8);
            Connection.WriteNumber(id);
            Connection.Write("\r\n"u8);
        }

        int wanted = _size.Next(prefetch);
        Connection.Write("reserve-with-timeout 1\r\n"u8);
        for (int i = 1; i < wanted; i++)
        {
            Connection.Write("reserve-with-timeout 0\r\n"u8);
        }

        Connection.Flush();
        for (int i = 0; i < deleted; i++)
        {
            Connection.Expect("DELETED"u8);
        }

        _held.Clear();
        for (int i = 0; i < wanted; i++)
        {
            ReadReserved(recorder);
        }

        _size.Got(_held.Count);
        return deleted;
    }

    public override long ReadDepth()
    {
        Connection.Write($"stats-tube {_tube}\r\n");
        Connection.Flush();
        ReadOnlySpan<byte> line = Connection.ReadLine();
        if (!line.StartsWith("OK "u8) || !Utf8Parser.TryParse(line[3..], out int bytes, out _))
        {
            throw PeerConnection.Unexpected(line);
        }

        string stats = Encoding.ASCII.GetString(Connection.ReadBlock(bytes));
        return StatOf(stats, "current-jobs-ready: ") + StatOf(stats, "current-jobs-reserved: ");
    }

    private static long StatOf(string stats, string name)
    {
        int start = stats.IndexOf(name, StringComparison.Ordinal) + name.Length;
        int end = stats.IndexOf('\n', start);
        return long.Parse(stats.AsSpan(start..end), CultureInfo.InvariantCulture);
    }

    /// <summary><c>RESERVED id bytes</c>, or <c>TIMED_OUT</c>.</summary>
    private void ReadReserved(LatencyRecorder recorder)
    {
        ReadOnlySpan<byte> line = Connection.ReadLine();
        ReadOnlySpan<byte> reserved = "RESERVED "u8;
        if (line.StartsWith(reserved)
            && Utf8Parser.TryParse(line[reserved.Length..], out long id, out int digits)
            && Utf8Parser.TryParse(line[(reserved.Length + digits + 1)..], out int bytes, out _))
        {
            recorder.Received(Connection.ReadBlock(bytes));
            _held.Add(id);
        }
        else if (!line.SequenceEqual("TIMED_OUT"u8))
        {
            throw PeerConnection.Unexpected(line);
        }
    }
}
