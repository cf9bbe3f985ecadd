using Nexo.Storage;

namespace Nexo.Engine.Topics;

/// <summary>
/// Rebuilds retained messages and bindings from records: those of a snapshot, then those of the log behind its position, on one
/// thread.
/// </summary>
public sealed class TopicRecovery : IRecordSink
{
    private readonly TopicService _service;
    private readonly bool _keeps;

    internal TopicRecovery(TopicService service, bool keeps)
    {
        _service = service;
        _keeps = keeps;
    }

    /// <summary>Records that were not read, because topics are not to outlive the process.</summary>
    public long Skipped { get; private set; }

    /// <summary>Whether records of this kind are the topics'.</summary>
    public static bool Takes(byte kind) =>
        (TopicRecordKind)kind is >= TopicRecordKind.RetainedSet and <= TopicRecordKind.BindingRemoved;

    /// <exception cref="InvalidDataException">None that this version of the topics can have written.</exception>
    public void OnRecord(Lsn lsn, byte kind, ReadOnlySpan<byte> payload)
    {
        if (!_keeps)
        {
            Skipped++;
        }
        else if (!_service.Apply((TopicRecordKind)kind, payload))
        {
            throw new InvalidDataException(
                $"Record {lsn} of kind {kind} with {payload.Length} bytes is none that this version can read.");
        }
    }

    /// <summary>
    /// All records have come: commands are taken, and logged in <paramref name="log"/> from now on. The clock goes on already as
    /// it did in the run before.
    /// </summary>
    public void Complete(ILogWriter? log = null) => _service.EndRecovery(log);
}
