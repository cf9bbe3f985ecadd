namespace Nexo.Protocol;

/// <summary>
/// The server's answer to HELLO. Body:
/// <c>[u16 version][16 bytes serverId]</c> then fields <c>[u16 tag][u16 length][bytes]</c> until the end.
/// Tags: 1 server version (UTF-8); u32 each: 2 frame bytes, 3 in-flight requests, 4 key bytes, 5 value bytes,
/// 6 idle timeout in ms (0: none); 7 namespace (UTF-8; missing: the default one).
/// An unknown tag is passed over; a tag that comes twice is malformed; what is not there
/// is 0.
/// </summary>
public sealed record HelloReply
{
    private const ushort TagServerVersion = 1;
    private const ushort TagFrameBytesMax = 2;
    private const ushort TagInFlightMax = 3;
    private const ushort TagKeyBytesMax = 4;
    private const ushort TagValueBytesMax = 5;
    private const ushort TagIdleTimeoutMs = 6;
    private const ushort TagNamespace = 7;
    private const int ServerIdBytes = 16;

    public required ushort Version { get; init; }

    /// <summary>New at every start of the server: a client that sees another one knows that memory was lost.</summary>
    public required Guid ServerId { get; init; }

    public required string ServerVersion { get; init; }

    public required uint FrameBytesMax { get; init; }

    public required uint InFlightMax { get; init; }

    public required uint KeyBytesMax { get; init; }

    public required uint ValueBytesMax { get; init; }

    public required uint IdleTimeoutMs { get; init; }

    /// <summary>The namespace that the connection is in; null: the default one.</summary>
    public string? Namespace { get; init; }

    public static bool TryRead(ReadOnlySpan<byte> body, out HelloReply? reply)
    {
        var reader = new BodyReader(body);
        reply = null;
        if (!reader.TryReadUInt16(out ushort version)
            || !reader.TryReadBytes(ServerIdBytes, out ReadOnlySpan<byte> serverId))
        {
            return false;
        }

        string? serverVersion = null;
        string? space = null;
        Span<uint> numbers = stackalloc uint[TagIdleTimeoutMs + 1];
        uint seen = 0;
        while (!reader.AtEnd)
        {
            if (!TaggedFields.TryRead(ref reader, out ushort tag, out ReadOnlySpan<byte> value))
            {
                return false;
            }

            uint bit = tag <= TagNamespace ? 1u << tag : 0;
            if ((seen & bit) != 0)
            {
                return false;
            }

            seen |= bit;
            bool read = tag switch
            {
                TagServerVersion => TaggedFields.TryText(value, out serverVersion),
                TagNamespace => TaggedFields.TryText(value, out space),
                >= TagFrameBytesMax and <= TagIdleTimeoutMs => TaggedFields.TryUInt32(value, out numbers[tag]),
                _ => true,
            };
            if (!read)
            {
                return false;
            }
        }

        reply = new HelloReply
        {
            Version = version,
            ServerId = new Guid(serverId, bigEndian: true),
            ServerVersion = serverVersion ?? string.Empty,
            FrameBytesMax = numbers[TagFrameBytesMax],
            InFlightMax = numbers[TagInFlightMax],
            KeyBytesMax = numbers[TagKeyBytesMax],
            ValueBytesMax = numbers[TagValueBytesMax],
            IdleTimeoutMs = numbers[TagIdleTimeoutMs],
            Namespace = space,
        };
        return true;
    }

    public void WriteFrame(FrameBuffer buffer, uint correlation)
    {
        buffer.Begin(Opcode.Hello, FrameKind.Reply, correlation);
        buffer.WriteUInt16(Version);
        Span<byte> id = stackalloc byte[ServerIdBytes];
        ServerId.TryWriteBytes(id, bigEndian: true, out _);
        buffer.Write(id);
        TaggedFields.WriteText(buffer, TagServerVersion, ServerVersion);
        TaggedFields.WriteUInt32(buffer, TagFrameBytesMax, FrameBytesMax);
        TaggedFields.WriteUInt32(buffer, TagInFlightMax, InFlightMax);
        TaggedFields.WriteUInt32(buffer, TagKeyBytesMax, KeyBytesMax);
        TaggedFields.WriteUInt32(buffer, TagValueBytesMax, ValueBytesMax);
        TaggedFields.WriteUInt32(buffer, TagIdleTimeoutMs, IdleTimeoutMs);
        TaggedFields.WriteText(buffer, TagNamespace, Namespace);
        buffer.End();
    }
}
