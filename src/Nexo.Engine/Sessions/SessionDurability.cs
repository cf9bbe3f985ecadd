namespace Nexo.Engine.Sessions;

/// <summary>What a change of a session waits for before it is confirmed.</summary>
public enum SessionDurability : byte
{
    /// <summary>Nothing: sessions end with the process.</summary>
    Memory = 1,

    /// <summary>Nothing, and it is on disk within the server's sync interval.</summary>
    Interval = 2,

    /// <summary>The sync of the commit that holds it.</summary>
    Fsync = 3,
}

/// <summary>What becomes of a message for which a session has no room.</summary>
public enum SessionWhenFull : byte
{
    /// <summary>The oldest that were not sent yet make room; if all were sent, the new one is dropped.</summary>
    DropOldest = 0,

    /// <summary>The new one is dropped.</summary>
    DropNewest = 1,
}
