using System.Buffers;
using System.Buffers.Text;
using Nexo.Engine.Topics;

namespace Nexo.Server.Resp;

/// <summary>
/// Writes a message of a topic as clients of Redis get it: whole, for subscribers of its channel, or what comes behind the pattern, for
/// subscribers of patterns. The same for all of a version, so a fan-out writes it once.
/// </summary>
internal sealed class RespMessageEncoder : ITopicEncoder
{
    private const int LengthLineMax = 16;

    private static readonly RespMessageEncoder Channel2 = new("*3\r\n$7\r\nmessage\r\n"u8);
    private static readonly RespMessageEncoder Channel3 = new(">3\r\n$7\r\nmessage\r\n"u8);
    private static readonly RespMessageEncoder Shard2 = new("*3\r\n$8\r\nsmessage\r\n"u8);
    private static readonly RespMessageEncoder Shard3 = new(">3\r\n$8\r\nsmessage\r\n"u8);
    private static readonly RespMessageEncoder BehindPattern = new(default);

    private readonly byte[] _head;

    private RespMessageEncoder(ReadOnlySpan<byte> head) => _head = head.ToArray();

    /// <summary>For what and how a client reads messages.</summary>
    public static RespMessageEncoder For(RespSubscriptionKind kind, bool isV3) => kind switch
    {
        RespSubscriptionKind.Channels => isV3 ? Channel3 : Channel2,
        RespSubscriptionKind.Shards => isV3 ? Shard3 : Shard2,
        _ => BehindPattern,
    };

    public void Write(IBufferWriter<byte> to, in TopicMessage message, bool retained)
    {
        to.Write(_head);
        WriteBulk(to, RespChannels.ChannelOf(message.Topic));
        WriteBulk(to, message.Body);
    }

    /// <summary>The beginning of what a subscriber of a pattern gets.</summary>
    public static byte[] PatternHead(ReadOnlySpan<byte> pattern, int version)
    {
        var head = new ArrayBufferWriter<byte>();
        head.Write(version == 3 ? ">4\r\n$8\r\npmessage\r\n"u8 : "*4\r\n$8\r\npmessage\r\n"u8);
        WriteBulk(head, pattern);
        return head.WrittenSpan.ToArray();
    }

    /// <summary>The channel of a message that <see cref="BehindPattern"/> has written.</summary>
    public static ReadOnlySpan<byte> ChannelIn(ReadOnlySpan<byte> encoded)
    {
        int line = encoded.IndexOf((byte)'\n') + 1;
        _ = Utf8Parser.TryParse(encoded[1..], out int length, out _);
        return encoded.Slice(line, length);
    }

    private static void WriteBulk(IBufferWriter<byte> to, ReadOnlySpan<byte> bytes)
    {
        Span<byte> line = to.GetSpan(LengthLineMax);
        line[0] = (byte)'$';
        _ = Utf8Formatter.TryFormat(bytes.Length, line[1..], out int digits);
        "\r\n"u8.CopyTo(line[(1 + digits)..]);
        to.Advance(digits + 3);
        to.Write(bytes);
        to.Write("\r\n"u8);
    }
}
