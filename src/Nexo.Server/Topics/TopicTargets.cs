using System.Buffers;
using System.Buffers.Binary;
using Nexo.Engine.Queues;
using Nexo.Engine.Streams;
using Nexo.Engine.Topics;

namespace Nexo.Server.Topics;

/// <summary>
/// Puts the messages of bindings into queues and streams. To a message's own headers it adds <c>nexo-topic</c>. Where the binding
/// says so, its topic is a message's group, or a record's key; one that is longer than that may be is not taken.
/// </summary>
internal sealed class TopicTargets(QueueService queues, QueueLimits limits, StreamService streams) : ITopicTargets
{
    private const int HeaderFixedBytes = sizeof(byte) + sizeof(ushort);

    // Most headers and topics fit here.
    private const int StackBytes = 512;

    private static ReadOnlySpan<byte> TopicHeader => "nexo-topic"u8;

    public bool Exists(TopicTargetKind kind, ReadOnlySpan<byte> name) => kind switch
    {
        TopicTargetKind.Queue => QueueExists(name),
        TopicTargetKind.Stream => streams.Describe(name, out _, out _) == StreamStatus.Ok,
        _ => false,
    };

    public TopicTargetResult Push(in BoundMessage message, object? batch)
    {
        int size = message.Headers.Length + HeaderFixedBytes + TopicHeader.Length + message.Topic.Length;
        byte[]? rented = size > StackBytes ? ArrayPool<byte>.Shared.Rent(size) : null;
        Span<byte> headers = rented is null ? stackalloc byte[StackBytes] : rented;
        WriteHeaders(headers, message);
        TopicTargetResult result = message.Kind switch
        {
            TopicTargetKind.Queue => PushToQueue(message, headers[..size], batch as QueueWork),
            TopicTargetKind.Stream => AppendToStream(message, headers[..size]),
            _ => default,
        };
        if (rented is not null)
        {
            ArrayPool<byte>.Shared.Return(rented);
        }

        return result;
    }

    private bool QueueExists(ReadOnlySpan<byte> name)
    {
        QueueStatus status = queues.Describe(name, out _);
        return status == QueueStatus.Ok
            || (status == QueueStatus.NotFound && limits.AutoCreate && !name.StartsWith("nexo."u8));
    }

    private TopicTargetResult PushToQueue(in BoundMessage message, ReadOnlySpan<byte> headers, QueueWork? work)
    {
        var pushed = new QueueMessage
        {
            Group = message.KeyByTopic ? message.Topic : default,
            Headers = headers,
            Body = message.Body,
        };

        QueueWork delivering = work ?? new QueueWork();
        QueueStatus status = queues.Push(message.Target, pushed, delivering, out QueuePushResult result);
        if (work is null)
        {
            delivering.Run();
        }

        return status == QueueStatus.Ok ? new TopicTargetResult(Taken: true, result.Waits) : default;
    }

    private TopicTargetResult AppendToStream(in BoundMessage message, ReadOnlySpan<byte> headers)
    {
        var record = new StreamRecord
        {
            HasKey = message.KeyByTopic,
            Key = message.KeyByTopic ? message.Topic : default,
            Headers = headers,
            Value = message.Body,
        };
        StreamStatus status = streams.Append(message.Target, record, new StreamAppendTerms(), out StreamAppended appended);
        return status == StreamStatus.Ok ? new TopicTargetResult(Taken: true, appended.Waits) : default;
    }

    // As the protocol's header block: [u8 nameLength][name][u16 valueLength][value].
    private static void WriteHeaders(scoped Span<byte> target, scoped in BoundMessage message)
    {
        message.Headers.CopyTo(target);
        Span<byte> added = target[message.Headers.Length..];
        added[0] = (byte)TopicHeader.Length;
        TopicHeader.CopyTo(added[1..]);
        BinaryPrimitives.WriteUInt16LittleEndian(added[(1 + TopicHeader.Length)..], (ushort)message.Topic.Length);
        message.Topic.CopyTo(added[(HeaderFixedBytes + TopicHeader.Length)..]);
    }
}
