namespace Nexo.Engine.Sessions;

/// <summary>What is known of a message of a session. The lower four are on disk.</summary>
[Flags]
internal enum SessionMarks : byte
{
    None = 0,
    AtLeastOnce = 1,
    ExactlyOnce = 2,
    Retain = 4,

    /// <summary>Its receiver has it: it only stands for its packet id.</summary>
    Received = 8,

    /// <summary>Not one that is gone, whose place is still there.</summary>
    Present = 16,

    OnDisk = AtLeastOnce | ExactlyOnce | Retain | Received,
}

/// <summary>A place in the queue of a session, 16 bytes.</summary>
internal unsafe struct SessionItem
{
    public SessionBody.Head* Body;
    public uint Identifier;
    public SessionMarks Marks;

    public readonly bool IsPresent => (Marks & SessionMarks.Present) != 0;

    public readonly bool IsReceived => (Marks & SessionMarks.Received) != 0;

    public readonly bool IsExactlyOnce => (Marks & SessionMarks.ExactlyOnce) != 0;
}

/// <summary>A message for a session.</summary>
/// <param name="Body">What it is; the session holds it as well then.</param>
/// <param name="IsExactlyOnce">Else it is delivered at least once.</param>
/// <param name="Retain">Delivered as one that is retained.</param>
/// <param name="Identifier">Of the subscription that it comes by; 0: none.</param>
public readonly record struct SessionEntry(SessionBody Body, bool IsExactlyOnce, bool Retain, uint Identifier);
