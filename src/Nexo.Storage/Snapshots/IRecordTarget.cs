namespace Nexo.Storage;

/// <summary>Where the records of a snapshot or a backup go, one behind the other. For one thread at a time.</summary>
public interface IRecordTarget
{
    /// <summary>
    /// Begins a record: gives the place for its payload, to be filled completely before the scope is disposed of. A
    /// memory copy, no I/O: may be done under a lock. The sequence number in the scope is the snapshot's position.
    /// </summary>
    LogAppend Begin(byte kind, int payloadBytes);
}
