using System.Buffers.Binary;

namespace Nexo.Protocol;

/// <summary>What is to be said of a message that a subscription gets, as bits; those not named here were added later.</summary>
[Flags]
public enum PublishedFlags : byte
{
    None = 0,

    /// <summary>It was published before: it is its topic's last value, for a subscription that has just begun.</summary>
    Retained = 1,
}

/// <summary>
/// A message as a subscription gets it, one of a <see cref="TopicPush"/>: <c>[u32 bytes][u8 bits][u8 0][u16 topicBytes][topic]
/// [u16 blockBytes][header block][body, to the end of bytes]</c>; <c>bytes</c> counts what follows it. Nothing in it says whom
/// it goes to, so it is written once, as one run of bytes, and copied for each receiver.
/// </summary>
public readonly ref struct PublishedMessage
{
    /// <summary>Bytes besides topic, headers and body: 4 + 1 + 1 + 2 + 2.</summary>
    public const int FixedSize = 10;

    /// <summary>Where the byte of <see cref="Flags"/> is, from the start of the item.</summary>
    public const int FlagsOffset = 4;

    private const int StartSize = FixedSize - sizeof(ushort);
    private const int TopicShift = 16;

    public PublishedFlags Flags { get; init; }

    /// <summary>UTF-8.</summary>
    public ReadOnlySpan<byte> Topic { get; init; }

    /// <summary>A header block without its leading size, checked.</summary>
    public ReadOnlySpan<byte> Headers { get; init; }

    public ReadOnlySpan<byte> Body { get; init; }

    public bool IsRetained => (Flags & PublishedFlags.Retained) != 0;

    /// <summary>Bytes that <see cref="Write"/> writes, its <c>[u32 bytes]</c> included.</summary>
    public long Size => Measure(Topic.Length, Headers.Length, Body.Length);

    /// <summary>Bytes of the whole item with a topic, headers and a body of these sizes.</summary>
    public static long Measure(int topicBytes, int headerBytes, int bodyBytes) =>
        FixedSize + (long)topicBytes + headerBytes + bodyBytes;

    /// <summary>
    /// Reads the first item of a run of them, of which it takes up <paramref name="size"/> bytes; false at the end, or when it
    /// is malformed.
    /// </summary>
    public static bool TryReadNext(ReadOnlySpan<byte> items, out PublishedMessage message, out int size)
    {
        var reader = new BodyReader(items);
        bool read = TryReadItem(ref reader, out message);
        size = items.Length - reader.Rest.Length;
        return read;
    }

    internal static bool TryReadItem(scoped ref BodyReader reader, out PublishedMessage message)
    {
        message = default;
        if (!reader.TryReadUInt32(out uint bytes) || !reader.TryReadBytes(bytes, out ReadOnlySpan<byte> item))
        {
            return false;
        }

        var inner = new BodyReader(item);
        if (!inner.TryReadUInt32(out uint head)
            || !inner.TryReadBytes(head >> TopicShift, out ReadOnlySpan<byte> topic)
            || !HeaderBlock.TryRead(ref inner, out ReadOnlySpan<byte> headers))
        {
            return false;
        }

        message = new PublishedMessage
        {
            Flags = (PublishedFlags)(byte)head,
            Topic = topic,
            Headers = headers,
            Body = inner.TakeRest(),
        };
        return true;
    }

    /// <summary>Writes the item into bytes of exactly or more than <see cref="Size"/>.</summary>
    /// <returns><see cref="Size"/>.</returns>
    /// <exception cref="OverflowException">It is larger than any frame, or its topic or its headers than 65,535 bytes; nothing
    /// was written.</exception>
    /// <exception cref="ArgumentException">There is no room for it.</exception>
    public int WriteTo(Span<byte> destination)
    {
        int size = checked((int)Size);
        ushort topicBytes = checked((ushort)Topic.Length);
        ushort blockBytes = checked((ushort)Headers.Length);
        if (destination.Length < size)
        {
            throw new ArgumentException("The message does not fit.", nameof(destination));
        }

        // One store for all that stands before the topic: this runs for every message.
        BinaryPrimitives.WriteUInt64LittleEndian(
            destination, (uint)(size - sizeof(uint)) | ((ulong)Flags << 32) | ((ulong)topicBytes << 48));
        Topic.CopyTo(destination[StartSize..]);
        int at = StartSize + topicBytes;
        BinaryPrimitives.WriteUInt16LittleEndian(destination[at..], blockBytes);
        at += sizeof(ushort);
        Headers.CopyTo(destination[at..]);
        Body.CopyTo(destination[(at + blockBytes)..]);
        return size;
    }

    /// <summary>Writes the item behind those that were written before.</summary>
    /// <exception cref="OverflowException">As of <see cref="WriteTo"/>.</exception>
    public void Write(FrameBuffer buffer) => buffer.Advance(WriteTo(buffer.GetSpan(checked((int)Size))));
}
