namespace Nexo.Storage;

/// <summary>
/// The end of the log that an engine appends to, under its own lock: a memory copy, no I/O, no wait. An append always
/// succeeds; whether it is durable is what the log answers to those who wait for it.
/// </summary>
public interface ILogWriter
{
    /// <summary>The largest payload of one record, in bytes.</summary>
    const int PayloadBytesMax = 1 << 30;

    /// <summary>The position of the last record that was appended. Cheap.</summary>
    Lsn AppendedLsn { get; }

    /// <summary>
    /// Whether a record of so many bytes may be added without eating the room that is reserved for what frees room
    /// (deletes, acknowledgements): asked before a write is decided. Cheap.
    /// </summary>
    LogRoom RoomFor(int payloadBytes);

    /// <summary>
    /// As <see cref="RoomFor"/>, for a record that frees room: it may use what is reserved, and is refused when that is
    /// used up too. Cheap.
    /// </summary>
    LogRoom RoomForRemoval(int payloadBytes);

    /// <summary>
    /// As <see cref="RoomFor"/>, for a small record that tells how things stand, of as many as there are things already (the clock,
    /// a member, a run): it passes while growth is held by a rule, and is refused where the disk itself is full. Cheap.
    /// </summary>
    LogRoom RoomForUpkeep(int payloadBytes) => RoomFor(payloadBytes);

    /// <summary>
    /// Begins a record: takes the append lock and gives the place for its payload, to be filled completely. Nothing else
    /// may happen until the scope is disposed of.
    /// </summary>
    LogAppend Begin(byte kind, int payloadBytes);

    /// <summary>
    /// From here to <see cref="EndGroup"/>, by whichever thread, all that is appended, by whomever, survives a crash or nothing of it does.
    /// Groups of several callers may overlap. Not to be nested, and not to be held for long: nothing is written meanwhile. It may wait a
    /// moment, so not under a lock that somebody needs who ends a group.
    /// </summary>
    void BeginGroup()
    {
    }

    /// <summary>See <see cref="BeginGroup"/>.</summary>
    void EndGroup()
    {
    }
}

/// <summary>Whether the log takes writes.</summary>
public enum LogRoom
{
    Ok,

    /// <summary>The disk is full; it may take writes again later.</summary>
    Full,

    /// <summary>A write or a sync has failed; it takes none until the process starts anew.</summary>
    Failed,
}
