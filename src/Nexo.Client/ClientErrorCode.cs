using Nexo.Protocol;

namespace Nexo.Client;

/// <summary>
/// The codes of errors that the client finds by itself. They share the type of the server's codes, so one
/// <c>switch</c> over <see cref="NexoException.Code"/> handles both; they never travel.
/// </summary>
public static class ClientErrorCode
{
    /// <summary>The call's deadline passed before the answer came.</summary>
    public const ErrorCode DeadlineExceeded = (ErrorCode)900;

    /// <summary>The connection ended before the answer came. <see cref="NexoException.Retryable"/> tells whether the
    /// outcome is known well enough to send the same request again.</summary>
    public const ErrorCode ConnectionLost = (ErrorCode)901;

    /// <summary>No connection could be made.</summary>
    public const ErrorCode ConnectFailed = (ErrorCode)902;

    /// <summary>The server sent what the protocol does not allow; the connection was closed.</summary>
    public const ErrorCode ProtocolViolation = (ErrorCode)903;

    /// <summary>The client was disposed while the call was under way.</summary>
    public const ErrorCode ClientClosed = (ErrorCode)904;

    /// <summary>The stored value could not be read as the type that was asked for.</summary>
    public const ErrorCode ValueUnreadable = (ErrorCode)905;

    /// <summary>A request was published, and nobody is subscribed to its topic.</summary>
    public const ErrorCode NoReceivers = (ErrorCode)906;

    /// <summary>The subscription that was to be changed has ended.</summary>
    public const ErrorCode SubscriptionEnded = (ErrorCode)907;

    /// <summary>True for the codes above.</summary>
    internal static bool IsOfClient(ErrorCode code) => code >= DeadlineExceeded;

    internal static string NameOf(ErrorCode code) => code switch
    {
        DeadlineExceeded => nameof(DeadlineExceeded),
        ConnectionLost => nameof(ConnectionLost),
        ConnectFailed => nameof(ConnectFailed),
        ProtocolViolation => nameof(ProtocolViolation),
        ClientClosed => nameof(ClientClosed),
        ValueUnreadable => nameof(ValueUnreadable),
        NoReceivers => nameof(NoReceivers),
        SubscriptionEnded => nameof(SubscriptionEnded),
        _ => code.ToString(),
    };
}
