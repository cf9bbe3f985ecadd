namespace Nexo.Protocol;

/// <summary>The part that a frame plays in its exchange.</summary>
public enum FrameKind : byte
{
    /// <summary>
    /// Asks; exactly one <see cref="Reply"/> or <see cref="Error"/> with the same correlation answers it.
    /// </summary>
    Request = 0,

    /// <summary>The success of a request.</summary>
    Reply = 1,

    /// <summary>The failure of a request; the body is an <see cref="ErrorBody"/>.</summary>
    Error = 2,

    /// <summary>
    /// Items of a subscription; the correlation is that of the request that opened it. Costs a credit for each item; in
    /// the Store there is always one.
    /// </summary>
    Push = 3,

    /// <summary>
    /// The last frame of a subscription; the body is an <see cref="ErrorBody"/>, with code 0 for a normal end.
    /// </summary>
    End = 4,

    /// <summary>One way, never answered: CREDIT, CANCEL, STOP, GOAWAY.</summary>
    Notice = 5,
}

/// <summary>Bits of a frame's flags byte. Bits that are not named here must be zero.</summary>
[Flags]
public enum FrameFlags : byte
{
    None = 0,

    /// <summary>A header block stands before the body: see <see cref="HeaderBlock"/>.</summary>
    Headers = 0b0000_0001,

    /// <summary>
    /// Bits 1 and 2 hold the wanted <see cref="Durability"/>; zero leaves it to the server's setting.
    /// </summary>
    DurabilityMask = 0b0000_0110,
}

/// <summary>
/// What must have happened before a request of the store is answered; travels in bits 1 and 2 of the frame's flags.
/// </summary>
public enum Durability : byte
{
    /// <summary>As the server is set.</summary>
    ServerDefault = 0,

    /// <summary>In memory.</summary>
    Memory = 1,

    /// <summary>In memory, and on disk within the server's interval.</summary>
    Interval = 2,

    /// <summary>On disk; asked of a read: all that it saw is on disk.</summary>
    Fsync = 3,
}

/// <summary>Readings of a frame's flags.</summary>
public static class FrameFlagsExtensions
{
    private const int DurabilityShift = 1;

    public static Durability Durability(this FrameFlags flags) =>
        (Durability)((byte)(flags & FrameFlags.DurabilityMask) >> DurabilityShift);

    /// <summary>The flags that ask for <paramref name="durability"/>.</summary>
    public static FrameFlags ToFlags(this Durability durability) => (FrameFlags)((byte)durability << DurabilityShift);
}
