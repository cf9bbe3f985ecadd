using Nexo.Server.Topics;

namespace Nexo.Server.Connections;

// Messages of topics that are larger than a connection has room for by itself: one of them, for many, would be more than there is.
internal sealed partial class Outbox
{
    // What sources write while there is room, one frame of the usual size too many.
    private const int OwnBytes = RoomBytes + (64 * 1_024);

    /// <summary>What the subscriptions to topics of this connection have taken of the room of all. Under the lock.</summary>
    public TopicRoom TopicRoom { get; } = new(clients.TopicBuffers);

    /// <summary>Whether there is room, now or a moment ago: without the lock.</summary>
    public bool LooksFull => Unsent > RoomBytes;

    /// <summary>Takes room for a message that may be larger than what a connection has; false: there is none. Under the lock.</summary>
    /// <param name="bytes">The message's.</param>
    /// <param name="isForced">Whether there is or not.</param>
    public bool TryTakeLarge(int bytes, bool isForced) =>
        TopicRoom.TryHaveLarge((long)Unsent + bytes - OwnBytes, isForced);

    private void ReduceLarge() => TopicRoom.ReduceLarge(Math.Max(0, Unsent - OwnBytes));
}
