using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Nexo.Engine.Queues;

/// <summary>
/// A message in its slot of the arena: this header, then <c>[group][headers][body]</c>. The timer's block lies where the
/// timing wheel has it in every entry, at bytes 16 to 32; byte 15 is not 0, which it is in a <see cref="ReadyLine"/>.
/// Moments are the engine's.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
internal unsafe struct MessageSlot
{
    public const int HeaderBytes = 96;

    public ulong Id;

    /// <summary>Of its queue within the shard.</summary>
    public uint Queue;

    /// <summary>It is in the heap of its line, not in the list.</summary>
    public bool IsLate;
    public byte Priority;
    public byte Cause;
    public MessageState State;

    public long DeadlineMs;
    public uint WheelNext;
    public uint WheelPrev;

    /// <summary>Neighbours in its line, among its consumer's unsettled messages, or among the dying.</summary>
    public uint Next;
    public uint Prev;

    /// <summary>The line it stands in, or will come back to; 0: none.</summary>
    public uint Line;

    /// <summary>Who has it while it is leased.</summary>
    public uint Consumer;

    /// <summary>The lease of a leased one; when a delayed one is due; when a dead one died.</summary>
    public long Stamp;
    public long EnqueuedAtMs;

    /// <summary>0: it lives on.</summary>
    public long ExpiresAtMs;
    public uint Deliveries;
    public ushort Failures;

    /// <summary>Consumers that were lost while they had it.</summary>
    public ushort Losses;
    public uint BodyLength;
    public ushort HeadersLength;
    public byte GroupLength;
    public byte Unused;

    /// <summary>Slot of its <see cref="MessageNote"/>; 0: none.</summary>
    public uint Note;

    /// <summary>When it became ready, or was leased: the low 32 bits of the engine's moment, in ms. For figures only.</summary>
    public uint SinceMs;

    /// <summary>Since <see cref="SinceMs"/>; of what has been there for more than 24 days, since it came.</summary>
    public readonly long WaitedMs(long nowMs) =>
        nowMs - EnqueuedAtMs > int.MaxValue ? nowMs - EnqueuedAtMs : Math.Max(0, unchecked((int)((uint)nowMs - SinceMs)));

    /// <summary>What counts for the queue's limit of bytes.</summary>
    public readonly long ContentBytes => (long)GroupLength + HeadersLength + BodyLength;

    /// <summary>Group, headers and body, one behind the other.</summary>
    public static ReadOnlySpan<byte> Content(MessageSlot* message) => new(Start(message), (int)message->ContentBytes);

    public static ReadOnlySpan<byte> Group(MessageSlot* message) => new(Start(message), message->GroupLength);

    public static ReadOnlySpan<byte> Headers(MessageSlot* message) =>
        new(Start(message) + message->GroupLength, message->HeadersLength);

    public static ReadOnlySpan<byte> Body(MessageSlot* message) =>
        new(Start(message) + message->GroupLength + message->HeadersLength, (int)message->BodyLength);

    /// <summary>Writes group, headers and body behind the header, whose lengths they set.</summary>
    public static void Fill(
        MessageSlot* message, ReadOnlySpan<byte> group, ReadOnlySpan<byte> headers, ReadOnlySpan<byte> body)
    {
        Debug.Assert(sizeof(MessageSlot) == HeaderBytes, "the header has the size that the documents say");
        message->GroupLength = (byte)group.Length;
        message->HeadersLength = (ushort)headers.Length;
        message->BodyLength = (uint)body.Length;
        byte* content = Start(message);
        group.CopyTo(new Span<byte>(content, group.Length));
        headers.CopyTo(new Span<byte>(content + group.Length, headers.Length));
        body.CopyTo(new Span<byte>(content + group.Length + headers.Length, body.Length));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static byte* Start(MessageSlot* message) => (byte*)message + HeaderBytes;
}
