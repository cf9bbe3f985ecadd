namespace Nexo.Storage;

/// <summary>Takes records in their order: from the log or from a snapshot, at recovery, backup and check.</summary>
public interface IRecordSink
{
    /// <summary>One record; its bytes are borrowed for the call. <paramref name="lsn"/> is that of the snapshot's position for a
    /// record of a snapshot.</summary>
    void OnRecord(Lsn lsn, byte kind, ReadOnlySpan<byte> payload);
}
