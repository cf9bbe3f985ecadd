namespace Nexo.Protocol;

/// <summary>
/// Answer to QUEUE DESCRIBE and QUEUE UPDATE. Body: <c>[u64 revision]</c> then all options as
/// <see cref="QueueOptionFields"/>. The revision counts up at every change of the definition.
/// </summary>
public ref struct QueueDefinitionReply
{
    public ulong Revision { get; private set; }

    public QueueOptionFields Options;

    public static bool TryRead(ReadOnlySpan<byte> body, out QueueDefinitionReply reply)
    {
        var reader = new BodyReader(body);
        reply = default;
        if (!reader.TryReadUInt64(out ulong revision)
            || !QueueOptionFields.TryRead(ref reader, out QueueOptionFields options))
        {
            return false;
        }

        reply.Revision = revision;
        reply.Options = options;
        return true;
    }

    /// <summary>Writes what stands before the options.</summary>
    public static void WriteStart(FrameBuffer buffer, ulong revision) => buffer.WriteUInt64(revision);
}

/// <summary>
/// Answer to QUEUE DECLARE. Body: <c>[bool created]</c> then as <see cref="QueueDefinitionReply"/>.
/// </summary>
public ref struct QueueDeclareReply
{
    /// <summary>False: the very same queue was there already.</summary>
    public bool Created { get; private set; }

    public QueueDefinitionReply Definition;

    public static bool TryRead(ReadOnlySpan<byte> body, out QueueDeclareReply reply)
    {
        var reader = new BodyReader(body);
        reply = default;
        if (!reader.TryReadByte(out byte created)
            || !QueueDefinitionReply.TryRead(reader.TakeRest(), out QueueDefinitionReply definition))
        {
            return false;
        }

        reply.Created = created != 0;
        reply.Definition = definition;
        return true;
    }

    /// <summary>Writes what stands before the options.</summary>
    public static void WriteStart(FrameBuffer buffer, bool created, ulong revision)
    {
        buffer.WriteByte(created ? (byte)1 : (byte)0);
        QueueDefinitionReply.WriteStart(buffer, revision);
    }
}
