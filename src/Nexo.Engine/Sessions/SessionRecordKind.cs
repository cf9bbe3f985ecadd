namespace Nexo.Engine.Sessions;

/// <summary>
/// Kinds of the records that the sessions write. The numbers are on disk: they never change their meaning.
/// </summary>
public enum SessionRecordKind : byte
{
    None = 0,

    /// <summary>A session is there, with this key and expiry; in snapshots too.</summary>
    SessionSet = 112,

    /// <summary>A session has ended.</summary>
    SessionRemoved = 113,

    /// <summary>A session has no connection any more, and until when it stays.</summary>
    SessionLeft = 114,

    /// <summary>A session has a subscription with these options; in snapshots too.</summary>
    SessionSubscribed = 115,

    /// <summary>A session has a subscription no more.</summary>
    SessionUnsubscribed = 116,

    /// <summary>A message that sessions may have; in snapshots too.</summary>
    BodyStored = 117,

    /// <summary>No session has this message any more.</summary>
    BodyReleased = 118,

    /// <summary>Messages are at the end of a session's queue.</summary>
    MessagesQueued = 119,

    /// <summary>A session has messages no more: acknowledged, dropped, or their time was over.</summary>
    MessagesSettled = 120,

    /// <summary>The receiver of a message has it, and is still to be told that it may forget its packet id.</summary>
    MessageReceived = 121,

    /// <summary>A message of the client with this packet id was taken.</summary>
    InboundTaken = 122,

    /// <summary>The packet id of a message of the client is free again.</summary>
    InboundReleased = 123,

    /// <summary>A part of a session's queue; in snapshots only.</summary>
    QueueKept = 124,

    /// <summary>Up to which numbers were given out; in snapshots only.</summary>
    SessionNumbersKept = 125,
}
