namespace Nexo.Engine.Topics;

/// <summary>
/// <c>[i64 setAt][i64 deadline][u16 topicBytes][u16 headersBytes][topic][headers][body:rest]</c>: moments of the engine's clock,
/// deadline 0: none. Removed is the topic alone.
/// </summary>
internal readonly ref struct RetainedSetRecord
{
    private const int HeaderBytes = 8 + 8 + 2 + 2;

    public long SetAtMs { get; private init; }

    public long DeadlineMs { get; private init; }

    public ReadOnlySpan<byte> Topic { get; private init; }

    public ReadOnlySpan<byte> Headers { get; private init; }

    public ReadOnlySpan<byte> Body { get; private init; }

    public static int Bytes(int topicBytes, int headerBytes, int bodyBytes) => HeaderBytes + topicBytes + headerBytes + bodyBytes;

    public static void Write(
        Span<byte> payload,
        long setAtMs,
        long deadlineMs,
        ReadOnlySpan<byte> topic,
        ReadOnlySpan<byte> headers,
        ReadOnlySpan<byte> body)
    {
        var writer = new RecordWriter(payload);
        writer.I64(setAtMs);
        writer.I64(deadlineMs);
        writer.U16((ushort)topic.Length);
        writer.U16((ushort)headers.Length);
        writer.Bytes(topic);
        writer.Bytes(headers);
        writer.Bytes(body);
    }

    /// <summary>False: not valid.</summary>
    public static bool TryRead(ReadOnlySpan<byte> payload, out RetainedSetRecord record)
    {
        var reader = new RecordReader(payload);
        long setAt = reader.I64();
        long deadline = reader.I64();
        int topicBytes = reader.U16();
        int headerBytes = reader.U16();
        record = new RetainedSetRecord
        {
            SetAtMs = setAt,
            DeadlineMs = deadline,
            Topic = reader.Bytes(topicBytes),
            Headers = reader.Bytes(headerBytes),
            Body = reader.Bytes(reader.Left),
        };
        return reader.AtEnd && topicBytes > 0 && !record.Body.IsEmpty;
    }
}

/// <summary>
/// <c>[u8 kind][u8 flags][u16 filterBytes][u8 nameBytes][u8 targetBytes][name][filter][target]</c>; flag 1: the topic is key or
/// group. Removed is the name alone.
/// </summary>
internal readonly ref struct BindingDefinedRecord
{
    private const int HeaderBytes = 1 + 1 + 2 + 1 + 1;
    private const byte FlagKeyByTopic = 1;

    public TopicTargetKind Kind { get; private init; }

    public bool KeyByTopic { get; private init; }

    public ReadOnlySpan<byte> Name { get; private init; }

    public ReadOnlySpan<byte> Filter { get; private init; }

    public ReadOnlySpan<byte> Target { get; private init; }

    public static int Bytes(int nameBytes, int filterBytes, int targetBytes) =>
        HeaderBytes + nameBytes + filterBytes + targetBytes;

    public static void Write(Span<byte> payload, TopicBinding binding)
    {
        var writer = new RecordWriter(payload);
        writer.U8((byte)binding.Target.Kind);
        writer.U8(binding.KeyByTopic ? FlagKeyByTopic : (byte)0);
        writer.U16((ushort)binding.Filter.Length);
        writer.U8((byte)binding.Name.Length);
        writer.U8((byte)binding.Target.Name.Length);
        writer.Bytes(binding.Name);
        writer.Bytes(binding.Filter);
        writer.Bytes(binding.Target.Name);
    }

    /// <summary>False: not valid.</summary>
    public static bool TryRead(ReadOnlySpan<byte> payload, out BindingDefinedRecord record)
    {
        var reader = new RecordReader(payload);
        var kind = (TopicTargetKind)reader.U8();
        byte flags = reader.U8();
        int filterBytes = reader.U16();
        int nameBytes = reader.U8();
        int targetBytes = reader.U8();
        record = new BindingDefinedRecord
        {
            Kind = kind,
            KeyByTopic = flags == FlagKeyByTopic,
            Name = reader.Bytes(nameBytes),
            Filter = reader.Bytes(filterBytes),
            Target = reader.Bytes(targetBytes),
        };
        return reader.AtEnd
            && kind is TopicTargetKind.Queue or TopicTargetKind.Stream
            && flags <= FlagKeyByTopic
            && nameBytes > 0
            && filterBytes > 0
            && targetBytes > 0;
    }
}
