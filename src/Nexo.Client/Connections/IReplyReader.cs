namespace Nexo.Client;

/// <summary>Reads the body of a reply. Runs on the thread that received it, before the next frame is looked
/// at.</summary>
internal interface IReplyReader<TResult>
{
    /// <summary>False when the body is malformed.</summary>
    bool TryRead(ReadOnlySpan<byte> body, out TResult result);
}

/// <summary>Takes the reply to a call whose caller no longer waited for it, when it holds what must not be
/// lost.</summary>
internal interface ILateReply
{
    /// <summary>Called on the thread that received it; the bytes are valid during the call.</summary>
    void OnLateReply(ReadOnlySpan<byte> body);
}

/// <summary>What the client must know of a request to tell what became of it.</summary>
[Flags]
internal enum CallTraits
{
    None = 0,

    /// <summary>Doing it twice leaves the server, and answers the caller, as doing it once.</summary>
    Idempotent = 1,
}
