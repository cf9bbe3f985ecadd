using System.Diagnostics;
using Nexo.Protocol;

namespace Nexo.Client;

/// <summary>Messages into the requests that push them.</summary>
internal static class PushBodies
{
    // Long enough for nearly every group and dedup id; longer ones are encoded into an array.
    private const int ScratchBytes = 256;

    /// <summary>PUSH: the message's headers are the frame's, and its body the rest of the frame.</summary>
    public static CallRequest One<T>(NexoQueue queue, INexoSerializer serializer, T value, in QueuePushOptions options)
    {
        Span<byte> dedupScratch = stackalloc byte[ScratchBytes];
        Span<byte> groupScratch = stackalloc byte[ScratchBytes];
        var request = new QueuePushRequest
        {
            Queue = queue.NameBytes,
            Message = Message(options, options.DedupId.Encode(dedupScratch), options.Group.Encode(groupScratch)),
        };
        FrameBuffer body = RequestBodies.Rent();
        bool hasTrace = false;
        if (options.Headers is { Count: > 0 } headers)
        {
            HeaderEntries.Write(body, headers, out hasTrace);
        }

        int headerBytes = body.Count;
        request.Write(body);
        Values.Write(serializer, body, value);
        return new CallRequest
        {
            Opcode = Opcode.QueuePush,
            Traits = options.DedupId.IsEmpty ? CallTraits.None : CallTraits.Idempotent,
            Body = body,
            HeaderBytes = headerBytes,
            HasTrace = hasTrace,
            Destination = queue.Name,
        };
    }

    /// <summary>PUSH BATCH: each message has its headers before its body, and the trace of whoever pushes among them.</summary>
    public static CallRequest Many<T>(
        NexoQueue queue, INexoSerializer serializer, IEnumerable<QueueMessage<T>> messages, int count, bool allOrNone)
    {
        Span<byte> dedupScratch = stackalloc byte[ScratchBytes];
        Span<byte> groupScratch = stackalloc byte[ScratchBytes];
        Activity? trace = NexoClient.TraceToJoin(null);
        bool idempotent = true;
        FrameBuffer body = RequestBodies.Rent();
        FrameBuffer parts = RequestBodies.Rent();
        QueuePushBatchRequest.WriteStart(body, allOrNone, queue.NameBytes, (uint)count);
        foreach ((T value, QueuePushOptions options) in messages)
        {
            parts.Clear();
            int headerBytes = WriteHeaders(parts, options, trace);
            Values.Write(serializer, parts, value);
            idempotent &= !options.DedupId.IsEmpty;
            PushedMessage message =
                Message(options, options.DedupId.Encode(dedupScratch), options.Group.Encode(groupScratch)) with
                {
                    Headers = parts.Written.Span[..headerBytes],
                    Body = parts.Written.Span[headerBytes..],
                };
            message.WriteItem(body);
        }

        RequestBodies.Return(parts);
        return new CallRequest
        {
            Opcode = Opcode.QueuePushBatch,
            Traits = idempotent ? CallTraits.Idempotent : CallTraits.None,
            Body = body,
            Destination = queue.Name,
        };
    }

    public static int WriteHeaders(FrameBuffer buffer, in QueuePushOptions options, Activity? trace)
    {
        bool hasTrace = false;
        if (options.Headers is { Count: > 0 } headers)
        {
            HeaderEntries.Write(buffer, headers, out hasTrace);
        }

        if (trace is not null && !hasTrace)
        {
            HeaderEntries.WriteTrace(buffer, trace, ushort.MaxValue - buffer.Count);
        }

        return buffer.Count;
    }

    private static PushedMessage Message(
        in QueuePushOptions options, ReadOnlySpan<byte> dedupId, ReadOnlySpan<byte> group)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(options.Priority, nameof(options.Priority));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.Priority, byte.MaxValue, nameof(options.Priority));
        if (options is { Delay: not null, DueAt: not null })
        {
            throw new ArgumentException("Give at most one of Delay and DueAt.", nameof(options));
        }

        return new PushedMessage
        {
            Parts = (options.Delay is null ? PushParts.None : PushParts.Delay)
                | (options.DueAt is null ? PushParts.None : PushParts.DueAt)
                | (options.Ttl is null ? PushParts.None : PushParts.Ttl)
                | (dedupId.IsEmpty ? PushParts.None : PushParts.DedupId)
                | (group.IsEmpty ? PushParts.None : PushParts.Group),
            Priority = (byte)options.Priority,
            DelayMs = WireTimes.Milliseconds(options.Delay.GetValueOrDefault()),
            DueAt = options.DueAt.GetValueOrDefault().ToUnixTimeMilliseconds(),
            TtlMs = WireTimes.Milliseconds(options.Ttl.GetValueOrDefault()),
            DedupId = dedupId,
            Group = group,
        };
    }
}
