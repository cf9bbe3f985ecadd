namespace Nexo.Protocol;

/// <summary>
/// QUEUE DECLARE. Body: <c>[u32 nameLength][name]</c> then <see cref="QueueOptionFields"/>; an option that is not there has
/// its default. Answer: <see cref="QueueDeclareReply"/>.
/// </summary>
public ref struct QueueDeclareRequest
{
    public ReadOnlySpan<byte> Name { get; private set; }

    public QueueOptionFields Options;

    public static bool TryRead(ReadOnlySpan<byte> body, out QueueDeclareRequest request)
    {
        var reader = new BodyReader(body);
        request = default;
        if (!reader.TryReadBlob(out ReadOnlySpan<byte> name)
            || !QueueOptionFields.TryRead(ref reader, out QueueOptionFields options))
        {
            return false;
        }

        request.Name = name;
        request.Options = options;
        return true;
    }

    /// <summary>
    /// Writes what stands before the options; <see cref="QueueOptionFields.Write(FrameBuffer, QueueOptionTag, ulong)"/>
    /// follows, once for each.
    /// </summary>
    public static void WriteStart(FrameBuffer buffer, ReadOnlySpan<byte> name) => buffer.WriteBlob(name);
}

/// <summary>
/// QUEUE UPDATE. Body: <c>[u64 revision][u32 nameLength][name]</c> then <see cref="QueueOptionFields"/>; an option that is
/// not there stays as it is. <c>revision</c> is that of the definition which is to be changed, 0: whichever there is.
/// Answer: <see cref="QueueDefinitionReply"/>.
/// </summary>
public ref struct QueueUpdateRequest
{
    public ulong Revision { get; private set; }

    public ReadOnlySpan<byte> Name { get; private set; }

    public QueueOptionFields Options;

    public static bool TryRead(ReadOnlySpan<byte> body, out QueueUpdateRequest request)
    {
        var reader = new BodyReader(body);
        request = default;
        if (!reader.TryReadUInt64(out ulong revision)
            || !reader.TryReadBlob(out ReadOnlySpan<byte> name)
            || !QueueOptionFields.TryRead(ref reader, out QueueOptionFields options))
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
