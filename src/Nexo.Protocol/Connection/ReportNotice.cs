namespace Nexo.Protocol;

/// <summary>
/// REPORT, from the server: notices of the client that failed since the last report. Body: <c>[u16 opcode][u16 0][u32
/// correlation][u64 count]</c> then an <see cref="ErrorBody"/>, which is the last one's.
/// </summary>
public ref struct ReportNotice
{
    /// <summary>Of the notices.</summary>
    public Opcode Opcode { get; private set; }

    /// <summary>Of the last one.</summary>
    public uint Correlation { get; private set; }

    /// <summary>How many; of a batch each message counts.</summary>
    public ulong Count { get; private set; }

    public ErrorBody Error;

    public static bool TryRead(ReadOnlySpan<byte> body, out ReportNotice notice)
    {
        var reader = new BodyReader(body);
        notice = default;
        if (!reader.TryReadUInt16(out ushort opcode)
            || !reader.TryReadUInt16(out _)
            || !reader.TryReadUInt32(out uint correlation)
            || !reader.TryReadUInt64(out ulong count)
            || !ErrorBody.TryRead(reader.TakeRest(), out ErrorBody error))
        {
            return false;
        }

        notice.Opcode = (Opcode)opcode;
        notice.Correlation = correlation;
        notice.Count = count;
        notice.Error = error;
        return true;
    }

    /// <summary>Writes what stands before the error; <see cref="ErrorBody.Write"/> follows.</summary>
    public static void WriteStart(FrameBuffer buffer, Opcode opcode, uint correlation, ulong count)
    {
        buffer.WriteUInt32((ushort)opcode);
        buffer.WriteUInt32(correlation);
        buffer.WriteUInt64(count);
    }
}
