using System.Buffers.Binary;
using Nexo.Protocol;

namespace Nexo.Client;

/// <summary>A call that failed, with the reason as a number.</summary>
public sealed class NexoException : Exception
{
    /// <summary>Creates the error.</summary>
    /// <param name="code">A code of the server, or one of <see cref="ClientErrorCode"/>.</param>
    /// <param name="message">For people: what was wrong and what would be right.</param>
    /// <param name="retryable">Whether the same request may be sent again.</param>
    /// <param name="innerException">What caused it, if anything did.</param>
    public NexoException(ErrorCode code, string message, bool retryable, Exception? innerException = null)
        : base(message, innerException)
    {
        Code = code;
        Retryable = retryable;
    }

    /// <summary>A code of the server, or one of <see cref="ClientErrorCode"/>.</summary>
    public ErrorCode Code { get; }

    /// <summary>The name of <see cref="Code"/>, for logs and metrics.</summary>
    public string CodeName => ClientErrorCode.NameOf(Code);

    /// <summary>What the server said about it for programs, as <c>docs/protocol.md</c> says for its code; empty for most. The
    /// properties below read it.</summary>
    public ReadOnlyMemory<byte> Detail { get; internal init; }

    /// <summary>Of <see cref="ErrorCode.OffsetOutOfRange"/>: the offsets that there are; else null.</summary>
    public OffsetRange? ValidRange =>
        Code == ErrorCode.OffsetOutOfRange && OffsetRange.TryRead(Detail.Span, out OffsetRange range) ? range : null;

    /// <summary>Of <see cref="ErrorCode.MemberFenced"/>: the epoch that the group has now; else null.</summary>
    public ulong? Epoch => Code == ErrorCode.MemberFenced ? Number : null;

    /// <summary>Of <see cref="ErrorCode.SequenceGap"/>: the sequence that was the next; else null.</summary>
    public ulong? ExpectedSequence => Code == ErrorCode.SequenceGap ? Number : null;

    /// <summary>
    /// True when sending the same request again is safe and may succeed. False when it would fail again, or when the
    /// request may have been carried out and doing it twice is not the same as doing it once.
    /// </summary>
    public bool Retryable { get; }

    private ulong? Number =>
        BinaryPrimitives.TryReadUInt64LittleEndian(Detail.Span, out ulong number) ? number : null;
}
