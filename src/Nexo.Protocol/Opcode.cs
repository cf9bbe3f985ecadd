namespace Nexo.Protocol;

/// <summary>
/// What a frame asks for or tells. The high byte is the broker: 0x00 connection, 0x01 store, 0x02 queue,
/// 0x03 pub/sub, 0x04 streams, 0x05 administration. Numbers are append-only; <c>docs/protocol.md</c> gives every body.
/// </summary>
public enum Opcode : ushort
{
    None = 0,

    // Connection.
    Hello = 0x0001,
    Ping = 0x0002,
    GoAway = 0x0003,
    Cancel = 0x0004,
    Credit = 0x0005,
    Stop = 0x0006,
    Info = 0x0007,
    Report = 0x0008,

    // Store.
    StoreGet = 0x0101,
    StoreSet = 0x0102,
    StoreDelete = 0x0103,
    StoreExists = 0x0104,
    StoreTtl = 0x0105,
    StoreExpire = 0x0106,
    StoreTake = 0x0107,
    StoreTouch = 0x0108,
    StoreIncrement = 0x0109,
    StoreAppend = 0x010A,
    StoreLength = 0x010B,
    StoreRange = 0x010C,
    StoreMultiGet = 0x0110,
    StoreMultiSet = 0x0111,
    StoreMultiDelete = 0x0112,
    StoreScan = 0x0118,
    StoreCount = 0x0119,
    StoreClear = 0x011A,
    StoreHashSet = 0x0120,
    StoreHashGet = 0x0121,
    StoreHashMultiGet = 0x0122,
    StoreHashDelete = 0x0123,
    StoreHashGetAll = 0x0124,
    StoreHashIncrement = 0x0125,
    StoreHashLength = 0x0126,
    StoreWatch = 0x0130,

    // Queue.
    QueueDeclare = 0x0201,
    QueueDescribe = 0x0202,
    QueueList = 0x0203,
    QueueUpdate = 0x0204,
    QueuePause = 0x0205,
    QueueResume = 0x0206,
    QueuePurge = 0x0207,
    QueueDelete = 0x0208,
    QueueStats = 0x0209,
    QueuePush = 0x0210,
    QueuePushBatch = 0x0211,
    QueueConsume = 0x0212,
    QueuePull = 0x0213,
    QueueAck = 0x0218,
    QueueNack = 0x0219,
    QueueDeadLetter = 0x021A,
    QueueExtend = 0x021B,
    QueuePeek = 0x0220,
    QueueDeadList = 0x0228,
    QueueDeadCount = 0x0229,
    QueueDeadRedrive = 0x022A,
    QueueDeadDelete = 0x022B,
    ScheduleSet = 0x0230,
    ScheduleDescribe = 0x0231,
    ScheduleList = 0x0232,
    ScheduleDelete = 0x0233,

    // Pub/Sub.
    TopicPublish = 0x0301,
    TopicPublishBatch = 0x0302,
    TopicSubscribe = 0x0303,
    TopicFilters = 0x0304,
    RetainedList = 0x0308,
    RetainedClear = 0x0309,
    TopicWill = 0x030A,
    TopicWillClear = 0x030B,
    TopicList = 0x030C,
    TopicStats = 0x030D,
    TopicSubscribers = 0x030E,
    BindingSet = 0x0310,
    BindingDescribe = 0x0311,
    BindingList = 0x0312,
    BindingDelete = 0x0313,

    // Streams.
    StreamCreate = 0x0401,
    StreamDescribe = 0x0402,
    StreamList = 0x0403,
    StreamUpdate = 0x0404,
    StreamTrim = 0x0405,
    StreamDelete = 0x0406,
    StreamStats = 0x0407,
    StreamAppend = 0x0410,
    StreamAppendBatch = 0x0411,
    StreamRead = 0x0412,
    StreamTail = 0x0413,
    GroupCreate = 0x0420,
    GroupDescribe = 0x0421,
    GroupList = 0x0422,
    GroupDelete = 0x0423,
    GroupSeek = 0x0424,
    GroupJoin = 0x0428,
    GroupPull = 0x0429,
    GroupHeartbeat = 0x042A,
    GroupCommit = 0x042B,
    GroupAck = 0x042C,
    GroupNack = 0x042D,
    GroupLeave = 0x042E,

    // Administration.
    AdminConnections = 0x0502,
    AdminDisconnect = 0x0503,
    AdminSnapshot = 0x0510,
    AdminBackup = 0x0511,
    AdminSlowest = 0x0512,
}

/// <summary>Facts about opcodes that both ends share.</summary>
public static class OpcodeFacts
{
    /// <summary>True for requests of the store.</summary>
    public static bool IsStore(this Opcode opcode) => (ushort)opcode >> 8 == 0x01;

    /// <summary>True for requests of the queues and their schedules.</summary>
    public static bool IsQueue(this Opcode opcode) => (ushort)opcode >> 8 == 0x02;

    /// <summary>True for requests of Pub/Sub: topics, retained messages and bindings.</summary>
    public static bool IsTopic(this Opcode opcode) => (ushort)opcode >> 8 == 0x03;

    /// <summary>True for requests of the streams and their groups.</summary>
    public static bool IsStream(this Opcode opcode) => (ushort)opcode >> 8 == 0x04;

    /// <summary>
    /// True for requests whose answer waits for what they changed to be logged. A pull and an extended lease are none:
    /// a lease does not outlive the server. Nor are a will and the membership of a group, which live with a connection.
    /// </summary>
    public static bool IsWrite(this Opcode opcode) =>
        opcode.IsStoreWrite() || opcode.IsQueueWrite() || opcode.IsTopicWrite() || opcode.IsStreamWrite();

    /// <summary>True for store requests that change entries: those that a durability means something for.</summary>
    public static bool IsStoreWrite(this Opcode opcode) => opcode is Opcode.StoreSet
        or Opcode.StoreDelete
        or Opcode.StoreExpire
        or Opcode.StoreTake
        or Opcode.StoreTouch
        or Opcode.StoreIncrement
        or Opcode.StoreAppend
        or Opcode.StoreMultiSet
        or Opcode.StoreMultiDelete
        or Opcode.StoreClear
        or Opcode.StoreHashSet
        or Opcode.StoreHashDelete
        or Opcode.StoreHashIncrement;

    /// <summary>True for queue requests that change something which is logged.</summary>
    public static bool IsQueueWrite(this Opcode opcode) => opcode is Opcode.QueueDeclare
        or Opcode.QueueUpdate
        or Opcode.QueuePause
        or Opcode.QueueResume
        or Opcode.QueuePurge
        or Opcode.QueueDelete
        or Opcode.QueuePush
        or Opcode.QueuePushBatch
        or Opcode.QueueAck
        or Opcode.QueueNack
        or Opcode.QueueDeadLetter
        or Opcode.QueueDeadRedrive
        or Opcode.QueueDeadDelete
        or Opcode.ScheduleSet
        or Opcode.ScheduleDelete;

    /// <summary>
    /// True for requests of Pub/Sub that may change something which is logged. A publish does when its message is retained
    /// or bound; most are neither.
    /// </summary>
    public static bool IsTopicWrite(this Opcode opcode) => opcode.IsPublish()
        || opcode is Opcode.RetainedClear or Opcode.BindingSet or Opcode.BindingDelete;

    /// <summary>True for what publishes messages: a request is confirmed, a notice is not.</summary>
    public static bool IsPublish(this Opcode opcode) => opcode is Opcode.TopicPublish or Opcode.TopicPublishBatch;

    /// <summary>True for requests of streams and groups that change something which is logged.</summary>
    public static bool IsStreamWrite(this Opcode opcode) => opcode is Opcode.StreamCreate
        or Opcode.StreamUpdate
        or Opcode.StreamTrim
        or Opcode.StreamDelete
        or Opcode.StreamAppend
        or Opcode.StreamAppendBatch
        or Opcode.GroupCreate
        or Opcode.GroupDelete
        or Opcode.GroupSeek
        or Opcode.GroupCommit
        or Opcode.GroupAck
        or Opcode.GroupNack;
}
