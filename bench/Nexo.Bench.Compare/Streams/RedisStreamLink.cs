using System.Buffers.Text;
using System.Text;
using Nexo.Bench.Compare.Queues;

namespace Nexo.Bench.Compare.Streams;

/// <summary>A stream of Redis: <c>XADD</c> with one field, and <c>XREAD</c> from the last id on.</summary>
internal sealed class RedisStreamLink(PeerConnection connection, string stream) : QueueLink(connection)
{
    private const int BlockMs = 200;

    private byte[] _add = [];
    private string _last = "0";

    public override void WriteMessage(ReadOnlySpan<byte> body)
    {
        if (_add.Length == 0)
        {
            _add = Encoding.ASCII.GetBytes(
                $"*5\r\n$4\r\nXADD\r\n${stream.Length}\r\n{stream}\r\n$1\r\n*\r\n$1\r\nv\r\n${body.Length}\r\n");
        }

        Connection.Write(_add);
        Connection.Write(body);
        Connection.Write("\r\n"u8);
    }

    /// <summary>The id: <c>$bytes</c> and it.</summary>
    public override int ReadConfirms()
    {
        Connection.ReadBlock(Number(Connection.ReadLine(), '$'));
        return 1;
    }

    /// <summary>
    /// <c>*1 *2 [stream] *records</c>, and for each <c>*2 [id] *2 [field] [value]</c>; <c>*-1</c> when there was none.
    /// </summary>
    public override int Take(int prefetch, LatencyRecorder recorder)
    {
        string count = $"{prefetch}";
        Connection.Write(
            $"*8\r\n$5\r\nXREAD\r\n$5\r\nCOUNT\r\n${count.Length}\r\n{count}\r\n$5\r\nBLOCK\r\n$3\r\n{BlockMs}\r\n"
            + $"$7\r\nSTREAMS\r\n${stream.Length}\r\n{stream}\r\n${_last.Length}\r\n{_last}\r\n");
        Connection.Flush();
        if (Number(Connection.ReadLine(), '*') < 0)
        {
            return 0;
        }

        Connection.ReadLine();
        Block();
        int records = Number(Connection.ReadLine(), '*');
        for (int i = 0; i < records; i++)
        {
            Connection.ReadLine();
            ReadOnlySpan<byte> id = Block();
            if (i == records - 1)
            {
                _last = Encoding.ASCII.GetString(id);
            }

            Connection.ReadLine();
            Block();
            recorder.Received(Block());
        }

        return records;
    }

    public override long ReadDepth() => throw new NotSupportedException("A stream is not emptied.");

    private static int Number(ReadOnlySpan<byte> line, char kind) =>
        !line.IsEmpty && line[0] == kind && Utf8Parser.TryParse(line[1..], out int number, out _)
            ? number
            : throw PeerConnection.Unexpected(line);

    private ReadOnlySpan<byte> Block() => Connection.ReadBlock(Number(Connection.ReadLine(), '$'));
}
