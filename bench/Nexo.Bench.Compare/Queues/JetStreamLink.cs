using System.Buffers.Text;
using System.Text;
using System.Text.Json;

namespace Nexo.Bench.Compare.Queues;

/// <summary>
/// JetStream of nats-server: a stream with work-queue retention in files, and one durable pull consumer that all
/// connections share. A work queue takes no acknowledgement of many messages at once, so each has its own.
/// </summary>
internal class JetStreamLink : QueueLink
{
    private const string Workers = "workers";
    private const int ReplySid = 1;
    private const int ConfirmSid = 2;
    protected const int DeliverySid = 3;

    private readonly byte[] _pull;
    private int _asked;
    private byte[] _publish = [];

    public JetStreamLink(PeerConnection connection, string stream)
        : base(connection)
    {
        Stream = stream;
        _pull = Encoding.ASCII.GetBytes($"PUB $JS.API.CONSUMER.MSG.NEXT.{stream}.{Workers} {Inbox}.d ");
        connection.Expect("INFO "u8);
        connection.Write("CONNECT {\"verbose\":false,\"pedantic\":false,\"headers\":true,\"protocol\":1}\r\n"u8);
        connection.Write($"SUB {Inbox}.r {ReplySid}\r\nPING\r\n");
        connection.Flush();
        connection.Expect("PONG"u8);
    }

    protected string Stream { get; }

    /// <summary>What comes to this connection alone.</summary>
    protected string Inbox { get; } = $"_INBOX.{Guid.NewGuid():N}";

    public override void Declare(QueueWork work)
    {
        Request(
            $"STREAM.CREATE.{Stream}",
            $$"""
            {"name":"{{Stream}}","subjects":["{{Stream}}"],"retention":"workqueue","storage":"file","discard":"old",
            "num_replicas":1,"max_consumers":-1,"max_msgs":-1,"max_bytes":-1,"max_age":0}
            """);
        Request(
            $"CONSUMER.DURABLE.CREATE.{Stream}.{Workers}",
            $$"""
            {"stream_name":"{{Stream}}","config":{"durable_name":"{{Workers}}","ack_policy":"explicit",
            "deliver_policy":"all","replay_policy":"instant","max_ack_pending":{{work.Consumers * work.Prefetch}} } }
            """);
    }

    public override void BeginPublishing() => Connection.Write($"SUB {Inbox}.c {ConfirmSid}\r\n");

    public override void WriteMessage(ReadOnlySpan<byte> body)
    {
        if (_publish.Length == 0)
        {
            _publish = Encoding.ASCII.GetBytes($"PUB {Stream} {Inbox}.c {body.Length}\r\n");
        }

        Connection.Write(_publish);
        Connection.Write(body);
        Connection.Write("\r\n"u8);
    }

    public override int ReadConfirms()
    {
        ReadOnlySpan<byte> confirm = ReadMessage();
        return confirm.IndexOf("\"error\""u8) < 0 ? 1 : throw PeerConnection.Unexpected(confirm);
    }

    public override void BeginConsuming(int prefetch)
    {
        Connection.Write($"SUB {Inbox}.d {DeliverySid}\r\n");
        Pull(prefetch);
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
            if (!IsPing(line))
            {
                recorder.Received(ReadMessage(line, acknowledge: true));
                taken++;
            }
        }
        while (Connection.Buffered > 0 && taken < _asked);
        _asked -= taken;

        // Ask anew when half of it has come, as clients do, so that the server need not wait.
        if (_asked <= prefetch / 2)
        {
            Pull(prefetch - _asked);
        }

        Connection.Flush();
        return taken;
    }

    public override long ReadDepth()
    {
        using var info = JsonDocument.Parse(Request($"STREAM.INFO.{Stream}", ""));
        return info.RootElement.GetProperty("state").GetProperty("messages").GetInt64();
    }

    private void Pull(int messages)
    {
        string batch = $"{{\"batch\":{messages}}}";
        Connection.Write(_pull);
        Connection.WriteNumber(batch.Length);
        Connection.Write($"\r\n{batch}\r\n");
        _asked += messages;
    }

    /// <summary>Asks the server's own interface; a refusal ends the comparison.</summary>
    protected string Request(string what, string json)
    {
        Connection.Write($"PUB $JS.API.{what} {Inbox}.r {json.Length}\r\n{json}\r\n");
        Connection.Flush();
        string reply = Encoding.UTF8.GetString(ReadMessage());
        return reply.Contains("\"error\"", StringComparison.Ordinal)
            ? throw new CompareFailure($"JetStream said: {reply}")
            : reply;
    }

    /// <summary>The next message; whatever waits for it waits for nothing else.</summary>
    private ReadOnlySpan<byte> ReadMessage()
    {
        ReadOnlySpan<byte> line;
        do
        {
            line = Connection.ReadLine();
        }
        while (IsPing(line));
        return ReadMessage(line, acknowledge: false);
    }

    /// <summary>The server asks now and then whether a client lives.</summary>
    protected bool IsPing(ReadOnlySpan<byte> line)
    {
        if (!line.SequenceEqual("PING"u8))
        {
            return false;
        }

        Connection.Write("PONG\r\n"u8);
        Connection.Flush();
        return true;
    }

    /// <summary><c>MSG subject sid [reply] bytes</c> and the body. A status comes as <c>HMSG</c>; none is expected.</summary>
    private ReadOnlySpan<byte> ReadMessage(ReadOnlySpan<byte> line, bool acknowledge)
    {
        int lastSpace = line.LastIndexOf((byte)' ');
        if (!line.StartsWith("MSG "u8) || !Utf8Parser.TryParse(line[(lastSpace + 1)..], out int bytes, out _))
        {
            throw PeerConnection.Unexpected(line);
        }

        if (acknowledge)
        {
            ReadOnlySpan<byte> head = line[..lastSpace];
            Connection.Write("PUB "u8);
            Connection.Write(head[(head.LastIndexOf((byte)' ') + 1)..]);
            Connection.Write(" 4\r\n+ACK\r\n"u8);
        }

        return Connection.ReadBlock(bytes);
    }
}
