using System.Text.Json.Nodes;
using CsCheck;

namespace Nexo.Protocol.Tests.Codecs;

/// <summary>The fields of a body, or null when the decoder refuses it.</summary>
internal delegate JsonObject? ReadFields(ReadOnlySpan<byte> body);

/// <summary>Writes a body into the open frame.</summary>
internal delegate void WriteFields(FrameBuffer buffer, JsonObject fields);

/// <summary>
/// One layout of a body: the way from bytes to the fields of the golden file and back, and random fields.
/// </summary>
internal sealed record Codec(string Name, ReadFields Read, WriteFields Write, Gen<JsonObject> Random)
{
    public static IReadOnlyDictionary<string, Codec> All { get; } =
        ConnectionCodecs.All.Concat(StoreRequestCodecs.All).Concat(StoreListCodecs.All).Concat(StoreReplyCodecs.All)
            .Concat(AdminCodecs.All).Concat(QueueDefinitionCodecs.All).Concat(QueuePushCodecs.All)
            .Concat(QueueDeliveryCodecs.All).Concat(QueueSettleCodecs.All).Concat(QueueDeadCodecs.All)
            .Concat(ScheduleCodecs.All).Concat(TopicPublishCodecs.All).Concat(TopicSubscribeCodecs.All)
            .Concat(TopicListCodecs.All).Concat(StreamDefinitionCodecs.All).Concat(StreamRecordCodecs.All)
            .Concat(GroupCodecs.All).Concat(GroupMemberCodecs.All)
            .ToDictionary(codec => codec.Name);

    public static TheoryData<string> Names => [.. All.Keys];

    public byte[] Encode(JsonObject fields)
    {
        using var buffer = new FrameBuffer();
        buffer.Begin(Opcode.None, FrameKind.Request, 0);
        Write(buffer, fields);
        buffer.End();
        return buffer.Written.Span[FrameHeader.Size..].ToArray();
    }

    public override string ToString() => Name;
}
