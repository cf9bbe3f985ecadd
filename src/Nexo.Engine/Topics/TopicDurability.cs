namespace Nexo.Engine.Topics;

/// <summary>What a retained publish, or a change of a binding, waits for.</summary>
public enum TopicDurability : byte
{
    /// <summary>Nothing: retained messages and bindings end with the process.</summary>
    Memory = 1,

    /// <summary>Nothing, and it is on disk within the server's sync interval.</summary>
    Interval = 2,

    /// <summary>The sync of the commit that holds it.</summary>
    Fsync = 3,
}
