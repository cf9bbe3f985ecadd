using Nexo.Engine.Topics;
using Nexo.Protocol;

namespace Nexo.Server.Native;

/// <summary>The topics' refusals in the protocol's words: which field it is, and what it may be.</summary>
internal static class TopicFailures
{
    public static ErrorCode CodeOf(TopicStatus status) => status switch
    {
        TopicStatus.Ok => ErrorCode.None,
        TopicStatus.TopicInvalid => ErrorCode.TopicInvalid,
        TopicStatus.FilterInvalid => ErrorCode.FilterInvalid,
        TopicStatus.BodyTooLarge => ErrorCode.ValueTooLarge,
        TopicStatus.TtlOutOfRange or TopicStatus.WillInvalid => ErrorCode.InvalidArgument,
        TopicStatus.TooManyFilters or TopicStatus.TooManyBindings => ErrorCode.TooManyFilters,
        TopicStatus.RetainedFull => ErrorCode.RetainedFull,
        TopicStatus.WillsFull or TopicStatus.OutOfMemory => ErrorCode.OutOfMemory,
        TopicStatus.DiskFull => ErrorCode.StorageFull,
        TopicStatus.LogFailed => ErrorCode.StorageFailed,
        TopicStatus.NameInvalid => ErrorCode.NameInvalid,
        TopicStatus.BindingNotFound => ErrorCode.BindingNotFound,
        TopicStatus.BindingConflict => ErrorCode.BindingConflict,
        TopicStatus.TargetNotFound => ErrorCode.QueueNotFound,
        TopicStatus.BindingRefused => ErrorCode.BindingRefused,
        _ => ErrorCode.Internal,
    };

    public static string MessageOf(TopicStatus status, TopicLimits limits) => status switch
    {
        TopicStatus.TopicInvalid =>
            $"topic: 1 to {limits.TopicBytesMax} bytes of UTF-8 in at most {limits.LevelsMax} levels, without + # and NUL; "
            + "of those that begin with $ only $inbox/NAME, with a name of at least 16 bytes.",
        TopicStatus.FilterInvalid =>
            $"filter: as a topic, with + alone in its level and # alone in the last one; $share/GROUP/FILTER has a group "
            + "without / + #, is not for messages of others only, and $inbox/NAME names it in full.",
        TopicStatus.BodyTooLarge =>
            $"body: at most {limits.BodyBytesMax} bytes; headers: at most {limits.HeaderBytesMax} bytes.",
        TopicStatus.TtlOutOfRange => $"ttlMs: 1 to {limits.TtlMsMax} ms (100 years).",
        TopicStatus.TooManyFilters =>
            $"There are {limits.FiltersMax} filters, or {limits.FiltersPerOwnerMax} of this connection, as many as "
            + "topics.filters-max and topics.filters-per-connection-max allow, or their memory is at topics.filter-bytes-max.",
        TopicStatus.RetainedFull =>
            $"There are as many retained messages as topics.retained-max and topics.retained-bytes-max allow: "
            + $"{limits.RetainedMax}, and {limits.RetainedBytesMax} bytes.",
        TopicStatus.WillInvalid =>
            $"delayMs: 0 to {limits.WillDelayMsMax} ms (a day); session: at most {limits.WillSessionBytesMax} bytes.",
        TopicStatus.WillsFull => "The wills of all connections take as much room as they may.",
        TopicStatus.OutOfMemory =>
            "The server has as much memory as memory.max allows; messages that are not retained still go out.",
        TopicStatus.DiskFull =>
            "The disk is full; messages that are neither retained nor bound still go out.",
        TopicStatus.LogFailed =>
            "Writing to disk has failed, so nothing that is kept can be changed any more; the server's log says why.",
        TopicStatus.NameInvalid =>
            $"name: of a binding, and of its target: 1 to {limits.NameBytesMax} bytes of UTF-8, without control characters.",
        TopicStatus.BindingNotFound => "name: there is no binding of this name.",
        TopicStatus.BindingConflict => "name: there is another binding of this name; delete it first.",
        TopicStatus.TooManyBindings => $"There are {limits.BindingsMax} bindings, as many as topics.bindings-max allows.",
        TopicStatus.TargetNotFound => "target: there is none of this name; declare it first.",
        TopicStatus.BindingRefused =>
            "The subscribers get it, but a binding's target has not taken it: it is full, paused, gone, or takes no such message.",
        _ => "The topics answered in a way that the server did not expect.",
    };

    public static BindingRefusedDetail DetailOf(in TopicPublished published) => new(
        new TopicPublishReply((uint)published.Receivers, (uint)published.Bindings), (uint)published.Refused);

    public static void Fail(in Request request, TopicStatus status) =>
        request.Fail(CodeOf(status), MessageOf(status, request.Topics.Limits));
}
