namespace Nexo.Protocol;

/// <summary>
/// The reason of an error, a GOAWAY or the end of a subscription. Numbers are append-only.
/// 1xx protocol, 2xx identity, 3xx limits and pressure, 4xx the request itself, 5xx the server.
/// </summary>
public enum ErrorCode : ushort
{
    None = 0,

    Malformed = 100,
    BadMagic = 101,
    UnsupportedVersion = 102,
    HelloExpected = 103,
    HelloRepeated = 104,
    HelloTimeout = 105,
    FrameTooLarge = 106,
    UnknownOpcode = 107,
    UnexpectedKind = 108,
    CorrelationInUse = 109,
    UnsupportedDurability = 110,
    TlsRequired = 111,

    AuthenticationRequired = 200,
    AuthenticationFailed = 201,
    AuthenticationThrottled = 202,
    PermissionDenied = 203,

    /// <summary>The user has as many connections, or asks as often, as it may (<c>nexo user limit</c>).</summary>
    UserLimitExceeded = 204,
    NamespaceNotFound = 205,

    TooManyConnections = 300,
    TooManyInFlight = 301,
    IdleTimeout = 302,
    SlowConsumer = 303,
    OutOfMemory = 304,
    ReplyTooLarge = 305,
    QueueFull = 306,
    StorageFull = 307,
    RateLimited = 308,
    TooManyQueues = 309,
    RetainedFull = 310,
    TooManyFilters = 311,
    TooManyStreams = 312,
    TooManyKeys = 313,
    KeysLoading = 314,

    InvalidArgument = 400,
    KeyInvalid = 401,
    ValueTooLarge = 402,
    ExpiryOutOfRange = 403,
    WrongType = 404,
    NotAnInteger = 405,
    Overflow = 406,
    CursorInvalid = 407,
    NameInvalid = 408,
    OptionUnknown = 409,
    QueueNotFound = 410,
    QueueConflict = 411,
    QueuePaused = 412,
    LeaseLost = 413,
    DeadLetterCycle = 414,
    ScheduleInvalid = 415,
    ScheduleNotFound = 416,
    TopicInvalid = 420,
    FilterInvalid = 421,
    BindingNotFound = 422,
    BindingConflict = 423,
    BindingRefused = 424,
    StreamNotFound = 430,
    StreamConflict = 431,
    OffsetOutOfRange = 432,
    SequenceGap = 433,
    GroupNotFound = 434,
    MemberFenced = 435,
    TimestampOutOfRange = 436,
    GroupConflict = 437,

    Internal = 500,
    ShuttingDown = 501,
    Cancelled = 502,
    StorageFailed = 503,
    Recovering = 504,
}

/// <summary>Facts about error codes that client and server share.</summary>
public static class ErrorCodes
{
    /// <summary>
    /// True when the same request may succeed later, on this or a new connection, without being changed.
    /// </summary>
    public static bool IsRetryable(ErrorCode code) => code switch
    {
        ErrorCode.HelloTimeout => true,
        ErrorCode.AuthenticationThrottled => true,
        ErrorCode.UserLimitExceeded => true,
        ErrorCode.TooManyConnections => true,
        ErrorCode.TooManyInFlight => true,
        ErrorCode.IdleTimeout => true,
        ErrorCode.SlowConsumer => true,
        ErrorCode.OutOfMemory => true,
        ErrorCode.QueueFull => true,
        ErrorCode.StorageFull => true,
        ErrorCode.RateLimited => true,
        ErrorCode.TooManyQueues => true,
        ErrorCode.RetainedFull => true,
        ErrorCode.TooManyFilters => true,
        ErrorCode.TooManyStreams => true,
        ErrorCode.KeysLoading => true,
        ErrorCode.QueuePaused => true,
        ErrorCode.BindingRefused => true,
        ErrorCode.ShuttingDown => true,
        ErrorCode.Recovering => true,
        _ => false,
    };
}
