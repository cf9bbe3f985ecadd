using Nexo.Engine.Memory;

namespace Nexo.Engine.Queues;

/// <summary>
/// What few messages have, in a slot of its own: the reason of the last failure, and of a dead letter that came from another queue
/// that queue's name. <c>[u16 reasonBytes][u8 sourceBytes][u8 0][reason][source]</c>.
/// </summary>
internal static unsafe class MessageNote
{
    private const int HeaderBytes = 4;

    public static ReadOnlySpan<byte> Reason(Arena arena, MessageSlot* message) =>
        message->Note == 0 ? default : Reason(arena.At(message->Note));

    public static ReadOnlySpan<byte> Source(Arena arena, MessageSlot* message) =>
        message->Note == 0 ? default : Source(arena.At(message->Note));

    public static void Set(Arena arena, MessageSlot* message, ReadOnlySpan<byte> reason, ReadOnlySpan<byte> source)
    {
        uint old = message->Note;
        message->Note = 0;
        if (!reason.IsEmpty || !source.IsEmpty)
        {
            uint reference = arena.Allocate(HeaderBytes + reason.Length + source.Length);
            byte* note = arena.At(reference);
            *(ushort*)note = (ushort)reason.Length;
            note[2] = (byte)source.Length;
            note[3] = 0;
            reason.CopyTo(new Span<byte>(note + HeaderBytes, reason.Length));
            source.CopyTo(new Span<byte>(note + HeaderBytes + reason.Length, source.Length));
            message->Note = reference;
        }

        // Last: what is set may be what was there.
        if (old != 0)
        {
            arena.Free(old);
        }
    }

    private static ReadOnlySpan<byte> Reason(byte* note) => new(note + HeaderBytes, *(ushort*)note);

    private static ReadOnlySpan<byte> Source(byte* note) => new(note + HeaderBytes + *(ushort*)note, note[2]);
}
