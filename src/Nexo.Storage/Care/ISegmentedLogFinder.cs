namespace Nexo.Storage;

/// <summary>
/// Learns from the records of a snapshot which segmented logs belong to it: only their owner knows. Takes the records of the newest
/// valid snapshot.
/// </summary>
public interface ISegmentedLogFinder : IRecordSink
{
    /// <summary>Those that the snapshot needs.</summary>
    /// <param name="logId">That of the write-ahead log.</param>
    IEnumerable<FoundLog> Logs(ulong logId);
}

/// <summary>A segmented log that a snapshot needs.</summary>
/// <param name="Name">What it is, for people: the stream 'orders'.</param>
/// <param name="Directory">Where its files are.</param>
/// <param name="LogId">Its own.</param>
/// <param name="Checkpoint">Up to where its files are part of the snapshot.</param>
public sealed record FoundLog(string Name, string Directory, ulong LogId, SegmentedLogCheckpoint Checkpoint);
