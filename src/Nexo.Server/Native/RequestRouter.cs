using Nexo.Protocol;

namespace Nexo.Server.Native;

/// <summary>The one switch from an opcode to its handler.</summary>
internal static class RequestRouter
{
    public static void Route(in Request request)
    {
        switch (request.Opcode)
        {
            case Opcode.Ping: ConnectionHandlers.Ping(request); break;
            case Opcode.Info: ConnectionHandlers.Info(request); break;
            case Opcode.Hello: ConnectionHandlers.HelloAgain(request); break;

            case Opcode.StoreGet: StoreValueHandlers.Get(request); break;
            case Opcode.StoreSet: StoreValueHandlers.Set(request); break;
            case Opcode.StoreTake: StoreValueHandlers.Take(request); break;
            case Opcode.StoreTouch: StoreValueHandlers.Touch(request); break;
            case Opcode.StoreIncrement: StoreValueHandlers.Increment(request); break;
            case Opcode.StoreAppend: StoreValueHandlers.Append(request); break;
            case Opcode.StoreLength: StoreValueHandlers.Length(request); break;
            case Opcode.StoreRange: StoreValueHandlers.Range(request); break;

            case Opcode.StoreDelete: StoreKeyHandlers.Delete(request); break;
            case Opcode.StoreExists: StoreKeyHandlers.Exists(request); break;
            case Opcode.StoreTtl: StoreKeyHandlers.Ttl(request); break;
            case Opcode.StoreExpire: StoreKeyHandlers.Expire(request); break;

            case Opcode.StoreMultiGet: StoreBulkHandlers.MultiGet(request); break;
            case Opcode.StoreMultiSet: StoreBulkHandlers.MultiSet(request); break;
            case Opcode.StoreMultiDelete: StoreBulkHandlers.MultiDelete(request); break;
            case Opcode.StoreScan: StoreBulkHandlers.Scan(request); break;
            case Opcode.StoreCount: StoreBulkHandlers.Count(request); break;
            case Opcode.StoreClear: StoreBulkHandlers.Clear(request); break;

            case Opcode.StoreHashSet: StoreHashHandlers.Set(request); break;
            case Opcode.StoreHashGet: StoreHashHandlers.Get(request); break;
            case Opcode.StoreHashMultiGet: StoreHashHandlers.MultiGet(request); break;
            case Opcode.StoreHashDelete: StoreHashHandlers.Delete(request); break;
            case Opcode.StoreHashGetAll: StoreHashHandlers.GetAll(request); break;
            case Opcode.StoreHashIncrement: StoreHashHandlers.Increment(request); break;
            case Opcode.StoreHashLength: StoreHashHandlers.Length(request); break;

            case Opcode.StoreWatch: StoreWatchHandlers.Watch(request); break;

            case Opcode.QueuePush: QueueHandlers.Push(request); break;
            case Opcode.QueuePushBatch: QueueHandlers.PushBatch(request); break;
            case Opcode.QueueConsume: QueueConsumeHandlers.Consume(request); break;
            case Opcode.QueuePull: QueueConsumeHandlers.Pull(request); break;
            case Opcode.QueueAck: QueueSettleHandlers.Ack(request); break;
            case Opcode.QueueNack: QueueSettleHandlers.Nack(request); break;
            case Opcode.QueueDeadLetter: QueueSettleHandlers.DeadLetter(request); break;
            case Opcode.QueueExtend: QueueSettleHandlers.Extend(request); break;

            case Opcode.QueueDeclare: QueueAdminHandlers.Declare(request); break;
            case Opcode.QueueDescribe: QueueAdminHandlers.Describe(request); break;
            case Opcode.QueueList: QueueAdminHandlers.List(request); break;
            case Opcode.QueueUpdate: QueueAdminHandlers.Update(request); break;
            case Opcode.QueuePause: QueueAdminHandlers.Pause(request); break;
            case Opcode.QueueResume: QueueAdminHandlers.Resume(request); break;
            case Opcode.QueuePurge: QueueAdminHandlers.Purge(request); break;
            case Opcode.QueueDelete: QueueAdminHandlers.Delete(request); break;
            case Opcode.QueueStats: QueueAdminHandlers.Stats(request); break;

            case Opcode.QueuePeek: QueueLookHandlers.Peek(request); break;
            case Opcode.QueueDeadList: QueueLookHandlers.DeadList(request); break;
            case Opcode.QueueDeadCount: QueueDeadHandlers.Count(request); break;
            case Opcode.QueueDeadRedrive: QueueDeadHandlers.Redrive(request); break;
            case Opcode.QueueDeadDelete: QueueDeadHandlers.Delete(request); break;

            case Opcode.ScheduleSet: ScheduleHandlers.Set(request); break;
            case Opcode.ScheduleDescribe: ScheduleHandlers.Describe(request); break;
            case Opcode.ScheduleList: ScheduleHandlers.List(request); break;
            case Opcode.ScheduleDelete: ScheduleHandlers.Delete(request); break;

            case Opcode.TopicPublish: TopicHandlers.Publish(request); break;
            case Opcode.TopicPublishBatch: TopicHandlers.PublishBatch(request); break;
            case Opcode.TopicSubscribe: TopicSubscribeHandlers.Subscribe(request); break;
            case Opcode.TopicFilters: TopicSubscribeHandlers.Filters(request); break;

            case Opcode.RetainedList: RetainedHandlers.List(request); break;
            case Opcode.RetainedClear: RetainedHandlers.Clear(request); break;
            case Opcode.TopicWill: TopicWillHandlers.Set(request); break;
            case Opcode.TopicWillClear: TopicWillHandlers.Clear(request); break;
            case Opcode.TopicList: TopicLookHandlers.List(request); break;
            case Opcode.TopicStats: TopicLookHandlers.Stats(request); break;
            case Opcode.TopicSubscribers: TopicLookHandlers.Subscribers(request); break;
            case Opcode.BindingSet: BindingHandlers.Set(request); break;
            case Opcode.BindingDescribe: BindingHandlers.Describe(request); break;
            case Opcode.BindingList: BindingHandlers.List(request); break;
            case Opcode.BindingDelete: BindingHandlers.Delete(request); break;

            case Opcode.StreamAppend: StreamHandlers.Append(request); break;
            case Opcode.StreamAppendBatch: StreamHandlers.AppendBatch(request); break;
            case Opcode.StreamRead: StreamReadHandlers.Read(request); break;
            case Opcode.StreamTail: StreamReadHandlers.Tail(request); break;
            case Opcode.StreamCreate: StreamAdminHandlers.Create(request); break;
            case Opcode.StreamDescribe: StreamAdminHandlers.Describe(request); break;
            case Opcode.StreamList: StreamAdminHandlers.List(request); break;
            case Opcode.StreamUpdate: StreamAdminHandlers.Update(request); break;
            case Opcode.StreamTrim: StreamAdminHandlers.Trim(request); break;
            case Opcode.StreamDelete: StreamAdminHandlers.Delete(request); break;
            case Opcode.StreamStats: StreamAdminHandlers.Stats(request); break;

            case Opcode.GroupCreate: GroupAdminHandlers.Create(request); break;
            case Opcode.GroupDescribe: GroupAdminHandlers.Describe(request); break;
            case Opcode.GroupList: GroupAdminHandlers.List(request); break;
            case Opcode.GroupDelete: GroupAdminHandlers.Delete(request); break;
            case Opcode.GroupSeek: GroupAdminHandlers.Seek(request); break;
            case Opcode.GroupJoin: GroupHandlers.Join(request); break;
            case Opcode.GroupPull: GroupHandlers.Pull(request); break;
            case Opcode.GroupHeartbeat: GroupHandlers.Heartbeat(request); break;
            case Opcode.GroupCommit: GroupHandlers.Commit(request); break;
            case Opcode.GroupAck: GroupHandlers.Ack(request); break;
            case Opcode.GroupNack: GroupHandlers.Nack(request); break;
            case Opcode.GroupLeave: GroupHandlers.Leave(request); break;

            case Opcode.AdminConnections: ClientHandlers.List(request); break;
            case Opcode.AdminDisconnect: ClientHandlers.Disconnect(request); break;
            case Opcode.AdminSnapshot: AdminHandlers.Snapshot(request); break;
            case Opcode.AdminBackup: AdminHandlers.Backup(request); break;
            case Opcode.AdminSlowest: ClientHandlers.Slowest(request); break;

            default:
                request.Fail(
                    ErrorCode.UnknownOpcode,
                    $"Opcode 0x{(ushort)request.Opcode:X4} is not one that this server knows.");
                break;
        }
    }
}
