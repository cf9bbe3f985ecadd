namespace Nexo.Protocol;

/// <summary>
/// ADMIN BACKUP, opens a subscription. Body: <c>[u32 credits]</c>, 0 to <see cref="CreditNotice.CreditsMax"/>. The reply has
/// no body; each push is the next bytes of the backup file, at most 64 KiB, and costs one credit; END with code 0 follows the
/// last of them.
/// </summary>
public readonly record struct BackupRequest(uint Credits)
{
    public static bool TryRead(ReadOnlySpan<byte> body, out BackupRequest request)
    {
        var reader = new BodyReader(body);
        request = default;
        if (!reader.TryReadUInt32(out uint credits) || !reader.AtEnd || credits > CreditNotice.CreditsMax)
        {
            return false;
        }

        request = new BackupRequest(credits);
        return true;
    }

    /// <summary>Writes the body into the open frame.</summary>
    public void Write(FrameBuffer buffer) => buffer.WriteUInt32(Credits);
}
