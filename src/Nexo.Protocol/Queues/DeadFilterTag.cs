namespace Nexo.Protocol;

/// <summary>What dead letters can be chosen by. Numbers are append-only.</summary>
public enum DeadFilterTag : ushort
{
    /// <summary><c>u64</c>; may repeat, and then any of them will do.</summary>
    MessageId = 1,

    /// <summary>UTF-8: the queue in which it died.</summary>
    Source = 2,

    /// <summary><c>u16</c>: a <see cref="DeadCause"/>.</summary>
    Cause = 3,

    /// <summary>UTF-8 that stands somewhere in the reason.</summary>
    ReasonText = 4,

    /// <summary><c>i64</c>: it died then or later, in ms since the Unix epoch.</summary>
    DiedFrom = 5,

    /// <summary><c>i64</c>: it died before then.</summary>
    DiedTo = 6,

    /// <summary><c>u32</c>: deliveries that were made, at least.</summary>
    AttemptsMin = 7,
}
