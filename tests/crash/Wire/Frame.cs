using Nexo.Protocol;

namespace Nexo.Crash.Wire;

/// <summary>A frame that came from the server; the body is a copy.</summary>
internal sealed record Frame(Opcode Opcode, FrameKind Kind, uint Correlation, byte[] Body)
{
    /// <summary>The code of an error frame; none for a reply.</summary>
    public ErrorCode Error => Kind == FrameKind.Error && ErrorBody.TryRead(Body, out ErrorBody error)
        ? error.Code
        : ErrorCode.None;

    public string ErrorText => ErrorBody.TryRead(Body, out ErrorBody error)
        ? $"{error.Code}: {error.MessageText}"
        : "an unreadable error";
}
