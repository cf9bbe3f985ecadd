namespace Nexo.Protocol;

/// <summary>
/// STORE HASH SET. Body: <c>[u32 keyLength][key]</c> then a <see cref="PairList"/> of fields and values.
/// Answer: <see cref="NumberReply"/>.
/// </summary>
public ref struct HashSetRequest
{
    public ReadOnlySpan<byte> Key { get; private set; }

    public PairList Pairs;

    public static bool TryRead(ReadOnlySpan<byte> body, out HashSetRequest request)
    {
        var reader = new BodyReader(body);
        request = default;
        if (!reader.TryReadBlob(out ReadOnlySpan<byte> key) || !PairList.TryRead(ref reader, out PairList pairs))
        {
            return false;
        }

        request.Key = key;
        request.Pairs = pairs;
        return true;
    }
}

/// <summary>
/// STORE HASH MULTI GET and HASH DELETE. Body: <c>[u32 keyLength][key]</c> then a <see cref="BlobList"/> of fields.
/// </summary>
public ref struct HashFieldsRequest
{
    public ReadOnlySpan<byte> Key { get; private set; }

    public BlobList Fields;

    public static bool TryRead(ReadOnlySpan<byte> body, out HashFieldsRequest request)
    {
        var reader = new BodyReader(body);
        request = default;
        if (!reader.TryReadBlob(out ReadOnlySpan<byte> key) || !BlobList.TryRead(ref reader, out BlobList fields))
        {
            return false;
        }

        request.Key = key;
        request.Fields = fields;
        return true;
    }
}

/// <summary>
/// STORE HASH INCREMENT. Body: <c>[i64 delta][u32 keyLength][key][field, the rest]</c>. Answer: <see cref="NumberReply"/>.
/// </summary>
public readonly ref struct HashIncrementRequest
{
    public long Delta { get; init; }

    public ReadOnlySpan<byte> Key { get; init; }

    public ReadOnlySpan<byte> Field { get; init; }

    public static bool TryRead(ReadOnlySpan<byte> body, out HashIncrementRequest request)
    {
        var reader = new BodyReader(body);
        request = default;
        if (!reader.TryReadInt64(out long delta) || !reader.TryReadBlob(out ReadOnlySpan<byte> key))
        {
            return false;
        }

        request = new HashIncrementRequest { Delta = delta, Key = key, Field = reader.TakeRest() };
        return true;
    }

    /// <summary>Writes the body into the open frame.</summary>
    public void Write(FrameBuffer buffer)
    {
        buffer.WriteInt64(Delta);
        buffer.WriteBlob(Key);
        buffer.Write(Field);
    }
}

/// <summary>
/// Answer to STORE HASH GET ALL. Body: nothing when there is no entry, else <c>[u64 version]</c> then a
/// <see cref="PairList"/> of fields and values, in no order.
/// </summary>
public ref struct HashReply
{
    public bool Found { get; private set; }

    public ulong Version { get; private set; }

    public PairList Pairs;

    public static bool TryRead(ReadOnlySpan<byte> body, out HashReply reply)
    {
        reply = default;
        if (body.IsEmpty)
        {
            return true;
        }

        var reader = new BodyReader(body);
        if (!reader.TryReadUInt64(out ulong version) || !PairList.TryRead(ref reader, out PairList pairs))
        {
            return false;
        }

        reply.Found = true;
        reply.Version = version;
        reply.Pairs = pairs;
        return true;
    }
}
