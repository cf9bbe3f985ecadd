namespace Nexo.Protocol;

/// <summary>The optional parts of a pushed message, in the order in which they follow.</summary>
[Flags]
public enum PushParts : byte
{
    None = 0,

    /// <summary><c>i64</c>: ms from now until it can be delivered.</summary>
    Delay = 1,

    /// <summary><c>i64</c>: the time at which it can be delivered, in ms since the Unix epoch.</summary>
    DueAt = 2,

    /// <summary><c>i64</c>: ms from now until it is dropped.</summary>
    Ttl = 4,

    /// <summary><c>blob</c>: a second message with the same id is a duplicate.</summary>
    DedupId = 8,

    /// <summary><c>blob</c>: messages of one group keep their order.</summary>
    Group = 16,
}
