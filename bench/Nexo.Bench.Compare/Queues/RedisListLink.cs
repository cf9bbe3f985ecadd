using System.Buffers.Text;
using System.Text;

namespace Nexo.Bench.Compare.Queues;

/// <summary>
/// A list of Redis as a reliable queue: <c>RPUSH</c>; <c>LMOVE</c> into a list of the consumer's own, so that what a
/// consumer held when it died can be found; and <c>LTRIM</c> of that list, which acknowledges a whole batch. (Jobs that end
/// in another order than they came in need an <c>LREM</c> each, which costs more.)
/// </summary>
internal sealed class RedisListLink : QueueLink
{
    private static int _consumers;

    private readonly string _list;
    private readonly byte[] _blockingMove;
    private readonly byte[] _move;
    private readonly string _held;
    private TakeSize _size = new();
    private int _heldCount;
    private byte[] _push = [];

    public RedisListLink(PeerConnection connection, string list)
        : base(connection)
    {
        _list = list;
        _held = $"held:{Interlocked.Increment(ref _consumers)}";
        _blockingMove = Command("BLMOVE", list, _held, "LEFT", "RIGHT", "0.5");
        _move = Command("LMOVE", list, _held, "LEFT", "RIGHT");
    }

    public override void WriteMessage(ReadOnlySpan<byte> body)
    {
        if (_push.Length == 0)
        {
            _push = Encoding.ASCII.GetBytes($"*3\r\n$5\r\nRPUSH\r\n${_list.Length}\r\n{_list}\r\n${body.Length}\r\n");
        }

        Connection.Write(_push);
        Connection.Write(body);
        Connection.Write("\r\n"u8);
    }

    public override int ReadConfirms()
    {
        Connection.Expect(":"u8);
        return 1;
    }

    public override int Take(int prefetch, LatencyRecorder recorder)
    {
        int acked = _heldCount;
        if (acked > 0)
        {
            Connection.Write(Command("LTRIM", _held, $"{acked}", "-1"));
        }

        int wanted = _size.Next(prefetch);
        Connection.Write(_blockingMove);
        for (int i = 1; i < wanted; i++)
        {
            Connection.Write(_move);
        }

        Connection.Flush();
        if (acked > 0)
        {
            Connection.Expect("+OK"u8);
        }

        _heldCount = 0;
        for (int i = 0; i < wanted; i++)
        {
            ReadMoved(recorder);
        }

        _size.Got(_heldCount);
        return acked;
    }

    public override long ReadDepth()
    {
        Connection.Write(Command("LLEN", _list));
        Connection.Flush();
        ReadOnlySpan<byte> line = Connection.Expect(":"u8);
        return Utf8Parser.TryParse(line[1..], out long length, out _) ? length : throw PeerConnection.Unexpected(line);
    }

    private static byte[] Command(params ReadOnlySpan<string> words)
    {
        var command = new StringBuilder($"*{words.Length}\r\n");
        foreach (string word in words)
        {
            command.Append('$').Append(word.Length).Append("\r\n").Append(word).Append("\r\n");
        }

        return Encoding.ASCII.GetBytes(command.ToString());
    }

    /// <summary><c>$bytes</c> and the body; <c>$-1</c> or <c>*-1</c> where there was none.</summary>
    private void ReadMoved(LatencyRecorder recorder)
    {
        ReadOnlySpan<byte> line = Connection.ReadLine();
        if (line.SequenceEqual("$-1"u8) || line.SequenceEqual("*-1"u8))
        {
            return;
        }

        if (line[0] != '$' || !Utf8Parser.TryParse(line[1..], out int bytes, out _))
        {
            throw PeerConnection.Unexpected(line);
        }

        recorder.Received(Connection.ReadBlock(bytes));
        _heldCount++;
    }
}
