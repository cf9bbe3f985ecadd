using Nexo.Engine.Schedules;
using Nexo.Protocol;

namespace Nexo.Server.Native;

/// <summary>The schedules' refusals in the protocol's words: which field it is, and what it may be.</summary>
internal static class ScheduleFailures
{
    /// <summary>A part that was given and says nothing; to the engine it would be one that was not given.</summary>
    public static ScheduleStatus? FindGivenInvalid(scoped in ScheduledMessage message) =>
        (message.Parts & ScheduleParts.Ttl) != 0 && message.TtlMs == 0 ? ScheduleStatus.TtlOutOfRange
        : (message.Parts & ScheduleParts.Group) != 0 && message.Group.IsEmpty ? ScheduleStatus.GroupInvalid
        : null;

    /// <summary>Why the last run failed; none: it did not.</summary>
    public static ErrorCode CodeOf(ScheduleOutcome outcome) => outcome switch
    {
        ScheduleOutcome.None or ScheduleOutcome.Pushed or ScheduleOutcome.Duplicate => ErrorCode.None,
        ScheduleOutcome.QueueNotFound => ErrorCode.QueueNotFound,
        ScheduleOutcome.QueuePaused => ErrorCode.QueuePaused,
        ScheduleOutcome.QueueFull => ErrorCode.QueueFull,
        ScheduleOutcome.MessageRefused => ErrorCode.InvalidArgument,
        ScheduleOutcome.DiskFull => ErrorCode.StorageFull,
        _ => ErrorCode.StorageFailed,
    };

    /// <summary>Answers why a request was refused.</summary>
    /// <param name="message">What the engine has to say; empty: what the status says.</param>
    public static void Fail(in Request request, ScheduleStatus status, string message = "") => request.Fail(
        CodeOf(status), message.Length > 0 ? message : MessageOf(status, request.Schedules.Limits));

    private static ErrorCode CodeOf(ScheduleStatus status) => status switch
    {
        ScheduleStatus.NameInvalid or ScheduleStatus.QueueInvalid => ErrorCode.NameInvalid,
        ScheduleStatus.NotFound => ErrorCode.ScheduleNotFound,
        ScheduleStatus.CronInvalid or ScheduleStatus.TimeZoneInvalid => ErrorCode.ScheduleInvalid,
        ScheduleStatus.PriorityOutOfRange or ScheduleStatus.TtlOutOfRange or ScheduleStatus.GroupInvalid =>
            ErrorCode.InvalidArgument,
        ScheduleStatus.MessageTooLarge => ErrorCode.ValueTooLarge,
        ScheduleStatus.TooMany => ErrorCode.OutOfMemory,
        ScheduleStatus.DiskFull => ErrorCode.StorageFull,
        ScheduleStatus.LogFailed => ErrorCode.StorageFailed,
        _ => ErrorCode.Internal,
    };

    private static string MessageOf(ScheduleStatus status, ScheduleLimits limits) => status switch
    {
        ScheduleStatus.NameInvalid =>
            $"name: 1 to {limits.NameBytesMax} bytes of UTF-8, without control characters.",
        ScheduleStatus.QueueInvalid =>
            $"queue: a name has 1 to {limits.QueueBytesMax} bytes of UTF-8, without control characters.",
        ScheduleStatus.NotFound => "There is no schedule of this name.",
        ScheduleStatus.PriorityOutOfRange => $"priority: 0 to {limits.PriorityMax}.",
        ScheduleStatus.TtlOutOfRange => $"ttlMs: 1 to {limits.TtlMsMax} ms (100 years).",
        ScheduleStatus.GroupInvalid => $"group: 1 to {limits.GroupBytesMax} bytes.",
        ScheduleStatus.MessageTooLarge =>
            $"body: at most {limits.BodyBytesMax} bytes; headers: at most {limits.HeaderBytesMax} bytes.",
        ScheduleStatus.TooMany =>
            $"There are {limits.SchedulesMax} schedules, or {limits.BytesMax} bytes of them: as many as there may be.",
        ScheduleStatus.DiskFull =>
            "The disk is full; deletes still work, and schedules can be set again when there is room.",
        ScheduleStatus.LogFailed =>
            "Writing to disk has failed, so nothing can be changed any more; the server's log says why.",
        _ => "The schedules answered in a way that the server did not expect.",
    };
}
