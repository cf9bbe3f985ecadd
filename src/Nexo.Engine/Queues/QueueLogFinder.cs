using System.Text;
using Nexo.Storage;

namespace Nexo.Engine.Queues;

/// <summary>Finds in a snapshot what backlogs of queues have on disk.</summary>
public sealed class QueueLogFinder : ISegmentedLogFinder
{
    private readonly Dictionary<uint, string> _queues = [];
    private readonly List<BacklogKeptRecord> _kept = [];

    public void OnRecord(Lsn lsn, byte kind, ReadOnlySpan<byte> payload)
    {
        switch ((QueueRecordKind)kind)
        {
            case QueueRecordKind.QueueDefined when DefinedRecord.TryRead(payload, out DefinedRecord defined):
                _queues[defined.Queue] = Encoding.UTF8.GetString(defined.Name);
                break;
            case QueueRecordKind.BacklogKept when BacklogKeptRecord.TryRead(payload, out BacklogKeptRecord kept):
                _kept.Add(kept);
                break;
            default:
                break;
        }
    }

    public IEnumerable<FoundLog> Logs(ulong logId) => _kept.Select(kept => new FoundLog(
        $"the queue '{_queues.GetValueOrDefault(kept.Queue, "?")}' (priority {kept.Priority})",
        Backlog.DirectoryOf(kept.Place),
        logId,
        kept.State.Checkpoint));
}
