using System.Text.Json.Nodes;
using CsCheck;
using Nexo.Protocol.Tests.Codecs;

namespace Nexo.Protocol.Tests;

public sealed class RoundTripTests
{
    public static TheoryData<string> Names => Codec.Names;

    [Theory]
    [MemberData(nameof(Names))]
    public void What_is_written_is_read(string name)
    {
        Codec codec = Codec.All[name];

        codec.Random.Sample(
            fields => JsonNode.DeepEquals(fields, codec.Read(codec.Encode(fields))),
            iter: 300,
            print: fields => fields.ToJsonString());
    }

    // Patches must land in their own frame, not in the one before or at the start of the buffer.
    [Theory]
    [MemberData(nameof(Names))]
    public void A_message_does_not_depend_on_what_stands_before_it_in_the_buffer(string name)
    {
        Codec codec = Codec.All[name];

        Gen.Select(codec.Random, Gen.Int[0, 20]).Sample(
            (fields, before) =>
            {
                using var buffer = new FrameBuffer();
                buffer.AppendFrames(new byte[before]);
                buffer.Begin(Opcode.StoreGet, FrameKind.Reply, 7);
                codec.Write(buffer, fields);
                buffer.End();
                ReadOnlySpan<byte> written = buffer.Written.Span;
                return !written[..before].ContainsAnyExcept((byte)0)
                    && FrameHeader.TryRead(written[before..], int.MaxValue, out FrameHeader header) == FrameStatus.Complete
                    && header.TotalSize == written.Length - before
                    && codec.Encode(fields).AsSpan().SequenceEqual(written[(before + FrameHeader.Size)..]);
            },
            iter: 100);
    }
}
