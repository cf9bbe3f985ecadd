using Nexo.Engine.Store;

namespace Nexo.Server.Resp;

/// <summary>Errors in the words of Redis where it has some, since clients look at them.</summary>
internal static class RespErrors
{
    public static ReadOnlySpan<byte> Syntax => "ERR syntax error"u8;

    public static ReadOnlySpan<byte> NotAnInteger => "ERR value is not an integer or out of range"u8;

    public static ReadOnlySpan<byte> NotAFloat => "ERR value is not a valid float"u8;

    public static ReadOnlySpan<byte> WrongType => "WRONGTYPE Operation against a key holding the wrong kind of value"u8;

    public static ReadOnlySpan<byte> NoSuchKey => "ERR no such key"u8;

    public static ReadOnlySpan<byte> AnswerTooLarge =>
        "ERR the answer would be larger than four times connections.frame-bytes-max; ask for less at once"u8;

    public static ReadOnlySpan<byte> OutOfRange => "ERR index out of range"u8;

    /// <summary>Answers with what a refusal of the store is to a client of Redis.</summary>
    public static void Fail(RespConnection connection, StoreStatus status, string command)
    {
        switch (status)
        {
            case StoreStatus.WrongType:
                connection.Fail(WrongType);
                break;
            case StoreStatus.NotAnInteger:
                connection.Fail(NotAnInteger);
                break;
            case StoreStatus.Overflow:
                connection.Fail("ERR increment or decrement would overflow"u8);
                break;
            case StoreStatus.OutOfMemory:
                connection.Fail("OOM command not allowed when used memory > 'maxmemory'."u8);
                break;
            case StoreStatus.KeyInvalid:
                connection.Fail("ERR a key has 1 to 65536 bytes here, a field or member at most 65536"u8);
                break;
            case StoreStatus.ValueTooLarge:
                connection.Fail("ERR string exceeds maximum allowed size (proto-max-bulk-len)"u8);
                break;
            case StoreStatus.ExpiryOutOfRange:
                connection.Fail($"ERR invalid expire time in '{command}' command");
                break;
            case StoreStatus.DiskFull:
                connection.Fail("MISCONF The disk is full, so nothing can be written; deletes still pass."u8);
                break;
            case StoreStatus.LogFailed:
                connection.Fail("MISCONF Writing to disk has failed; the server's log says why."u8);
                break;
            default:
                connection.Fail($"ERR the command was refused: {status}");
                break;
        }
    }
}
