using System.Text.Json;
using System.Text.Json.Nodes;
using Nexo.Protocol.Tests.Codecs;

namespace Nexo.Protocol.Tests;

/// <summary>A golden frame of <c>protocol/vectors.json</c>.</summary>
internal sealed record Vector(JsonNode Node)
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    public static IReadOnlyList<Vector> Frames { get; } = Section("frames");

    public static IReadOnlyList<Vector> Invalid { get; } = Section("invalid");

    public string Name => (string)Node["name"]!;

    public byte[] Bytes => Node.Bytes("hex");

    public Opcode Opcode => (Opcode)Node.U16("opcode");

    public FrameKind Kind => (FrameKind)Node.U8("kind");

    public Codec? Codec => Node["body"] is { } body ? Codec.All[(string)body!] : null;

    public JsonObject Fields => Node["fields"]!.AsObject();

    public static Vector Named(string name) => Frames.Concat(Invalid).Single(vector => vector.Name == name);

    /// <summary>The body proper, behind the header block if there is one.</summary>
    public byte[] Body()
    {
        ReadOnlySpan<byte> body = Bytes.AsSpan(FrameHeader.Size);
        if (Node["headers"] is not null)
        {
            Assert.True(HeaderBlock.TrySplit(body, out _, out body));
        }

        return body.ToArray();
    }

    public override string ToString() => Name;

    private static List<Vector> Section(string name) =>
        [.. JsonNode.Parse(Repository.Vectors, documentOptions: Strict)![name]!.AsArray().Select(node => new Vector(node!))];
}
