using System.Buffers.Binary;

namespace Nexo.Protocol;

/// <summary>
/// Messages as a subscription gets them: a push of TOPIC SUBSCRIBE, which costs <c>count</c> credits. Body: <c>[u64
/// missed][u32 count]</c> then each as <see cref="PublishedMessage"/> says. Checked whole on reading it, as
/// <see cref="BlobList"/> is.
/// </summary>
public ref struct TopicPush
{
    /// <summary>Bytes before the messages: 8 + 4.</summary>
    public const int StartSize = sizeof(ulong) + sizeof(uint);

    /// <summary>Bytes of a frame before its messages.</summary>
    public const int FrameStartSize = FrameHeader.Size + StartSize;

    private BodyReader _items;

    /// <summary>Messages that were dropped just before the first of these; told once.</summary>
    public ulong Missed { get; private init; }

    public uint Count { get; private init; }

    public static bool TryRead(ReadOnlySpan<byte> body, out TopicPush push)
    {
        var reader = new BodyReader(body);
        push = default;
        if (!reader.TryReadUInt64(out ulong missed) || !reader.TryReadUInt32(out uint count))
        {
            return false;
        }

        push = new TopicPush { Missed = missed, Count = count, _items = reader };
        for (uint i = 0; i < count; i++)
        {
            if (!PublishedMessage.TryReadItem(ref reader, out _))
            {
                return false;
            }
        }

        return reader.AtEnd;
    }

    /// <summary>Takes the next message; false at the end.</summary>
    public bool TryTake(out PublishedMessage message) => PublishedMessage.TryReadItem(ref _items, out message);

    /// <summary>
    /// Writes what stands before the messages, first in the body; <see cref="PublishedMessage.Write"/> follows, or
    /// items that were written elsewhere, count times. Who does not know the count yet writes 0 and has it filled in by
    /// <see cref="PatchCount"/>.
    /// </summary>
    public static void WriteStart(FrameBuffer buffer, ulong missed, uint count)
    {
        buffer.WriteUInt64(missed);
        buffer.WriteUInt32(count);
    }

    /// <summary>Fills in the count of a push, now that it is known.</summary>
    public static void PatchCount(FrameBuffer buffer, uint count) => buffer.PatchUInt32(sizeof(ulong), count);

    /// <summary>
    /// Writes the <see cref="FrameStartSize"/> bytes of a frame that stand before its messages, which have
    /// <paramref name="itemBytes"/> together: for frames that are put together outside a <see cref="FrameBuffer"/>.
    /// </summary>
    public static void WriteFrameStart(Span<byte> destination, uint subscription, ulong missed, uint count, int itemBytes)
    {
        destination = destination[..FrameStartSize];
        int length = checked(FrameHeader.CountedSize + StartSize + itemBytes);
        new FrameHeader(length, Opcode.TopicSubscribe, FrameKind.Push, FrameFlags.None, subscription).Write(destination);
        BinaryPrimitives.WriteUInt64LittleEndian(destination[FrameHeader.Size..], missed);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[(FrameHeader.Size + sizeof(ulong))..], count);
    }
}
