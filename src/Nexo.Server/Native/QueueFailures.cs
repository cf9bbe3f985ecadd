using System.Buffers.Binary;
using Nexo.Engine.Queues;
using Nexo.Protocol;

namespace Nexo.Server.Native;

/// <summary>The queues' refusals in the protocol's words: which field it is, and what it may be.</summary>
internal static class QueueFailures
{
    public static ErrorCode CodeOf(QueueStatus status) => status switch
    {
        QueueStatus.Ok => ErrorCode.None,
        QueueStatus.NameInvalid => ErrorCode.NameInvalid,
        QueueStatus.NotFound => ErrorCode.QueueNotFound,
        QueueStatus.Conflict or QueueStatus.InUse => ErrorCode.QueueConflict,
        QueueStatus.DeadLetterCycle => ErrorCode.DeadLetterCycle,
        QueueStatus.Paused => ErrorCode.QueuePaused,
        QueueStatus.Full => ErrorCode.QueueFull,
        QueueStatus.TooManyQueues => ErrorCode.TooManyQueues,
        QueueStatus.MessageTooLarge => ErrorCode.ValueTooLarge,
        QueueStatus.OptionOutOfRange
            or QueueStatus.PriorityOutOfRange
            or QueueStatus.DelayOutOfRange
            or QueueStatus.TtlOutOfRange
            or QueueStatus.LeaseOutOfRange
            or QueueStatus.DedupIdInvalid
            or QueueStatus.GroupInvalid
            or QueueStatus.ReasonTooLong
            or QueueStatus.InvalidArgument => ErrorCode.InvalidArgument,
        QueueStatus.LeaseLost => ErrorCode.LeaseLost,
        QueueStatus.DiskFull => ErrorCode.StorageFull,
        QueueStatus.LogFailed => ErrorCode.StorageFailed,
        QueueStatus.OutOfMemory => ErrorCode.OutOfMemory,
        _ => ErrorCode.Internal,
    };

    public static string MessageOf(QueueStatus status, QueueLimits limits) => status switch
    {
        QueueStatus.NameInvalid =>
            $"queue: a name has 1 to {limits.NameBytesMax} bytes of UTF-8, without control characters.",
        QueueStatus.NotFound => "queue: there is none of this name; declare it first.",
        QueueStatus.Conflict => "The queue is there with another definition.",
        QueueStatus.OptionOutOfRange => "An option is out of its range.",
        QueueStatus.DeadLetterCycle =>
            "deadLetterQueue: it leads back to this queue; name one that keeps its dead letters itself, or none.",
        QueueStatus.Paused => "The queue is paused; it takes messages again when it is resumed.",
        QueueStatus.Full => "The queue has as many messages, or bytes, as messagesMax and bytesMax allow.",
        QueueStatus.InUse => "The queue has messages or consumers, and was to be deleted only without.",
        QueueStatus.TooManyQueues => $"There are {limits.QueuesMax} queues, as many as queues.max allows.",
        QueueStatus.MessageTooLarge =>
            $"body: at most {limits.BodyBytesMax} bytes; headers: at most {limits.HeaderBytesMax} bytes.",
        QueueStatus.PriorityOutOfRange =>
            "priority: 0 to one less than the queue's priorities.",
        QueueStatus.DelayOutOfRange =>
            $"delayMs: 0 to {limits.DelayMsMax} ms (100 years); dueAt: no later than that; one of them, not both.",
        QueueStatus.TtlOutOfRange => $"ttlMs: 1 to {limits.DelayMsMax} ms (100 years).",
        QueueStatus.LeaseOutOfRange => "leaseMs: 1000 to 43200000 ms (12 hours), or 0 for the queue's.",
        QueueStatus.DedupIdInvalid => $"dedupId: 1 to {limits.DedupIdBytesMax} bytes.",
        QueueStatus.GroupInvalid => $"group: 1 to {limits.GroupBytesMax} bytes.",
        QueueStatus.ReasonTooLong => $"reason: at most {limits.ReasonBytesMax} bytes.",
        QueueStatus.LeaseLost =>
            "lease: it is not, or no longer, that of the message: it has ended, was settled, or never was.",
        QueueStatus.InvalidArgument => "An argument is out of its range.",
        QueueStatus.DiskFull =>
            "The disk is full; acks and other removals still work, and pushes do again when there is room.",
        QueueStatus.LogFailed =>
            "Writing to disk has failed, so nothing can be changed any more; the server's log says why.",
        QueueStatus.OutOfMemory =>
            "The server has as much memory as memory.max allows, and this message cannot wait on disk; acks and other removals still work.",
        _ => "The queues answered in a way that the server did not expect.",
    };

    public static void Fail(in Request request, QueueStatus status) =>
        request.Fail(CodeOf(status), MessageOf(status, request.Connection.Server.QueueLimits));

    /// <summary>
    /// True when a request over so many items may run: it holds the thread that reads others too. Else it was answered.
    /// </summary>
    public static bool MayRun(in Request request, string field, uint items, int replyItemSize)
    {
        if (items is 0 or > BlobList.ItemsMax)
        {
            request.Fail(ErrorCode.InvalidArgument, $"{field}: 1 to {BlobList.ItemsMax} in a request.");
            return false;
        }

        return StoreBulkHandlers.MayRun(request, items, replyItemSize);
    }

    /// <summary>As <see cref="Fail"/> of a push, which names the priorities that this queue has.</summary>
    public static void FailPush(in Request request, ReadOnlySpan<byte> queue, QueueStatus status)
    {
        if (status == QueueStatus.PriorityOutOfRange)
        {
            // One that was not there would have been made with the defaults.
            request.Queues.Describe(queue, out QueueDefinition? definition);
            int priorities = (definition?.Options ?? new QueueOptions()).Priorities;
            request.Fail(CodeOf(status), $"priority: 0 to {priorities - 1} in this queue.");
            return;
        }

        Fail(request, status);
    }

    /// <summary>Answers that an option is wrong, or not as it is there: the detail is its tag.</summary>
    public static void FailOption(in Request request, ErrorCode code, ushort tag, string message)
    {
        Span<byte> detail = stackalloc byte[sizeof(ushort)];
        BinaryPrimitives.WriteUInt16LittleEndian(detail, tag);
        request.Fail(code, message, detail);
    }

    /// <summary>Answers why a definition was refused.</summary>
    public static void FailDefinition(in Request request, QueueStatus status, in QueueDeclared declared)
    {
        string message = string.IsNullOrEmpty(declared.Message)
            ? MessageOf(status, request.Connection.Server.QueueLimits)
            : declared.Message;
        if (declared.Difference == QueueOption.None)
        {
            request.Fail(CodeOf(status), message);
            return;
        }

        FailOption(request, CodeOf(status), (ushort)declared.Difference, message);
    }
}
