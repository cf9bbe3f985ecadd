namespace Nexo.Protocol;

/// <summary>
/// STREAM CREATE. Body: <c>[u32 nameLength][name]</c> then <see cref="StreamOptionFields"/>; an option that is not there has
/// its default. Answer: <see cref="StreamCreateReply"/>.
/// </summary>
public ref struct StreamCreateRequest
{
    public ReadOnlySpan<byte> Name { get; private set; }

    public StreamOptionFields Options;

    public static bool TryRead(ReadOnlySpan<byte> body, out StreamCreateRequest request)
    {
        var reader = new BodyReader(body);
        request = default;
        if (!reader.TryReadBlob(out ReadOnlySpan<byte> name)
            || !StreamOptionFields.TryRead(ref reader, out StreamOptionFields options))
        {
            return false;
        }

        request.Name = name;
        request.Options = options;
        return true;
    }

    /// <summary>
    /// Writes what stands before the options; <see cref="StreamOptionFields.Write"/> follows, once for each.
    /// </summary>
    public static void WriteStart(FrameBuffer buffer, ReadOnlySpan<byte> name) => buffer.WriteBlob(name);
}

/// <summary>
/// STREAM UPDATE. Body: <c>[u64 revision][u32 nameLength][name]</c> then <see cref="StreamOptionFields"/>; an option that is
/// not there stays as it is. <c>revision</c> is that of the definition which is to be changed, 0: whichever there is.
/// Answer: <see cref="StreamUpdateReply"/>.
/// </summary>
public ref struct StreamUpdateRequest
{
    public ulong Revision { get; private set; }

    public ReadOnlySpan<byte> Name { get; private set; }

    public StreamOptionFields Options;

    public static bool TryRead(ReadOnlySpan<byte> body, out StreamUpdateRequest request)
    {
        var reader = new BodyReader(body);
        request = default;
        if (!reader.TryReadUInt64(out ulong revision)
            || !reader.TryReadBlob(out ReadOnlySpan<byte> name)
            || !StreamOptionFields.TryRead(ref reader, out StreamOptionFields options))
        {
            return false;
        }

        request.Revision = revision;
        request.Name = name;
        request.Options = options;
        return true;
    }

    /// <summary>Writes what stands before the options.</summary>
    public static void WriteStart(FrameBuffer buffer, ulong revision, ReadOnlySpan<byte> name)
    {
        buffer.WriteUInt64(revision);
        buffer.WriteBlob(name);
    }
}
