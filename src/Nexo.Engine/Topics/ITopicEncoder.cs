using System.Buffers;

namespace Nexo.Engine.Topics;

/// <summary>Writes messages in the form of a protocol. One static instance per form: encodings are kept by it.</summary>
public interface ITopicEncoder
{
    /// <summary>Appends one message.</summary>
    void Write(IBufferWriter<byte> to, in TopicMessage message, bool retained);
}

/// <summary>The messages of a run in the form of one encoder; valid for the call that asked for it.</summary>
public readonly ref struct TopicEncoding(ReadOnlySpan<byte> bytes, ReadOnlySpan<int> ends)
{
    /// <summary>All messages, one behind the other.</summary>
    public ReadOnlySpan<byte> Bytes { get; } = bytes;

    /// <summary>Where each message ends in <see cref="Bytes"/>.</summary>
    public ReadOnlySpan<int> Ends { get; } = ends;
}
