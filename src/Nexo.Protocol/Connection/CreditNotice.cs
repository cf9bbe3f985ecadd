namespace Nexo.Protocol;

/// <summary>
/// CREDIT: lets the server push more items of the subscription that the correlation names. Body: <c>[u32 credits]</c>,
/// added to what is left; the sum is capped at <see cref="CreditsMax"/>.
/// </summary>
public readonly record struct CreditNotice(uint Credits)
{
    public const uint CreditsMax = 1_000_000;

    public static bool TryRead(ReadOnlySpan<byte> body, out CreditNotice notice)
    {
        var reader = new BodyReader(body);
        bool read = reader.TryReadUInt32(out uint credits) && reader.AtEnd && credits > 0;
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
