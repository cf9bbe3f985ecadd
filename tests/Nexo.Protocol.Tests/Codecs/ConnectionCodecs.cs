using System.Text.Json.Nodes;
using CsCheck;

namespace Nexo.Protocol.Tests.Codecs;

internal static class ConnectionCodecs
{
    private static readonly ErrorCode[] Codes = Enum.GetValues<ErrorCode>();
    private static readonly string[] HelloTexts = ["clientName", "user", "password", "token", "namespace"];

    public static IEnumerable<Codec> All =>
    [
        new("empty", ReadEmpty, (_, _) => { }, Gen.Const(0).Select(_ => new JsonObject())),
        new("bytes", ReadBytes, (buffer, fields) => buffer.Write(fields.Bytes("bytes")), RandomBytes),
        new("hello", ReadHello, WriteHello, RandomHello),
        new("hello-reply", ReadHelloReply, WriteHelloReply, RandomHelloReply),
        new("credit", ReadCredit, WriteCredit, Gen.UInt[1, CreditNotice.CreditsMax]
            .Select(credits => new JsonObject { ["credits"] = credits })),
        new("error", ReadError, WriteError, RandomError),
        new("info", ReadInfo, WriteInfo, RandomInfo),
    ];

    private static Gen<JsonObject> RandomBytes =>
        Fields.AnyBytes.Select(bytes => new JsonObject { ["bytes"] = Fields.Hex(bytes) });

    private static Gen<JsonObject> RandomHello =>
        Gen.Select(Gen.UShort, Gen.UShort, Fields.AnyText.Null().Array[HelloTexts.Length]).Select((a, b, texts) =>
        {
            var fields = new JsonObject { ["versionMin"] = Math.Min(a, b), ["versionMax"] = Math.Max(a, b) };
            for (int i = 0; i < HelloTexts.Length; i++)
            {
                fields[HelloTexts[i]] = texts[i];
            }

            return fields;
        });

    private static Gen<JsonObject> RandomHelloReply =>
        Gen.Select(Gen.UShort, Gen.Byte.Array[16], Fields.AnyText, Gen.UInt.Array[5], Fields.AnyText.Null())
            .Select((version, id, text, numbers, space) => new JsonObject
            {
                ["version"] = version,
                ["serverId"] = Fields.Hex(id),
                ["serverVersion"] = text,
                ["frameBytesMax"] = numbers[0],
                ["inFlightMax"] = numbers[1],
                ["keyBytesMax"] = numbers[2],
                ["valueBytesMax"] = numbers[3],
                ["idleTimeoutMs"] = numbers[4],
                ["namespace"] = space,
            });

    // Only codes that this version knows: their retryable flag is written by the code, not by the caller.
    public static Gen<JsonObject> RandomError =>
        Gen.Select(Gen.Int[0, Codes.Length - 1].Select(i => Codes[i]), Gen.Byte.Array[0, 255], Fields.AnyText)
            .Select((code, detail, text) => new JsonObject
            {
                ["code"] = (ushort)code,
                ["retryable"] = ErrorCodes.IsRetryable(code),
                ["detail"] = Fields.Hex(detail),
                ["message"] = text,
            });

    private static Gen<JsonObject> RandomInfo =>
        Gen.Select(Fields.AnyText, Fields.AnyText).Array[0, 5].Select(facts => new JsonObject
        {
            ["facts"] = new JsonArray([.. facts.Select(fact => new JsonArray(fact.Item1, fact.Item2))]),
        });

    private static JsonObject? ReadEmpty(ReadOnlySpan<byte> body) => body.IsEmpty ? [] : null;

    private static JsonObject? ReadBytes(ReadOnlySpan<byte> body) => new() { ["bytes"] = Fields.Hex(body) };

    private static JsonObject? ReadHello(ReadOnlySpan<byte> body) =>
        !HelloRequest.TryRead(body, out HelloRequest? hello) ? null : new()
        {
            ["versionMin"] = hello!.VersionMin,
            ["versionMax"] = hello.VersionMax,
            ["clientName"] = hello.ClientName,
            ["user"] = hello.User,
            ["password"] = hello.Password,
            ["token"] = hello.Token,
            ["namespace"] = hello.Namespace,
        };

    private static void WriteHello(FrameBuffer buffer, JsonObject fields) => CopyBody(buffer, whole => new HelloRequest
    {
        VersionMin = fields.U16("versionMin"),
        VersionMax = fields.U16("versionMax"),
        ClientName = (string?)fields["clientName"],
        User = (string?)fields["user"],
        Password = (string?)fields["password"],
        Token = (string?)fields["token"],
        Namespace = (string?)fields["namespace"],
    }.WriteFrame(whole, 0));

    private static JsonObject? ReadHelloReply(ReadOnlySpan<byte> body) =>
        !HelloReply.TryRead(body, out HelloReply? reply) ? null : new()
        {
            ["version"] = reply!.Version,
            ["serverId"] = Fields.Hex(reply.ServerId.ToByteArray(bigEndian: true)),
            ["serverVersion"] = reply.ServerVersion,
            ["frameBytesMax"] = reply.FrameBytesMax,
            ["inFlightMax"] = reply.InFlightMax,
            ["keyBytesMax"] = reply.KeyBytesMax,
            ["valueBytesMax"] = reply.ValueBytesMax,
            ["idleTimeoutMs"] = reply.IdleTimeoutMs,
            ["namespace"] = reply.Namespace,
        };

    private static void WriteHelloReply(FrameBuffer buffer, JsonObject fields) => CopyBody(buffer, whole => new HelloReply
    {
        Version = fields.U16("version"),
        ServerId = new Guid(fields.Bytes("serverId"), bigEndian: true),
        ServerVersion = (string)fields["serverVersion"]!,
        FrameBytesMax = fields.U32("frameBytesMax"),
        InFlightMax = fields.U32("inFlightMax"),
        KeyBytesMax = fields.U32("keyBytesMax"),
        ValueBytesMax = fields.U32("valueBytesMax"),
        IdleTimeoutMs = fields.U32("idleTimeoutMs"),
        Namespace = (string?)fields["namespace"],
    }.WriteFrame(whole, 0));

    private static JsonObject? ReadCredit(ReadOnlySpan<byte> body) =>
        CreditNotice.TryRead(body, out CreditNotice notice) ? new() { ["credits"] = notice.Credits } : null;

    private static void WriteCredit(FrameBuffer buffer, JsonObject fields) =>
        CopyBody(buffer, whole => new CreditNotice(fields.U32("credits")).WriteFrame(whole, 0));

    public static JsonObject Read(scoped ErrorBody error) => new()
    {
        ["code"] = (ushort)error.Code,
        ["retryable"] = error.Retryable,
        ["detail"] = Fields.Hex(error.Detail),
        ["message"] = error.MessageText,
    };

    private static JsonObject? ReadError(ReadOnlySpan<byte> body) =>
        ErrorBody.TryRead(body, out ErrorBody error) ? Read(error) : null;

    public static void WriteError(FrameBuffer buffer, JsonObject fields) =>
        ErrorBody.Write(buffer, (ErrorCode)fields.U16("code"), (string)fields["message"]!, fields.Bytes("detail"));

    private static JsonObject? ReadInfo(ReadOnlySpan<byte> body) =>
        !InfoReply.TryRead(body, out IReadOnlyList<KeyValuePair<string, string>> facts) ? null : new()
        {
            ["facts"] = new JsonArray([.. facts.Select(fact => new JsonArray(fact.Key, fact.Value))]),
        };

    private static void WriteInfo(FrameBuffer buffer, JsonObject fields) => InfoReply.Write(
        buffer,
        [.. fields.Array("facts").Select(fact => new KeyValuePair<string, string>((string)fact![0]!, (string)fact[1]!))]);

    // Messages that write whole frames: their body alone is wanted here.
    private static void CopyBody(FrameBuffer buffer, Action<FrameBuffer> writeFrame)
    {
        using var whole = new FrameBuffer();
        writeFrame(whole);
        buffer.Write(whole.Written.Span[FrameHeader.Size..]);
    }
}
