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
        new("backup", ReadBackup, WriteBackup, Gen.UInt[0, CreditNotice.CreditsMax]
            .Select(credits => new JsonObject { ["credits"] = credits })),
        new("connections", ReadConnections, WriteConnections, JsonGen.Message(
            ("cursor", JsonGen.Hex),
            ("connections", JsonGen.List(JsonGen.Message(
                ("id", JsonGen.U64), ("protocol", JsonGen.U8), ("bits", JsonGen.U8), ("connectedAtMs", JsonGen.I64),
                ("idleMs", JsonGen.U64), ("requests", JsonGen.U64), ("receivedBytes", JsonGen.U64), ("sentBytes", JsonGen.U64),
                ("pendingBytes", JsonGen.U64), ("remote", JsonGen.Text), ("user", JsonGen.Text), ("client", JsonGen.Text),
                ("namespace", JsonGen.Text)))))),
        new("slowest", ReadSlowest, WriteSlowest, JsonGen.Message(("limit", JsonGen.U32))),
        new("slowest-reply", ReadSlowestReply, WriteSlowestReply, JsonGen.Message(
            ("operations", JsonGen.List(JsonGen.Message(
                ("id", JsonGen.U64), ("atMs", JsonGen.I64), ("microseconds", JsonGen.U64), ("protocol", JsonGen.U8), ("cause", JsonGen.U8),
                ("connection", JsonGen.U64), ("operation", JsonGen.Text), ("subject", JsonGen.Text), ("remote", JsonGen.Text),
                ("user", JsonGen.Text), ("client", JsonGen.Text), ("namespace", JsonGen.Text)))))),
        new("disconnect", ReadDisconnect, WriteDisconnect, JsonGen.Message(("id", JsonGen.U64))),
    ];

    private static JsonObject? ReadConnections(ReadOnlySpan<byte> body)
    {
        if (!ConnectionListReply.TryRead(body, out ConnectionListReply reply))
        {
            return null;
        }

        var connections = new JsonArray();
        while (reply.TryTake(out ConnectionListItem item))
        {
            connections.Add((JsonNode)new JsonObject
            {
                ["id"] = item.Id.ToString(),
                ["protocol"] = (byte)item.Protocol,
                ["bits"] = (byte)item.Flags,
                ["connectedAtMs"] = item.ConnectedAtMs.ToString(),
                ["idleMs"] = item.IdleMs.ToString(),
                ["requests"] = item.Requests.ToString(),
                ["receivedBytes"] = item.ReceivedBytes.ToString(),
                ["sentBytes"] = item.SentBytes.ToString(),
                ["pendingBytes"] = item.PendingBytes.ToString(),
                ["remote"] = Fields.Text(item.Remote),
                ["user"] = Fields.Text(item.User),
                ["client"] = Fields.Text(item.Client),
                ["namespace"] = Fields.Text(item.Namespace),
            });
        }

        Assert.Equal(reply.Count, (uint)connections.Count);
        return new() { ["cursor"] = Fields.Hex(reply.Cursor), ["connections"] = connections };
    }

    private static void WriteConnections(FrameBuffer buffer, JsonObject fields)
    {
        ConnectionListReply.WriteStart(buffer, fields.Bytes("cursor"), (uint)fields.Array("connections").Count);
        foreach (JsonNode one in fields.Items("connections"))
        {
            new ConnectionListItem
            {
                Id = one.U64("id"),
                Protocol = (ConnectionProtocol)one.U8("protocol"),
                Flags = (ConnectionFlags)one.U8("bits"),
                ConnectedAtMs = one.I64("connectedAtMs"),
                IdleMs = one.U64("idleMs"),
                Requests = one.U64("requests"),
                ReceivedBytes = one.U64("receivedBytes"),
                SentBytes = one.U64("sentBytes"),
                PendingBytes = one.U64("pendingBytes"),
                Remote = one.Utf8("remote"),
                User = one.Utf8("user"),
                Client = one.Utf8("client"),
                Namespace = one.Utf8("namespace"),
            }.Write(buffer);
        }
    }

    private static JsonObject? ReadSlowest(ReadOnlySpan<byte> body) =>
        SlowestRequest.TryRead(body, out SlowestRequest request) ? new() { ["limit"] = request.Limit } : null;

    private static void WriteSlowest(FrameBuffer buffer, JsonObject fields) => new SlowestRequest(fields.U32("limit")).Write(buffer);

    private static JsonObject? ReadSlowestReply(ReadOnlySpan<byte> body)
    {
        if (!SlowestReply.TryRead(body, out SlowestReply reply))
        {
            return null;
        }

        var operations = new JsonArray();
        while (reply.TryTake(out SlowestItem item))
        {
            operations.Add((JsonNode)new JsonObject
            {
                ["id"] = item.Id.ToString(),
                ["atMs"] = item.AtMs.ToString(),
                ["microseconds"] = item.Microseconds.ToString(),
                ["protocol"] = (byte)item.Protocol,
                ["cause"] = (byte)item.Cause,
                ["connection"] = item.Connection.ToString(),
                ["operation"] = Fields.Text(item.Operation),
                ["subject"] = Fields.Text(item.Subject),
                ["remote"] = Fields.Text(item.Remote),
                ["user"] = Fields.Text(item.User),
                ["client"] = Fields.Text(item.Client),
                ["namespace"] = Fields.Text(item.Namespace),
            });
        }

        Assert.Equal(reply.Count, (uint)operations.Count);
        return new() { ["operations"] = operations };
    }

    private static void WriteSlowestReply(FrameBuffer buffer, JsonObject fields)
    {
        buffer.WriteUInt32((uint)fields.Array("operations").Count);
        foreach (JsonNode one in fields.Items("operations"))
        {
            new SlowestItem
            {
                Id = one.U64("id"),
                AtMs = one.I64("atMs"),
                Microseconds = one.U64("microseconds"),
                Protocol = (ConnectionProtocol)one.U8("protocol"),
                Cause = (SlowCause)one.U8("cause"),
                Connection = one.U64("connection"),
                Operation = one.Utf8("operation"),
                Subject = one.Utf8("subject"),
                Remote = one.Utf8("remote"),
                User = one.Utf8("user"),
                Client = one.Utf8("client"),
                Namespace = one.Utf8("namespace"),
            }.Write(buffer);
        }
    }

    private static JsonObject? ReadDisconnect(ReadOnlySpan<byte> body) =>
        DisconnectRequest.TryRead(body, out DisconnectRequest request) ? new() { ["id"] = request.Id.ToString() } : null;

    private static void WriteDisconnect(FrameBuffer buffer, JsonObject fields) =>
        new DisconnectRequest(fields.U64("id")).Write(buffer);

    private static JsonObject? ReadBackup(ReadOnlySpan<byte> body) =>
        BackupRequest.TryRead(body, out BackupRequest request) ? new() { ["credits"] = request.Credits } : null;

    private static void WriteBackup(FrameBuffer buffer, JsonObject fields) =>
        new BackupRequest(fields.U32("credits")).Write(buffer);

    private static JsonObject? ReadSnapshot(ReadOnlySpan<byte> body) =>
        SnapshotReply.TryRead(body, out SnapshotReply reply)
            ? new() { ["position"] = reply.Position.ToString(), ["bytes"] = reply.Bytes.ToString() }
            : null;

    private static void WriteSnapshot(FrameBuffer buffer, JsonObject fields) =>
        new SnapshotReply(fields.U64("position"), fields.I64("bytes")).Write(buffer);
}
