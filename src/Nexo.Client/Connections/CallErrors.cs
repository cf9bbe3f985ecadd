using Nexo.Protocol;

namespace Nexo.Client;

/// <summary>The typed errors of calls, with what each one says about trying again.</summary>
internal static class CallErrors
{
    public static NexoException FromServer(in ErrorBody error) =>
        new(error.Code, $"{error.MessageText} ({error.Code})", error.Retryable) { Detail = error.Detail.ToArray() };

    public static NexoException ConnectionLost(string how, Exception? cause = null) =>
        new(ClientErrorCode.ConnectionLost, $"The connection was lost: {how}.", retryable: true, cause);

    public static NexoException Violation(string what) => new(
        ClientErrorCode.ProtocolViolation, $"The server broke the protocol: {what}. The connection was closed.", false);

    /// <summary>A call that was in flight when its connection ended.</summary>
    public static NexoException Lost(Operation call, bool written, NexoException reason)
    {
        string outcome = !written ? "It had not been sent."
            : call.IsIdempotent ? "It may have been carried out; doing it again does no harm."
            : "It may have been carried out: find out before doing it again.";
        return new NexoException(
            reason.Code, $"{call.Opcode}: {reason.Message} {outcome}", !written || call.IsIdempotent, reason);
    }

    public static NexoException Deadline(Operation call, bool written, Exception? connectError)
    {
        string where = written ? "no answer came" : connectError is null
            ? "it could not be sent"
            : $"there is no connection ({connectError.Message})";
        return new NexoException(
            ClientErrorCode.DeadlineExceeded,
            $"{call.Opcode} ran into its deadline: {where}.",
            !written || call.IsIdempotent,
            connectError);
    }

    public static NexoException Closed() =>
        new(ClientErrorCode.ClientClosed, "The client was disposed.", retryable: false);

    /// <summary>Whether trying to connect again could change anything.</summary>
    public static bool IsRefusal(NexoException error) => error.Code
        is ErrorCode.AuthenticationRequired
        or ErrorCode.AuthenticationFailed
        or ErrorCode.UnsupportedVersion
        or ErrorCode.BadMagic
        or ErrorCode.TlsRequired
        or ErrorCode.Malformed;
}
