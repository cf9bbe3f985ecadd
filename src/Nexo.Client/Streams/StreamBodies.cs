using System.Diagnostics;
using Nexo.Protocol;

namespace Nexo.Client;

/// <summary>Records into the requests that append them.</summary>
internal static class StreamBodies
{
    // Long enough for nearly every key; longer ones are encoded into an array.
    private const int ScratchBytes = 256;

    /// <summary>APPEND: the record's headers are the frame's, and its value the rest of the frame.</summary>
    public static CallRequest One<T>(NexoStream stream, T value, in StreamAppendOptions options)
    {
        Span<byte> scratch = stackalloc byte[ScratchBytes];
        FrameBuffer body = RequestBodies.Rent();
        bool hasTrace = false;
        if (options.Headers is { Count: > 0 } headers)
        {
            HeaderEntries.Write(body, headers, out hasTrace);
        }

        int headerBytes = body.Count;
        new StreamAppendRequest
        {
            Parts = (options.ExpectedNext is null ? AppendParts.None : AppendParts.ExpectedNext)
                | (options.ExpectedKeyVersion is null ? AppendParts.None : AppendParts.ExpectedKeyVersion)
                | (options.Timestamp is null ? AppendParts.None : AppendParts.Timestamp)
                | (options.Key is null ? AppendParts.None : AppendParts.Key)
                | (options.IsTombstone ? AppendParts.Tombstone : AppendParts.None),
            Stream = stream.NameBytes,
            ExpectedNext = options.ExpectedNext.GetValueOrDefault(),
            ExpectedKeyVersion = options.ExpectedKeyVersion.GetValueOrDefault(),
            Timestamp = options.Timestamp.GetValueOrDefault().ToUnixTimeMilliseconds(),
            Key = options.Key.GetValueOrDefault().Encode(scratch),
        }.Write(body);
        if (!options.IsTombstone)
        {
            Values.Write(stream.Serializer, body, value);
        }

        return new CallRequest
        {
            Opcode = Opcode.StreamAppend,
            Body = body,
            HeaderBytes = headerBytes,
            HasTrace = hasTrace,
            Destination = stream.Name,
        };
    }

    /// <summary>APPEND BATCH: each record has its headers before its value, and the trace of whoever appends among them.</summary>
    public static CallRequest Many<T>(
        NexoStream stream, IEnumerable<StreamMessage<T>> messages, int count, in StreamBatchOptions options)
    {
        Span<byte> scratch = stackalloc byte[ScratchBytes];
        Activity? trace = NexoClient.TraceToJoin(null);
        FrameBuffer body = RequestBodies.Rent();
        new StreamAppendBatchRequest
        {
            Parts = (options.ExpectedNext is null ? AppendParts.None : AppendParts.ExpectedNext)
                | (options.ExpectedKeyVersion is null ? AppendParts.None : AppendParts.ExpectedKeyVersion),
            Stream = stream.NameBytes,
            ExpectedNext = options.ExpectedNext.GetValueOrDefault(),
            ExpectedKeyVersion = options.ExpectedKeyVersion.GetValueOrDefault(),
            ExpectedKey = options.ExpectedKey.Encode(scratch),
        }.WriteStart(body, (uint)count);
        foreach ((T value, StreamRecordOptions record) in messages)
        {
            WriteRecord(body, stream.Serializer, value, record, trace);
        }

        return new CallRequest { Opcode = Opcode.StreamAppendBatch, Body = body, Destination = stream.Name };
    }

    /// <summary>Writes one record of a batch.</summary>
    public static void WriteRecord<T>(
        FrameBuffer body, INexoSerializer serializer, T value, in StreamRecordOptions options, Activity? trace)
    {
        Span<byte> scratch = stackalloc byte[ScratchBytes];
        FrameBuffer parts = RequestBodies.Rent();
        try
        {
            int headerBytes = WriteHeaders(parts, options, trace);
            if (!options.IsTombstone)
            {
                Values.Write(serializer, parts, value);
            }

            new NewRecord
            {
                Parts = (options.Timestamp is null ? RecordParts.None : RecordParts.Timestamp)
                    | (options.Key is null ? RecordParts.None : RecordParts.Key)
                    | (options.IsTombstone ? RecordParts.Tombstone : RecordParts.None),
                Timestamp = options.Timestamp.GetValueOrDefault().ToUnixTimeMilliseconds(),
                Key = options.Key.GetValueOrDefault().Encode(scratch),
                Headers = parts.Written.Span[..headerBytes],
                Value = parts.Written.Span[headerBytes..],
            }.Write(body);
        }
        finally
        {
            RequestBodies.Return(parts);
        }
    }

    public static FrameBuffer Read(NexoStream stream, StreamPosition from, uint waitMs, uint recordsMax, uint bytesMax, NexoKey key)
    {
        Span<byte> scratch = stackalloc byte[ScratchBytes];
        FrameBuffer body = RequestBodies.Rent();
        new StreamReadRequest
        {
            From = from,
            WaitMs = waitMs,
            RecordsMax = recordsMax,
            BytesMax = bytesMax,
            Stream = stream.NameBytes,
            Key = key.Encode(scratch),
        }.Write(body);
        return body;
    }

    public static FrameBuffer Tail(NexoStream stream, StreamPosition from, int credits, int bytesMax, NexoKey key)
    {
        Span<byte> scratch = stackalloc byte[ScratchBytes];
        FrameBuffer body = RequestBodies.Rent();
        new StreamTailRequest
        {
            Credits = (uint)credits,
            From = from,
            BytesMax = (uint)bytesMax,
            Stream = stream.NameBytes,
            Key = key.Encode(scratch),
        }.Write(body);
        return body;
    }

    private static int WriteHeaders(FrameBuffer buffer, in StreamRecordOptions options, Activity? trace)
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
}
