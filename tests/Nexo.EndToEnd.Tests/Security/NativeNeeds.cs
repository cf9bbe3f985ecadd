using Nexo.Protocol;

namespace Nexo.EndToEnd.Tests.Security;

/// <summary>A request of <c>protocol/vectors.json</c>, and the rules that it needs, all of them.</summary>
internal sealed record NativeNeed(Opcode Opcode, string Vector, params string[] Rules)
{
    public override string ToString() => Vector;
}

/// <summary>The table of <c>docs/security.md</c>, request by request.</summary>
internal static class NativeNeeds
{
    /// <summary>Requests, and notices, that need no rule: about the connection itself, or what is open on it.</summary>
    public static IReadOnlyList<Opcode> Free { get; } =
    [
        Opcode.None, Opcode.Hello, Opcode.Ping, Opcode.GoAway, Opcode.Cancel, Opcode.Credit, Opcode.Stop, Opcode.Info, Opcode.Report,
        Opcode.TopicWillClear,
    ];

    public static IReadOnlyList<NativeNeed> All { get; } =
    [
        new(Opcode.StoreGet, "store-get", "store read cat"),
        new(Opcode.StoreSet, "store-set", "store write cat"),
        new(Opcode.StoreSet, "store-set-if-value", "store write cat", "store read cat"),
        new(Opcode.StoreDelete, "store-delete", "store write lock"),
        new(Opcode.StoreExists, "store-exists", "store read cat"),
        new(Opcode.StoreTtl, "store-ttl", "store read cat"),
        new(Opcode.StoreExpire, "store-expire-after", "store write cat"),
        new(Opcode.StoreTake, "store-take", "store read cat", "store write cat"),
        new(Opcode.StoreTouch, "store-touch-after", "store read cat", "store write cat"),
        new(Opcode.StoreIncrement, "store-increment", "store read hits", "store write hits"),
        new(Opcode.StoreAppend, "store-append", "store write log"),
        new(Opcode.StoreLength, "store-length", "store read cat"),
        new(Opcode.StoreRange, "store-range", "store read cat"),
        new(Opcode.StoreMultiGet, "store-multi-get", "store read a", "store read bc"),
        new(Opcode.StoreMultiSet, "store-multi-set", "store write a", "store write b"),
        new(Opcode.StoreMultiDelete, "store-multi-delete", "store write a", "store write b"),
        new(Opcode.StoreScan, "store-scan", "store read user:*"),
        new(Opcode.StoreScan, "store-scan-all", "store read *"),
        new(Opcode.StoreCount, "store-count", "store read user:*"),
        new(Opcode.StoreClear, "store-clear", "store manage user:*"),
        new(Opcode.StoreHashSet, "store-hash-set", "store write h"),
        new(Opcode.StoreHashGet, "store-hash-get", "store read h"),
        new(Opcode.StoreHashMultiGet, "store-hash-multi-get", "store read h"),
        new(Opcode.StoreHashDelete, "store-hash-delete", "store write h"),
        new(Opcode.StoreHashGetAll, "store-hash-get-all", "store read h"),
        new(Opcode.StoreHashIncrement, "store-hash-increment", "store read h", "store write h"),
        new(Opcode.StoreHashLength, "store-hash-length", "store read h"),
        new(Opcode.StoreWatch, "store-watch", "store read user:*"),

        new(Opcode.QueueDeclare, "queue-declare-defaults", "queue manage emails"),
        new(Opcode.QueueDeclare, "queue-declare", "queue manage emails", "queue write failed"),
        new(Opcode.QueueDescribe, "queue-describe", "queue read emails"),
        new(Opcode.QueueList, "queue-list", "queue read mail*"),
        new(Opcode.QueueUpdate, "queue-update", "queue manage emails"),
        new(Opcode.QueuePause, "queue-pause", "queue manage emails"),
        new(Opcode.QueueResume, "queue-resume", "queue manage emails"),
        new(Opcode.QueuePurge, "queue-purge", "queue manage emails"),
        new(Opcode.QueueDelete, "queue-delete", "queue manage emails"),
        new(Opcode.QueueStats, "queue-stats", "queue read emails"),
        new(Opcode.QueuePush, "queue-push", "queue write emails"),
        new(Opcode.QueuePush, "queue-push-delay", "queue write emails"),
        new(Opcode.QueuePushBatch, "queue-push-batch", "queue write emails"),
        new(Opcode.QueueConsume, "queue-consume", "queue consume emails"),
        new(Opcode.QueuePull, "queue-pull-now", "queue consume emails"),
        new(Opcode.QueueAck, "queue-ack", "queue consume emails"),
        new(Opcode.QueueNack, "queue-nack", "queue consume emails"),
        new(Opcode.QueueDeadLetter, "queue-dead-letter", "queue consume emails"),
        new(Opcode.QueueExtend, "queue-extend", "queue consume emails"),
        new(Opcode.QueuePeek, "queue-peek", "queue read emails"),
        new(Opcode.QueueDeadList, "queue-dead-list", "queue read emails"),
        new(Opcode.QueueDeadCount, "queue-dead-count", "queue read emails"),
        new(Opcode.QueueDeadRedrive, "queue-dead-redrive", "queue manage emails"),
        new(Opcode.QueueDeadRedrive, "queue-dead-redrive-one", "queue manage emails", "queue write emails-slow"),
        new(Opcode.QueueDeadDelete, "queue-dead-delete", "queue manage emails"),
        new(Opcode.ScheduleSet, "schedule-set", "queue manage reports", "queue write reports"),
        new(Opcode.ScheduleDescribe, "schedule-describe", "queue read reports"),
        new(Opcode.ScheduleList, "schedule-list", "queue read *"),
        new(Opcode.ScheduleDelete, "schedule-delete", "queue manage reports"),

        new(Opcode.TopicPublish, "topic-publish", "topics write sensors/1/temp"),
        new(Opcode.TopicPublish, "topic-publish-retained", "topics write sensors/1/temp"),
        new(Opcode.TopicPublishBatch, "topic-publish-batch", "topics write sensors/1/temp", "topics write sensors/2/temp"),
        new(Opcode.TopicSubscribe, "topic-subscribe", "topics read sensors/+/temp", "topics read alarms/#"),
        new(Opcode.TopicFilters, "topic-filters", "topics read alarms/+"),
        new(Opcode.RetainedList, "retained-list", "topics read sensors/#"),
        new(Opcode.RetainedClear, "retained-clear", "topics manage sensors/#"),
        new(Opcode.TopicWill, "topic-will", "topics write presence/42"),
        new(Opcode.TopicList, "topic-list", "topics read sensors/#"),
        new(Opcode.TopicStats, "topic-stats", "admin read"),
        new(Opcode.TopicSubscribers, "topic-subscribers", "admin read"),
        new(Opcode.BindingSet, "binding-set", "topics manage orders/#", "queue write orders"),
        new(Opcode.BindingDescribe, "binding-describe", "topics read orders/#"),
        new(Opcode.BindingList, "binding-list", "topics read #"),
        new(Opcode.BindingDelete, "binding-delete", "topics manage orders/#"),

        new(Opcode.StreamCreate, "stream-create-defaults", "streams manage orders"),
        new(Opcode.StreamDescribe, "stream-describe", "streams read orders"),
        new(Opcode.StreamList, "stream-list", "streams read ord*"),
        new(Opcode.StreamUpdate, "stream-update", "streams manage orders"),
        new(Opcode.StreamTrim, "stream-trim", "streams manage orders"),
        new(Opcode.StreamDelete, "stream-delete", "streams manage orders"),
        new(Opcode.StreamStats, "stream-stats", "streams read orders"),
        new(Opcode.StreamStats, "stream-stats-all", "admin read"),
        new(Opcode.StreamAppend, "stream-append", "streams write orders"),
        new(Opcode.StreamAppendBatch, "stream-append-batch", "streams write orders"),
        new(Opcode.StreamRead, "stream-read", "streams read orders"),
        new(Opcode.StreamTail, "stream-tail", "streams read orders"),
        new(Opcode.GroupCreate, "group-create-ordered", "streams consume orders"),
        new(Opcode.GroupCreate, "group-create", "streams consume orders", "streams write orders.failed"),
        new(Opcode.GroupDescribe, "group-describe", "streams read orders"),
        new(Opcode.GroupList, "group-list", "streams read orders"),
        new(Opcode.GroupDelete, "group-delete", "streams manage orders"),
        new(Opcode.GroupSeek, "group-seek", "streams manage orders"),
        new(Opcode.GroupJoin, "group-join", "streams consume orders"),
        new(Opcode.GroupPull, "group-pull", "streams consume orders"),
        new(Opcode.GroupHeartbeat, "group-heartbeat", "streams consume orders"),
        new(Opcode.GroupCommit, "group-commit", "streams consume orders"),
        new(Opcode.GroupAck, "group-ack", "streams consume orders"),
        new(Opcode.GroupNack, "group-nack", "streams consume orders"),
        new(Opcode.GroupLeave, "group-leave", "streams consume orders"),

        new(Opcode.AdminConnections, "admin-connections", "admin read"),
        new(Opcode.AdminDisconnect, "admin-disconnect", "admin manage"),
        new(Opcode.AdminSnapshot, "admin-snapshot", "admin manage"),
        new(Opcode.AdminBackup, "admin-backup", "admin manage"),
        new(Opcode.AdminSlowest, "admin-slowest", "admin read"),
    ];
}
