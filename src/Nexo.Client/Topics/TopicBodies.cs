using System.Diagnostics;
using System.Text;
using Nexo.Protocol;

namespace Nexo.Client;

/// <summary>What is asked about topics, into the requests that ask it.</summary>
internal static class TopicBodies
{
    // Long enough for nearly every topic; longer ones are encoded into an array.
    private const int ScratchBytes = 512;

    // Of one request: less than the smallest frame that a server is likely to allow, and less than 65,536 filters.
    private const int FilterBytesMax = 256 * 1_024;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>PUBLISH: the message's headers are the frame's, and its body the rest of the frame.</summary>
    public static FrameBuffer One<T>(
        string topic, INexoSerializer serializer, T value, in TopicPublishOptions options, out int headerBytes, out bool hasTrace)
    {
        FrameBuffer body = RequestBodies.Rent();
        headerBytes = WriteHeaders(body, options.Headers, out hasTrace);
        Span<byte> scratch = stackalloc byte[ScratchBytes];
        new TopicPublishRequest { Message = Message(Encode(topic, scratch), options) }.Write(body);
        Values.Write(serializer, body, value);
        return body;
    }

    /// <summary>PUBLISH BATCH: each message has its headers before its body, and the trace of whoever publishes among
    /// them.</summary>
    public static FrameBuffer Many<T>(INexoSerializer serializer, IReadOnlyCollection<TopicPublication<T>> messages)
    {
        Span<byte> scratch = stackalloc byte[ScratchBytes];
        Activity? trace = NexoClient.TraceToJoin(null);
        FrameBuffer body = RequestBodies.Rent();
        FrameBuffer parts = RequestBodies.Rent();
        TopicPublishBatchRequest.WriteStart(body, (uint)messages.Count);
        foreach ((string topic, T value, TopicPublishOptions options) in messages)
        {
            parts.Clear();
            int headerBytes = WriteHeaders(parts, options.Headers, out bool hasTrace);
            if (trace is not null && !hasTrace)
            {
                HeaderEntries.WriteTrace(parts, trace, ushort.MaxValue - headerBytes);
                headerBytes = parts.Count;
            }

            Values.Write(serializer, parts, value);
            ArgumentNullException.ThrowIfNull(topic, nameof(messages));
            WriteItem(body, Encode(topic, scratch), parts.Written.Span, headerBytes, options);
        }

        RequestBodies.Return(parts);
        return body;
    }

    /// <summary>WILL: as a publish, with its delay and the session before it.</summary>
    public static FrameBuffer Will<T>(
        string topic, INexoSerializer serializer, T value, in TopicWillOptions options, byte[] session, out int headerBytes)
    {
        FrameBuffer body = RequestBodies.Rent();
        headerBytes = WriteHeaders(body, options.Headers, out _);
        Span<byte> scratch = stackalloc byte[ScratchBytes];
        new TopicWillRequest
        {
            DelayMs = WireTimes.MillisecondsShort(options.Delay, nameof(options.Delay)),
            Session = session,
            Message = Message(
                Encode(topic, scratch), new TopicPublishOptions { Retain = options.Retain, Ttl = options.Ttl }),
        }.Write(body);
        Values.Write(serializer, body, value);
        return body;
    }

    public static FrameBuffer Subscribe(IReadOnlyCollection<string> filters, int credits, TopicSubscribeOptions options)
    {
        FrameBuffer body = RequestBodies.Rent();
        new TopicSubscribeRequest
        {
            Credits = (uint)credits,
            WhenSlow = options.WhenSlow,
            Flags = (options.Retained ? SubscribeFlags.Retained : SubscribeFlags.None)
                | (options.NotOwn ? SubscribeFlags.NotOwn : SubscribeFlags.None),
            OutboxBytes = (uint)(options.OutboxBytes ?? 0),
        }.WriteStart(body, (uint)filters.Count);
        WriteFilters(body, filters);
        return body;
    }

    /// <summary>Filters in parts that a request can hold; at least one, which may be empty.</summary>
    public static List<ArraySegment<string>> Split(string[] filters)
    {
        var parts = new List<ArraySegment<string>>();
        int start = 0;
        int bytes = 0;
        for (int i = 0; i < filters.Length; i++)
        {
            bytes += sizeof(uint) + Encoding.UTF8.GetByteCount(filters[i]);
            if (bytes > FilterBytesMax && i > start)
            {
                parts.Add(new ArraySegment<string>(filters, start, i - start));
                start = i;
                bytes = 0;
            }
        }

        parts.Add(new ArraySegment<string>(filters, start, filters.Length - start));
        return parts;
    }

    public static FrameBuffer Filters(
        uint subscription, IReadOnlyCollection<string> added, IReadOnlyCollection<string> removed)
    {
        FrameBuffer body = RequestBodies.Rent();
        TopicFiltersRequest.WriteAdded(body, subscription, (uint)added.Count);
        WriteFilters(body, added);
        TopicFiltersRequest.WriteRemoved(body, (uint)removed.Count);
        WriteFilters(body, removed);
        return body;
    }

    /// <summary>A text that is the whole body.</summary>
    public static FrameBuffer Text(string text)
    {
        FrameBuffer body = RequestBodies.Rent();
        body.WriteUtf8(text);
        return body;
    }

    private static void WriteFilters(FrameBuffer body, IReadOnlyCollection<string> filters)
    {
        Span<byte> scratch = stackalloc byte[ScratchBytes];
        foreach (string filter in filters)
        {
            body.WriteBlob(Encode(filter, scratch));
        }
    }

    private static void WriteItem(
        FrameBuffer body, ReadOnlySpan<byte> topic, ReadOnlySpan<byte> parts, int headerBytes, in TopicPublishOptions options)
    {
        TopicPublication alone = Message(topic, options);
        new TopicPublication
        {
            Parts = alone.Parts,
            Flags = alone.Flags,
            TtlMs = alone.TtlMs,
            Topic = topic,
            Headers = parts[..headerBytes],
            Body = parts[headerBytes..],
        }.WriteItem(body);
    }

    private static TopicPublication Message(ReadOnlySpan<byte> topic, in TopicPublishOptions options) => new()
    {
        Parts = options.Ttl is null ? PublishParts.None : PublishParts.Ttl,
        Flags = options.Retain ? PublishFlags.Retain : PublishFlags.None,
        Topic = topic,
        TtlMs = WireTimes.Milliseconds(options.Ttl.GetValueOrDefault()),
    };

    private static int WriteHeaders(
        FrameBuffer body, IReadOnlyCollection<KeyValuePair<string, string>>? headers, out bool hasTrace)
    {
        hasTrace = false;
        if (headers is { Count: > 0 })
        {
            HeaderEntries.Write(body, headers, out hasTrace);
        }

        return body.Count;
    }

    /// <exception cref="ArgumentException">Half of a pair of surrogates stands alone: another topic would be meant.</exception>
    private static ReadOnlySpan<byte> Encode(string text, Span<byte> scratch) =>
        Strict.TryGetBytes(text, scratch, out int written) ? scratch[..written] : Strict.GetBytes(text);
}
