using System.Text.Json.Nodes;
using Nexo.Protocol.Tests.Codecs;

namespace Nexo.Protocol.Tests;

/// <summary>The golden frames, both ways. Clients in other languages are held against the same file.</summary>
public sealed class VectorTests
{
    public static TheoryData<string> Frames => [.. Vector.Frames.Select(vector => vector.Name)];

    public static TheoryData<string> Invalid => [.. Vector.Invalid.Select(vector => vector.Name)];

    [Theory]
    [MemberData(nameof(Frames))]
    public void A_golden_frame_decodes_to_its_fields(string name)
    {
        Vector vector = Vector.Named(name);

        FrameStatus status = FrameHeader.TryRead(vector.Bytes, ProtocolVersion.DefaultFrameBytesMax, out FrameHeader header);

        Assert.Equal(FrameStatus.Complete, status);
        Assert.Equal(vector.Bytes.Length, header.TotalSize);
        Assert.Equal(vector.Opcode, header.Opcode);
        Assert.Equal(vector.Kind, header.Kind);
        Assert.Equal(vector.Node.U32("correlation"), header.Correlation);
        Assert.Equal((Durability)vector.Node.U8("durability"), header.Flags.Durability());
        Assert.Equal(vector.Node["headers"] is not null, header.Flags.HasFlag(FrameFlags.Headers));
        AssertSame(vector.Fields, vector.Codec!.Read(vector.Body()));
        AssertSame(vector.Node["headers"], ReadHeaders(vector));
    }

    [Theory]
    [MemberData(nameof(Frames))]
    public void The_fields_of_a_golden_frame_encode_to_its_bytes(string name)
    {
        Vector vector = Vector.Named(name);
        FrameFlags flags = ((Durability)vector.Node.U8("durability")).ToFlags();
        using var buffer = new FrameBuffer();
        if (vector.Node["headers"] is JsonArray headers)
        {
            buffer.Begin(vector.Opcode, vector.Kind, vector.Node.U32("correlation"), flags | FrameFlags.Headers);
            HeaderBlock.WriteBlock(buffer, Headers.Encode(headers));

            // Patches count from the start of the body, so the message is encoded apart.
            buffer.Write(vector.Codec!.Encode(vector.Fields));
        }
        else
        {
            buffer.Begin(vector.Opcode, vector.Kind, vector.Node.U32("correlation"), flags);
            vector.Codec!.Write(buffer, vector.Fields);
        }

        buffer.End();

        Assert.Equal((string)vector.Node["hex"]!, Fields.Hex(buffer.Written.Span));
    }

    [Theory]
    [MemberData(nameof(Invalid))]
    public void A_bad_frame_gets_the_verdict_that_the_file_gives(string name)
    {
        Vector vector = Vector.Named(name);
        byte[] bytes = vector.Bytes;

        FrameStatus status = FrameHeader.TryRead(bytes, (int)vector.Node.U32("frameBytesMax"), out _);

        string verdict = status switch
        {
            FrameStatus.NeedHeader or FrameStatus.NeedBody => "need-more",
            FrameStatus.TooSmall => "too-small",
            FrameStatus.TooLarge => "too-large",
            _ => vector.Codec!.Read(bytes.AsSpan(FrameHeader.Size)) is null ? "malformed" : "accepted",
        };
        Assert.Equal((string)vector.Node["verdict"]!, verdict);
    }

    [Fact]
    public void Names_are_unique()
    {
        List<string> names = [.. Vector.Frames.Concat(Vector.Invalid).Select(vector => vector.Name)];

        Assert.Equal(names.Distinct().Order(), names.Order());
    }

    [Fact]
    public void Every_opcode_every_kind_and_every_layout_has_a_golden_frame()
    {
        Assert.Empty(Enum.GetValues<Opcode>().Except(Vector.Frames.Select(vector => vector.Opcode)).Except([Opcode.None]));
        Assert.Empty(Enum.GetValues<FrameKind>().Except(Vector.Frames.Select(vector => vector.Kind)));
        Assert.Empty(Codec.All.Keys.Except(Vector.Frames.Select(vector => vector.Codec!.Name)));
    }

    [Fact]
    public void Every_request_has_a_golden_reply()
    {
        IEnumerable<Opcode> Of(FrameKind kind) =>
            Vector.Frames.Where(vector => vector.Kind == kind).Select(vector => vector.Opcode).Distinct().Order();

        Assert.Equal(Of(FrameKind.Request), Of(FrameKind.Reply).Append(Opcode.Info).Distinct().Order());
    }

    private static JsonArray? ReadHeaders(Vector vector)
    {
        if (vector.Node["headers"] is null)
        {
            return null;
        }

        Assert.True(HeaderBlock.TrySplit(vector.Bytes.AsSpan(FrameHeader.Size), out ReadOnlySpan<byte> block, out _));
        return Headers.Read(block);
    }

    private static void AssertSame(JsonNode? expected, JsonNode? actual) =>
        Assert.True(
            JsonNode.DeepEquals(expected, actual),
            $"expected {expected?.ToJsonString() ?? "nothing"}, got {actual?.ToJsonString() ?? "nothing"}");
}
