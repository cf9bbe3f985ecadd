using System.Buffers.Binary;

namespace Nexo.Cli.Bench;

/// <summary>
/// What the benchmark knows a message by: the first bytes of its body are <c>[i64 sentAt][u64 sequence]</c>, the rest is
/// the same for all. <c>sentAt</c> is monotonic, in nanoseconds.
/// </summary>
internal readonly record struct MessageHead(long SentAt, ulong Sequence)
{
    /// <summary>8 + 8.</summary>
    public const int Size = sizeof(long) + sizeof(ulong);

    public static MessageHead Read(ReadOnlySpan<byte> body) => new(
        BinaryPrimitives.ReadInt64LittleEndian(body), BinaryPrimitives.ReadUInt64LittleEndian(body[sizeof(long)..]));

    public void Write(Span<byte> body)
    {
        BinaryPrimitives.WriteInt64LittleEndian(body, SentAt);
        BinaryPrimitives.WriteUInt64LittleEndian(body[sizeof(long)..], Sequence);
    }

    /// <summary>A body that compresses badly: no server is to gain by what the bodies happen to be.</summary>
    public static byte[] Body(int bytes)
    {
        var random = new FastRandom(0);
        byte[] body = new byte[bytes];
        for (int i = 0; i < bytes; i++)
        {
            body[i] = (byte)random.Next();
        }

        return body;
    }
}
