namespace Nexo.Protocol;

/// <summary>
/// CREDIT: lets the server push more items of the subscription that the correlation names. Body: <c>[u32 credits]</c>,
/// 1 to <see cref="CreditsMax"/>, added to what is left; the sum is capped there too.
/// </summary>
public readonly record struct CreditNotice(uint Credits)
{
    /// <summary>Most credits that a subscription can have; small enough for sums never to overflow.</summary>
    public const uint CreditsMax = 1_000_000;

    public static bool TryRead(ReadOnlySpan<byte> body, out CreditNotice notice)
    {
        var reader = new BodyReader(body);
        bool read = reader.TryReadUInt32(out uint credits) && reader.AtEnd && credits is > 0 and <= CreditsMax;
        notice = new CreditNotice(credits);
        return read;
    }

    public void WriteFrame(FrameBuffer buffer, uint subscription)
    {
        buffer.Begin(Opcode.Credit, FrameKind.Notice, subscription);
        buffer.WriteUInt32(Credits);
        buffer.End();
    }
}
