namespace Nexo.Engine.Schedules;

/// <summary>
/// Kinds of the records that the schedules write. The numbers are on disk: they never change their meaning.
/// </summary>
public enum ScheduleRecordKind : byte
{
    None = 0,

    /// <summary>A schedule is this; what has become of its runs stays.</summary>
    Set = 48,

    /// <summary>A schedule is gone.</summary>
    Removed = 49,

    /// <summary>This is what has become of a schedule's runs.</summary>
    Ran = 50,
}
