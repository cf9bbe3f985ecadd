namespace Nexo.Protocol;

/// <summary>
/// Answer to STORE GET, TAKE, TOUCH, RANGE and HASH GET. Body: nothing when there is no such entry (or field), else
/// <c>[u64 version][value, the rest]</c>.
/// </summary>
public readonly ref struct ValueReply
{
    public bool Found { get; init; }

    public ulong Version { get; init; }

    public ReadOnlySpan<byte> Value { get; init; }

    public static bool TryRead(ReadOnlySpan<byte> body, out ValueReply reply)
    {
        reply = default;
        if (body.IsEmpty)
        {
            return true;
        }

        var reader = new BodyReader(body);
        if (!reader.TryReadUInt64(out ulong version))
        {
            return false;
        }

        reply = new ValueReply { Found = true, Version = version, Value = reader.TakeRest() };
        return true;
    }
}
