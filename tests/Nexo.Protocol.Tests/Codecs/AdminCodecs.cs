using System.Text.Json.Nodes;
using CsCheck;

namespace Nexo.Protocol.Tests.Codecs;

/// <summary>Messages of administration.</summary>
internal static class AdminCodecs
{
    public static IEnumerable<Codec> All =>
    [
        new("snapshot", ReadSnapshot, WriteSnapshot, Gen.Select(Gen.ULong, Gen.Long)
            .Select((position, bytes) => new JsonObject { ["position"] = position.ToString(), ["bytes"] = bytes.ToString() })),
    ];

    private static JsonObject? ReadSnapshot(ReadOnlySpan<byte> body) =>
        SnapshotReply.TryRead(body, out SnapshotReply reply)
            ? new() { ["position"] = reply.Position.ToString(), ["bytes"] = reply.Bytes.ToString() }
            : null;

    private static void WriteSnapshot(FrameBuffer buffer, JsonObject fields) =>
        new SnapshotReply(fields.U64("position"), fields.I64("bytes")).Write(buffer);
}
