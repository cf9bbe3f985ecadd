using Nexo.Storage;

namespace Nexo.Engine.Schedules;

/// <summary>
/// Rebuilds the schedules from records: those of a snapshot, then those of the log behind its position, on one thread.
/// </summary>
public sealed class ScheduleRecovery : IRecordSink
{
    private readonly ScheduleService _service;

    internal ScheduleRecovery(ScheduleService service) => _service = service;

    /// <summary>Whether records of this kind are the schedules'.</summary>
    public static bool Takes(byte kind) =>
        (ScheduleRecordKind)kind is >= ScheduleRecordKind.Set and <= ScheduleRecordKind.Ran;

    /// <exception cref="InvalidDataException">None that this version of the schedules can have written.</exception>
    public void OnRecord(Lsn lsn, byte kind, ReadOnlySpan<byte> payload)
    {
        if (!_service.Apply((ScheduleRecordKind)kind, payload))
        {
            throw new InvalidDataException(
                $"Record {lsn} of kind {kind} with {payload.Length} bytes is none that this version can read.");
        }
    }

    /// <summary>
    /// All records have come: schedules run, and commands are taken, which are logged in <paramref name="log"/> from
    /// now on. What was missed meanwhile is caught up with by the first <see cref="ScheduleService.Tick"/>.
    /// </summary>
    /// <returns>
    /// Schedules that cannot be read on this machine, and why, a line each: they are kept, and do not run.
    /// </returns>
    public IReadOnlyList<string> Complete(ILogWriter? log = null) => _service.EndRecovery(log);
}
