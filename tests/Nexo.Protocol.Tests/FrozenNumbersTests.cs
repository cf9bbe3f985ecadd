namespace Nexo.Protocol.Tests;

/// <summary>
/// Numbers on the wire, written down a second time. A line may be added here; none may ever change or go.
/// </summary>
public sealed class FrozenNumbersTests
{
    [Fact]
    public void Opcodes() => AssertFrozen<Opcode>("""
        None=0 Hello=1 Ping=2 GoAway=3 Cancel=4 Credit=5 Stop=6 Info=7 Report=8
        StoreGet=257 StoreSet=258 StoreDelete=259 StoreExists=260 StoreTtl=261 StoreExpire=262 StoreTake=263
        StoreTouch=264 StoreIncrement=265 StoreAppend=266 StoreLength=267 StoreRange=268
        StoreMultiGet=272 StoreMultiSet=273 StoreMultiDelete=274 StoreScan=280 StoreCount=281 StoreClear=282
        StoreHashSet=288 StoreHashGet=289 StoreHashMultiGet=290 StoreHashDelete=291 StoreHashGetAll=292
        StoreHashIncrement=293 StoreHashLength=294 StoreWatch=304
        QueueDeclare=513 QueueDescribe=514 QueueList=515 QueueUpdate=516 QueuePause=517 QueueResume=518 QueuePurge=519
        QueueDelete=520 QueueStats=521 QueuePush=528 QueuePushBatch=529 QueueConsume=530 QueuePull=531
        QueueAck=536 QueueNack=537 QueueDeadLetter=538 QueueExtend=539 QueuePeek=544
        QueueDeadList=552 QueueDeadCount=553 QueueDeadRedrive=554 QueueDeadDelete=555
        ScheduleSet=560 ScheduleDescribe=561 ScheduleList=562 ScheduleDelete=563
        TopicPublish=769 TopicPublishBatch=770 TopicSubscribe=771 TopicFilters=772
        RetainedList=776 RetainedClear=777 TopicWill=778 TopicWillClear=779 TopicList=780 TopicStats=781
        TopicSubscribers=782 BindingSet=784 BindingDescribe=785 BindingList=786 BindingDelete=787
        StreamCreate=1025 StreamDescribe=1026 StreamList=1027 StreamUpdate=1028 StreamTrim=1029 StreamDelete=1030
        StreamStats=1031 StreamAppend=1040 StreamAppendBatch=1041 StreamRead=1042 StreamTail=1043
        GroupCreate=1056 GroupDescribe=1057 GroupList=1058 GroupDelete=1059 GroupSeek=1060
        GroupJoin=1064 GroupPull=1065 GroupHeartbeat=1066 GroupCommit=1067 GroupAck=1068 GroupNack=1069 GroupLeave=1070
        AdminConnections=1282 AdminDisconnect=1283 AdminSnapshot=1296 AdminBackup=1297 AdminSlowest=1298
        """);

    [Fact]
    public void Error_codes() => AssertFrozen<ErrorCode>("""
        None=0 Malformed=100 BadMagic=101 UnsupportedVersion=102 HelloExpected=103 HelloRepeated=104 HelloTimeout=105
        FrameTooLarge=106 UnknownOpcode=107 UnexpectedKind=108 CorrelationInUse=109 UnsupportedDurability=110 TlsRequired=111
        AuthenticationRequired=200 AuthenticationFailed=201 AuthenticationThrottled=202 PermissionDenied=203 UserLimitExceeded=204
        NamespaceNotFound=205
        TooManyConnections=300 TooManyInFlight=301 IdleTimeout=302 SlowConsumer=303 OutOfMemory=304 ReplyTooLarge=305
        QueueFull=306 StorageFull=307 RateLimited=308 TooManyQueues=309
        RetainedFull=310 TooManyFilters=311 TooManyStreams=312 TooManyKeys=313 KeysLoading=314
        InvalidArgument=400 KeyInvalid=401 ValueTooLarge=402 ExpiryOutOfRange=403 WrongType=404 NotAnInteger=405
        Overflow=406 CursorInvalid=407 NameInvalid=408 OptionUnknown=409 QueueNotFound=410 QueueConflict=411
        QueuePaused=412 LeaseLost=413 DeadLetterCycle=414 ScheduleInvalid=415 ScheduleNotFound=416
        TopicInvalid=420 FilterInvalid=421 BindingNotFound=422 BindingConflict=423 BindingRefused=424
        StreamNotFound=430 StreamConflict=431 OffsetOutOfRange=432 SequenceGap=433 GroupNotFound=434 MemberFenced=435
        TimestampOutOfRange=436 GroupConflict=437
        Internal=500 ShuttingDown=501 Cancelled=502
        StorageFailed=503 Recovering=504
        """);

    [Fact]
    public void Kinds_of_frames() => AssertFrozen<FrameKind>("Request=0 Reply=1 Error=2 Push=3 End=4 Notice=5");

    [Fact]
    public void Flags_of_frames() => AssertFrozen<FrameFlags>("None=0 Headers=1 DurabilityMask=6");

    [Fact]
    public void Durabilities() => AssertFrozen<Durability>("ServerDefault=0 Memory=1 Interval=2 Fsync=3");

    [Fact]
    public void Conditions() => AssertFrozen<ConditionKind>("None=0 IfAbsent=1 IfPresent=2 IfVersion=3 IfValue=4");

    [Fact]
    public void Expiries() => AssertFrozen<ExpiryKind>("None=0 Keep=1 After=2 At=3");

    [Fact]
    public void Outcomes_of_a_delete() => AssertFrozen<DeleteOutcome>("NotFound=0 Deleted=1 ConditionFailed=2");

    [Fact]
    public void States_of_a_ttl() => AssertFrozen<TtlState>("NotFound=0 NoExpiry=1 Expires=2");

    [Fact]
    public void Kinds_of_entries() => AssertFrozen<EntryKind>("Value=0 Hash=1 List=2 Set=3 SortedSet=4");

    [Fact]
    public void Changes() => AssertFrozen<StoreChange>("Set=1 Deleted=2 Expired=3 Evicted=4 Missed=255");

    [Fact]
    public void Options_of_queues() => AssertFrozen<QueueOptionTag>("""
        LeaseMs=1 DeliveriesMax=2 BackoffKind=3 BackoffMs=4 BackoffMsMax=5 DeadLetterQueue=6 MessageTtlMs=7 MessagesMax=8
        BytesMax=9 WhenFull=10 DedupWindowMs=11 Durability=12 Priorities=13 GroupInFlightMax=14 GroupPerSecondMax=15
        UnusedMs=16
        """);

    [Fact]
    public void Backoffs() => AssertFrozen<BackoffKind>("None=0 Fixed=1 Exponential=2");

    [Fact]
    public void Actions_of_full_queues() => AssertFrozen<FullQueueAction>("Reject=0 DeadLetter=1");

    [Fact]
    public void Flows_of_queues() => AssertFrozen<QueueFlow>("None=0 Pushes=1 Deliveries=2");

    [Fact]
    public void Parts_of_a_purge() => AssertFrozen<PurgeParts>("None=0 Ready=1 Delayed=2 Dead=4");

    [Fact]
    public void Conditions_of_deleting_a_queue() => AssertFrozen<QueueDeleteConditions>("None=0 IfEmpty=1 IfUnused=2");

    [Fact]
    public void Figures_of_queues() => AssertFrozen<QueueStat>("""
        Ready=1 Leased=2 Delayed=3 Dead=4 OldestAgeMs=5 Consumers=6 MemoryBytes=7 DiskBytes=8 PushedTotal=9
        DeliveredTotal=10 AckedTotal=11 NackedTotal=12 LeasesExpiredTotal=13 DeadLetteredTotal=14 DuplicatesTotal=15
        RejectedTotal=16 Paused=17 Groups=18 PushedPerSecondMilli=19 DeliveredPerSecondMilli=20 AckedPerSecondMilli=21
        RedeliveredTotal=22 MessagesExpiredTotal=23 MessageBytes=24
        """);

    [Fact]
    public void Parts_of_a_pushed_message() => AssertFrozen<PushParts>("None=0 Delay=1 DueAt=2 Ttl=4 DedupId=8 Group=16");

    [Fact]
    public void Outcomes_of_a_push() => AssertFrozen<PushOutcome>("None=0 Accepted=1 Duplicate=2 DeadLettered=3");

    [Fact]
    public void Options_of_consuming() =>
        AssertFrozen<ConsumeOptions>("None=0 SettlingGivesCredit=1 SettledByDelivery=2");

    [Fact]
    public void Parts_of_a_delivery() => AssertFrozen<DeliveryParts>("None=0 Group=1");

    [Fact]
    public void Flags_of_a_delivery() => AssertFrozen<DeliveryFlags>("None=0 Redelivered=1");

    [Fact]
    public void Actions_of_a_nack() => AssertFrozen<NackAction>("Backoff=0 Now=1 AfterDelay=2 GiveBack=3");

    [Fact]
    public void What_can_be_peeked_at() => AssertFrozen<PeekWhich>("Ready=0 Leased=1 Delayed=2");

    [Fact]
    public void Parts_of_a_kept_message() => AssertFrozen<KeptParts>("None=0 Group=1 VisibleAt=2 ExpiresAt=4 Dead=8");

    [Fact]
    public void Causes_of_death() => AssertFrozen<DeadCause>(
        "None=0 MaxDeliveries=1 Expired=2 Rejected=3 QueueFull=4 ConsumerLost=5");

    [Fact]
    public void Filters_of_dead_letters() => AssertFrozen<DeadFilterTag>(
        "MessageId=1 Source=2 Cause=3 ReasonText=4 DiedFrom=5 DiedTo=6 AttemptsMin=7");

    [Fact]
    public void Kinds_of_catching_up() => AssertFrozen<CatchUpKind>("None=0 Once=1");

    [Fact]
    public void Flags_of_a_schedule() => AssertFrozen<ScheduleFlags>("None=0 Disabled=1");

    [Fact]
    public void Parts_of_a_scheduled_message() => AssertFrozen<ScheduleParts>("None=0 Ttl=1 Group=2");

    [Fact]
    public void Parts_of_a_publish() => AssertFrozen<PublishParts>("None=0 Ttl=1");

    [Fact]
    public void Flags_of_a_publish() => AssertFrozen<PublishFlags>("None=0 Retain=1");

    [Fact]
    public void Protocols_of_connections() => AssertFrozen<ConnectionProtocol>("None=0 Native=1 Redis=2 Mqtt=3 Http=4");

    [Fact]
    public void Causes_of_slow_operations() => AssertFrozen<SlowCause>("Ran=0 Disk=1");

    [Fact]
    public void Flags_of_connections() => AssertFrozen<ConnectionFlags>("None=0 Tls=1 Own=2");

    [Fact]
    public void Policies_of_slow_subscriptions() => AssertFrozen<SlowPolicy>("DropOldest=0 DropNewest=1 End=2");

    [Fact]
    public void Flags_of_a_subscription() => AssertFrozen<SubscribeFlags>("None=0 Retained=1 NotOwn=2");

    [Fact]
    public void Flags_of_a_published_message() => AssertFrozen<PublishedFlags>("None=0 Retained=1");

    [Fact]
    public void Figures_of_topics() => AssertFrozen<TopicStat>("""
        Subscriptions=1 Filters=2 WildcardFilters=3 SharedGroups=4 Topics=5 PendingBytes=6 Retained=7 RetainedBytes=8
        Bindings=9 Wills=10 MemoryBytes=11 PublishedTotal=12 PublishedBytesTotal=13 RefusedTotal=14 DeliveredTotal=15
        DroppedTotal=16 UnheardTotal=17 EndedSlowTotal=18 BoundTotal=19 BindingRefusedTotal=20 WillsPublishedTotal=21
        PublishedPerSecondMilli=22 DeliveredPerSecondMilli=23 DroppedPerSecondMilli=24
        """);

    [Fact]
    public void Targets_of_bindings() => AssertFrozen<BindingTarget>("None=0 Queue=1 Stream=2");

    [Fact]
    public void Options_of_bindings() => AssertFrozen<BindingOptionTag>("KeyByTopic=1");

    [Fact]
    public void Options_of_streams() => AssertFrozen<StreamOptionTag>(
        "AgeMs=1 Bytes=2 Records=3 ProtectGroups=4 Compaction=5 Durability=6 RecordBytesMax=7 TimestampBoundMs=8 "
            + "TombstoneRetentionMs=9");

    [Fact]
    public void What_a_trim_goes_by() => AssertFrozen<TrimBy>("Offset=0 Time=1 Bytes=2 Records=3");

    [Fact]
    public void Conditions_of_deleting_a_stream() => AssertFrozen<StreamDeleteConditions>("None=0 IfUnused=2");

    [Fact]
    public void Figures_of_streams() => AssertFrozen<StreamStat>("""
        Streams=1 Records=2 Bytes=3 Segments=4 PendingBytes=5 Readers=6 Groups=7 Producers=8 Keys=9
        AppendedTotal=10 AppendedBytesTotal=11 ReadTotal=12 ReadBytesTotal=13 DuplicatesTotal=14 ConflictsTotal=15
        TrimmedTotal=16 AppendedPerSecondMilli=17 ReadPerSecondMilli=18 SavedBytes=19 CompactedTotal=20 CompactedAtMs=21
        """);

    [Fact]
    public void Parts_of_an_append() => AssertFrozen<AppendParts>(
        "None=0 ExpectedNext=1 ExpectedKeyVersion=2 Producer=4 Timestamp=8 Key=16 Tombstone=128");

    [Fact]
    public void Parts_of_a_record() => AssertFrozen<RecordParts>("None=0 Timestamp=1 Key=2 Tombstone=128");

    [Fact]
    public void Outcomes_of_an_append() => AssertFrozen<AppendOutcome>("None=0 Appended=1 Duplicate=2 Conflict=3");

    [Fact]
    public void Places_in_a_stream() => AssertFrozen<PositionKind>("Offset=0 Time=1 Beginning=2 End=3 Last=4");

    [Fact]
    public void How_a_place_is_meant() => AssertFrozen<PositionFlags>("None=0 Backward=1 Clamp=2");

    [Fact]
    public void Options_of_groups() => AssertFrozen<GroupOptionTag>(
        "DeliveriesMax=1 DeadLetterStream=2 LeaseMs=3 BackoffMs=4");

    [Fact]
    public void Modes_of_groups() => AssertFrozen<GroupMode>("None=0 Ordered=1 SharedByKey=2");

    [Fact]
    public void States_of_members() => AssertFrozen<MemberState>("None=0 Active=1 Standby=2 Fenced=3");

    [Fact]
    public void Actions_of_a_nack_of_a_record() => AssertFrozen<RecordNackAction>(
        "Backoff=0 Now=1 AfterDelay=2 GiveBack=3 DeadLetter=4");

    [Fact]
    public void Every_enum_on_the_wire_is_frozen_here()
    {
        // What FrameHeader.TryRead answers never leaves the process.
        IEnumerable<string> wire = typeof(Opcode).Assembly.GetExportedTypes()
            .Where(type => type.IsEnum && type != typeof(FrameStatus)).Select(type => type.Name);

        Assert.Equal(
            wire.Order(),
            new[]
            {
                nameof(Opcode), nameof(ErrorCode), nameof(FrameKind), nameof(FrameFlags), nameof(Durability),
                nameof(ConditionKind), nameof(ExpiryKind), nameof(DeleteOutcome),
                nameof(TtlState), nameof(EntryKind), nameof(StoreChange),
                nameof(QueueOptionTag), nameof(BackoffKind), nameof(FullQueueAction), nameof(QueueFlow), nameof(PurgeParts),
                nameof(QueueDeleteConditions), nameof(QueueStat), nameof(PushParts), nameof(PushOutcome),
                nameof(ConsumeOptions), nameof(DeliveryParts), nameof(DeliveryFlags), nameof(NackAction), nameof(PeekWhich),
                nameof(KeptParts), nameof(DeadCause), nameof(DeadFilterTag), nameof(CatchUpKind), nameof(ScheduleParts),
                nameof(ScheduleFlags), nameof(PublishParts), nameof(PublishFlags), nameof(SlowPolicy), nameof(SubscribeFlags),
                nameof(PublishedFlags), nameof(TopicStat), nameof(BindingTarget), nameof(BindingOptionTag),
                nameof(StreamOptionTag), nameof(TrimBy), nameof(StreamDeleteConditions), nameof(StreamStat), nameof(AppendParts),
                nameof(RecordParts), nameof(AppendOutcome), nameof(PositionKind), nameof(PositionFlags),
                nameof(GroupOptionTag), nameof(GroupMode), nameof(MemberState), nameof(RecordNackAction),
                nameof(ConnectionProtocol), nameof(ConnectionFlags), nameof(SlowCause),
            }.Order());
    }

    private static void AssertFrozen<T>(string expected)
        where T : struct, Enum =>
        Assert.Equal(
            expected.Split((char[])[' ', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries),
            Enum.GetValues<T>().Select(value => $"{value}={Convert.ToInt64(value)}"));
}
