namespace Nexo.Engine.Queues;

/// <summary>Where a message stands. The numbers are on disk; 0 is none, since it tells a line from a message in the wheel.</summary>
internal enum MessageState : byte
{
    None = 0,

    /// <summary>In its line.</summary>
    Ready = 1,

    /// <summary>Pushed for later.</summary>
    Delayed = 2,

    /// <summary>It failed and waits for its next try; meanwhile it holds up its group.</summary>
    Held = 3,

    /// <summary>With a consumer.</summary>
    Leased = 4,

    /// <summary>A dead letter.</summary>
    Dead = 5,

    /// <summary>Dead, and about to move to the dead letters of another queue; nobody sees it.</summary>
    Dying = 6,
}
