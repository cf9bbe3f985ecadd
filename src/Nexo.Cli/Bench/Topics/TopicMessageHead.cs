using System.Buffers.Binary;

namespace Nexo.Cli.Bench.Topics;

/// <summary>
/// What the benchmark knows a message by: the first bytes of its body are <c>[i64 sentAt][u32 stream][u32 number]</c>, the
/// rest is the same for all. <c>sentAt</c> is monotonic, in nanoseconds; a stream is one publisher's messages to one topic,
/// which are numbered from 0.
/// </summary>
internal readonly record struct TopicMessageHead(long SentAt, uint Stream, uint Number)
{
    /// <summary>8 + 4 + 4.</summary>
    public const int Size = sizeof(long) + (2 * sizeof(uint));

    private const int StreamOffset = sizeof(long);
    private const int NumberOffset = StreamOffset + sizeof(uint);

    public static TopicMessageHead Read(ReadOnlySpan<byte> body) => new(
        BinaryPrimitives.ReadInt64LittleEndian(body),
        BinaryPrimitives.ReadUInt32LittleEndian(body[StreamOffset..]),
        BinaryPrimitives.ReadUInt32LittleEndian(body[NumberOffset..]));

    public void Write(Span<byte> body)
    {
        BinaryPrimitives.WriteInt64LittleEndian(body, SentAt);
        BinaryPrimitives.WriteUInt32LittleEndian(body[StreamOffset..], Stream);
        BinaryPrimitives.WriteUInt32LittleEndian(body[NumberOffset..], Number);
    }
}
