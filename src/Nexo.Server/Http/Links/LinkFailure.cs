using Nexo.Protocol;

namespace Nexo.Server.Http.Links;

/// <summary>Why something was not done, as the connection behind a link has said.</summary>
internal readonly record struct LinkFailure(ErrorCode Code, string Message)
{
    public static LinkFailure Lost { get; } = new(ErrorCode.ShuttingDown, "The server ended this before it was answered.");

    /// <summary>What an ERROR, an END or a GOAWAY says.</summary>
    public static LinkFailure Of(LinkFrame frame) => ErrorBody.TryRead(frame.Body, out ErrorBody error)
        ? new LinkFailure(error.Code, error.MessageText)
        : new LinkFailure(ErrorCode.Internal, "The answer could not be read.");
}
