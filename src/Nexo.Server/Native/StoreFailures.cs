using Nexo.Engine.Store;
using Nexo.Protocol;

namespace Nexo.Server.Native;

/// <summary>The engine's refusals in the protocol's words. Texts are constants: a refusal may be a hot path too.</summary>
internal static class StoreFailures
{
    public static ErrorCode CodeOf(StoreStatus status) => status switch
    {
        StoreStatus.WrongType => ErrorCode.WrongType,
        StoreStatus.NotAnInteger => ErrorCode.NotAnInteger,
        StoreStatus.Overflow => ErrorCode.Overflow,
        StoreStatus.OutOfMemory => ErrorCode.OutOfMemory,
        StoreStatus.KeyInvalid => ErrorCode.KeyInvalid,
        StoreStatus.ValueTooLarge => ErrorCode.ValueTooLarge,
        StoreStatus.ExpiryOutOfRange => ErrorCode.ExpiryOutOfRange,
        StoreStatus.CursorInvalid => ErrorCode.CursorInvalid,
        StoreStatus.InvalidArgument => ErrorCode.InvalidArgument,
        StoreStatus.DiskFull => ErrorCode.StorageFull,
        StoreStatus.LogFailed => ErrorCode.StorageFailed,
        _ => ErrorCode.Internal,
    };

    public static string MessageOf(StoreStatus status) => status switch
    {
        StoreStatus.WrongType => "The entry is of another type: a hash is not a value, and a value is not a hash.",
        StoreStatus.NotAnInteger => "The value is not a decimal 64-bit integer.",
        StoreStatus.Overflow => "The result would not fit a signed 64-bit integer; nothing was changed.",
        StoreStatus.OutOfMemory =>
            "The store is at store.max-memory, or the server at memory.max; delete something, let entries expire, or raise it.",
        StoreStatus.KeyInvalid => "A key has 1 to 65,536 bytes.",
        StoreStatus.ValueTooLarge => "The value would be larger than the limit that HELLO announced.",
        StoreStatus.ExpiryOutOfRange => "An expiry is 1 ms to 100 years ahead.",
        StoreStatus.CursorInvalid => "The cursor is not one of this run of this server; start the scan again.",
        StoreStatus.InvalidArgument => "An argument is out of its range.",
        StoreStatus.DiskFull => "The disk is full; what frees room still works, and writes do again when there is room.",
        StoreStatus.LogFailed => "Writing to disk has failed, so nothing can be changed any more; the server's log says why.",
        _ => "The store answered in a way that the server did not expect.",
    };

    public static void Fail(in Request request, StoreStatus status) =>
        request.Fail(CodeOf(status), MessageOf(status));
}
