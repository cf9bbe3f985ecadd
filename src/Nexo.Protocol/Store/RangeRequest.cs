namespace Nexo.Protocol;

/// <summary>
/// STORE RANGE. Body: <c>[i64 first][i64 last][key, the rest]</c>: byte positions, both included, negative ones from
/// the end (-1 is the last byte); clamped to the value.
/// </summary>
public readonly ref struct RangeRequest
{
    public long First { get; init; }

    public long Last { get; init; }

    public ReadOnlySpan<byte> Key { get; init; }

    public static bool TryRead(ReadOnlySpan<byte> body, out RangeRequest request)
    {
        var reader = new BodyReader(body);
        request = default;
        if (!reader.TryReadInt64(out long first) || !reader.TryReadInt64(out long last))
        {
            return false;
        }

        request = new RangeRequest { First = first, Last = last, Key = reader.TakeRest() };
        return true;
    }

    /// <summary>Writes the body into the open frame.</summary>
    public void Write(FrameBuffer buffer)
    {
        buffer.WriteInt64(First);
        buffer.WriteInt64(Last);
        buffer.Write(Key);
    }
}
