namespace Nexo.Protocol;

/// <summary>What became of a STORE DELETE.</summary>
public enum DeleteOutcome : byte
{
    NotFound = 0,
    Deleted = 1,
    ConditionFailed = 2,
}

/// <summary>
/// Answer to STORE DELETE. Body: <c>[u8 outcome][u64 version]</c>; the version is that of the entry that was deleted or,
/// when the condition failed, that is there; 0 when there is none.
/// </summary>
public readonly record struct DeleteReply(DeleteOutcome Outcome, ulong Version)
{
    public static bool TryRead(ReadOnlySpan<byte> body, out DeleteReply reply)
    {
        var reader = new BodyReader(body);
        reply = default;
        if (!reader.TryReadByte(out byte outcome) || !reader.TryReadUInt64(out ulong version) || !reader.AtEnd)
        {
            return false;
        }

        reply = new DeleteReply((DeleteOutcome)outcome, version);
        return true;
    }

    /// <summary>Writes the body into the open frame.</summary>
    public void Write(FrameBuffer buffer)
    {
        buffer.WriteByte((byte)Outcome);
        buffer.WriteUInt64(Version);
    }
}
