using System.Buffers.Text;
using System.Text;
using Nexo.Bench.Compare.Queues;

namespace Nexo.Bench.Compare.Streams;

/// <summary>
/// JetStream as a log: a stream in files that keeps everything, read by a consumer to which the server pushes under flow control,
/// without acknowledgements. That is its fastest way.
/// </summary>
internal sealed class JetStreamLogLink(PeerConnection connection, string stream) : JetStreamLink(connection, stream)
{
    private const string StalledHeader = "Nats-Consumer-Stalled: ";

    public override void Declare(QueueWork work) => Request(
        $"STREAM.CREATE.{Stream}",
        $$"""
        {"name":"{{Stream}}","subjects":["{{Stream}}"],"retention":"limits","storage":"file","discard":"old",
        "num_replicas":1,"max_consumers":-1,"max_msgs":-1,"max_bytes":-1,"max_age":0}
        """);

    public override void BeginConsuming(int prefetch)
    {
        Connection.Write($"SUB {Inbox}.d {DeliverySid}\r\n");
        Connection.Write($"PUB $JS.API.CONSUMER.CREATE.{Stream} {Inbox}.d ");
        string json = $$"""
            {"stream_name":"{{Stream}}","config":{"deliver_subject":"{{Inbox}}.d","ack_policy":"none","deliver_policy":"all",
            "replay_policy":"instant","flow_control":true,"idle_heartbeat":5000000000} }
            """;
        Connection.Write($"{json.Length}\r\n{json}\r\n");
        Connection.Flush();
    }

    public override int Take(int prefetch, LatencyRecorder recorder)
    {
        if (!Connection.WaitForInput())
        {
            return 0;
        }

        int taken = 0;
        do
        {
            ReadOnlySpan<byte> line = Connection.ReadLine();
            if (line.StartsWith("HMSG "u8))
            {
                AnswerStatus(line);
            }
            else if (!IsPing(line))
            {
                taken += TakeMessage(line, recorder);
            }
        }
        while (Connection.Buffered > 0);
        return taken;
    }

    private static int TakeBytes(ReadOnlySpan<byte> line) =>
        Utf8Parser.TryParse(line[(line.LastIndexOf((byte)' ') + 1)..], out int bytes, out _)
            ? bytes
            : throw PeerConnection.Unexpected(line);

    private int TakeMessage(ReadOnlySpan<byte> line, LatencyRecorder recorder)
    {
        if (!line.StartsWith("MSG "u8))
        {
            throw PeerConnection.Unexpected(line);
        }

        ReadOnlySpan<byte> body = Connection.ReadBlock(TakeBytes(line));
        if (body.StartsWith("{\"type\""u8))
        {
            // The answer to the making of the consumer comes the same way.
            return body.IndexOf("\"error\""u8) < 0 ? 0 : throw PeerConnection.Unexpected(body);
        }

        recorder.Received(body);
        return 1;
    }

    /// <summary>The server wants to know how far this has read: an empty message to where it says.</summary>
    private void AnswerStatus(ReadOnlySpan<byte> line)
    {
        string[] words = Encoding.ASCII.GetString(line).Split(' ');
        string text = Encoding.ASCII.GetString(Connection.ReadBlock(TakeBytes(line)));
        int stalled = text.IndexOf(StalledHeader, StringComparison.Ordinal);
        string? to = text.Contains("100 FlowControl", StringComparison.Ordinal) ? words[3]
            : stalled >= 0 ? text[(stalled + StalledHeader.Length)..].Split('\r')[0]
            : null;
        if (to is not null)
        {
            Connection.Write($"PUB {to} 0\r\n\r\n");
            Connection.Flush();
        }
    }
}
