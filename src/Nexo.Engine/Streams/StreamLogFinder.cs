using System.Text;
using Nexo.Storage;

namespace Nexo.Engine.Streams;

/// <summary>Finds in a snapshot what streams have on disk.</summary>
public sealed class StreamLogFinder : ISegmentedLogFinder
{
    private readonly Dictionary<uint, (string Name, uint Place)> _streams = [];
    private readonly List<StreamKeptRecord> _kept = [];

    public void OnRecord(Lsn lsn, byte kind, ReadOnlySpan<byte> payload)
    {
        switch ((StreamRecordKind)kind)
        {
            case StreamRecordKind.StreamDefined when StreamDefinedRecord.TryRead(payload, out StreamDefinedRecord defined):
                _streams[defined.Stream] = (Encoding.UTF8.GetString(defined.Name), defined.Place);
                break;
            case StreamRecordKind.StreamKept when StreamKeptRecord.TryRead(payload, out StreamKeptRecord kept):
                _kept.Add(kept);
                break;
            default:
                break;
        }
    }

    public IEnumerable<FoundLog> Logs(ulong logId)
    {
        foreach (StreamKeptRecord kept in _kept)
        {
            if (_streams.TryGetValue(kept.Stream, out (string Name, uint Place) stream))
            {
                yield return new FoundLog(
                    $"the stream '{stream.Name}'",
                    StreamFiles.DirectoryOf(stream.Place),
                    StreamFiles.LogIdOf(logId, kept.Stream),
                    kept.Checkpoint);
            }
        }
    }
}
