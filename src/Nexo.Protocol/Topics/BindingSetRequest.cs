namespace Nexo.Protocol;

/// <summary>What a binding feeds. Numbers are append-only.</summary>
public enum BindingTarget : byte
{
    None = 0,
    Queue = 1,
    Stream = 2,
}

/// <summary>
/// BINDING SET, and the answer to BINDING DESCRIBE. Body: <c>[u8 target][u8 0][u16 0][u32 length, name][u32 length,
/// filter][u32 length, target's name]</c> then <see cref="BindingOptionFields"/>; an option that is not there has its default.
/// Answer: <see cref="BindingSetReply"/>.
/// </summary>
public ref struct BindingSetRequest
{
    public BindingTarget Kind { get; init; }

    public ReadOnlySpan<byte> Name { get; init; }

    public ReadOnlySpan<byte> Filter { get; init; }

    /// <summary>The name of the queue or of the stream.</summary>
    public ReadOnlySpan<byte> Target { get; init; }

    public BindingOptionFields Options;

    public static bool TryRead(ReadOnlySpan<byte> body, out BindingSetRequest request)
    {
        var reader = new BodyReader(body);
        request = default;
        if (!reader.TryReadUInt32(out uint kind)
            || kind is 0 or > (uint)BindingTarget.Stream
            || !reader.TryReadBlob(out ReadOnlySpan<byte> name)
            || !reader.TryReadBlob(out ReadOnlySpan<byte> filter)
            || !reader.TryReadBlob(out ReadOnlySpan<byte> target)
            || !BindingOptionFields.TryRead(ref reader, out BindingOptionFields options))
        {
            return false;
        }

        request = new BindingSetRequest
        {
            Kind = (BindingTarget)kind,
            Name = name,
            Filter = filter,
            Target = target,
            Options = options,
        };
        return true;
    }

    /// <summary>
    /// Writes what stands before the options; <see cref="BindingOptionFields.WriteKeyByTopic"/> may follow.
    /// </summary>
    public readonly void WriteStart(FrameBuffer buffer)
    {
        buffer.WriteUInt32((uint)Kind);
        buffer.WriteBlob(Name);
        buffer.WriteBlob(Filter);
        buffer.WriteBlob(Target);
    }
}

/// <summary>Answer to BINDING SET. Body: <c>[bool created]</c>; false: the very same binding was there already.</summary>
public readonly record struct BindingSetReply(bool Created)
{
    public static bool TryRead(ReadOnlySpan<byte> body, out BindingSetReply reply)
    {
        var reader = new BodyReader(body);
        bool read = reader.TryReadByte(out byte created) && reader.AtEnd;
        reply = new BindingSetReply(created != 0);
        return read;
    }

    /// <summary>Writes the body into the open frame.</summary>
    public void Write(FrameBuffer buffer) => buffer.WriteByte(Created ? (byte)1 : (byte)0);
}
