using Nexo.Storage;

namespace Nexo.Engine.Schedules;

/// <summary>A schedule as it was when a slice of a snapshot was taken.</summary>
internal readonly record struct ScheduleKept(ScheduleDefinition Definition, ScheduleRuns Runs);

/// <summary>
/// A snapshot of the schedules, taken in slices while they run, as that of the store is: to be kept only once the log
/// is durable up to what had been appended when the last slice was taken.
/// </summary>
public sealed class ScheduleSnapshot
{
    private const int SliceSchedulesMax = 256;
    private const int SliceBytesMax = 256 * 1_024;

    private readonly ScheduleService _service;
    private readonly Lsn _position;
    private readonly List<ScheduleKept> _slice = [];
    private byte[] _after = [];
    private byte[] _payload = [];

    internal ScheduleSnapshot(ScheduleService service, Lsn position)
    {
        _service = service;
        _position = position;
    }

    /// <summary>
    /// Takes one bounded slice under the lock, then, without it, gives its records away; false when finished.
    /// </summary>
    public bool MoveNext(IRecordSink target)
    {
        ArgumentNullException.ThrowIfNull(target);
        _slice.Clear();
        _service.Slice(_after, SliceSchedulesMax, SliceBytesMax, _slice);
        foreach (ScheduleKept kept in _slice)
        {
            // What is in them never changes: only the lists of them do.
            int setBytes = ScheduleSetRecord.Bytes(kept.Definition);
            ScheduleSetRecord.Write(Payload(setBytes), kept.Definition, kept.Runs.PassedMs);
            target.OnRecord(_position, (byte)ScheduleRecordKind.Set, _payload.AsSpan(0, setBytes));
            int ranBytes = ScheduleRanRecord.Bytes(kept.Definition.Name.Length);
            ScheduleRanRecord.Write(Payload(ranBytes), kept.Definition.Name, kept.Runs);
            target.OnRecord(_position, (byte)ScheduleRecordKind.Ran, _payload.AsSpan(0, ranBytes));
            _after = kept.Definition.Name;
        }

        return _slice.Count > 0;
    }

    private Span<byte> Payload(int bytes)
    {
        if (_payload.Length < bytes)
        {
            _payload = new byte[Math.Max(bytes, 2 * _payload.Length)];
        }

        return _payload.AsSpan(0, bytes);
    }
}
