using Nexo.Engine.Memory;

namespace Nexo.Engine.Topics;

/// <summary>The last value of a topic; its bytes are borrowed.</summary>
public readonly unsafe ref struct RetainedMessage
{
    private const int SetAtBytes = sizeof(long);
    private const int LengthBytes = sizeof(ushort);

    /// <summary>Bytes of a value beside headers and body.</summary>
    private const int ValueHeaderBytes = SetAtBytes + LengthBytes;

    public ReadOnlySpan<byte> Topic { get; private init; }

    /// <summary>The header block without its length; empty: none.</summary>
    public ReadOnlySpan<byte> Headers { get; private init; }

    public ReadOnlySpan<byte> Body { get; private init; }

    /// <summary>When it was published, Unix milliseconds.</summary>
    public long SetAtMs { get; private init; }

    /// <summary>When it goes, Unix milliseconds; 0: it stays.</summary>
    public long ExpiresAtMs { get; private init; }

    /// <summary>How long it is still kept, from the moment of the look; null: until it is replaced.</summary>
    public long? TtlMs { get; private init; }

    /// <summary>An entry whose value is <c>[i64 setAt][u16 headersBytes][headers][body]</c>; its moments are moved by so much.</summary>
    internal static RetainedMessage Of(byte* entry, long offsetMs, long nowMs = 0)
    {
        byte* value = Entry.ValueStart(entry);
        int headerBytes = *(ushort*)(value + SetAtBytes);
        int bodyBytes = (int)Entry.ValueLength(entry) - ValueHeaderBytes - headerBytes;
        return new RetainedMessage
        {
            Topic = Entry.Key(entry),
            Headers = new ReadOnlySpan<byte>(value + ValueHeaderBytes, headerBytes),
            Body = new ReadOnlySpan<byte>(value + ValueHeaderBytes + headerBytes, bodyBytes),
            SetAtMs = *(long*)value + offsetMs,
            ExpiresAtMs = Entry.Is(entry, EntryFlags.Expires) ? Entry.Deadline(entry) + offsetMs : 0,
            TtlMs = Entry.Is(entry, EntryFlags.Expires) ? Math.Max(1, Entry.Deadline(entry) - nowMs) : null,
        };
    }

    internal static int ValueBytes(int headerBytes, int bodyBytes) => ValueHeaderBytes + headerBytes + bodyBytes;

    internal static void WriteValue(byte* entry, long setAtMs, ReadOnlySpan<byte> headers, ReadOnlySpan<byte> body)
    {
        byte* value = Entry.ValueStart(entry);
        *(long*)value = setAtMs;
        *(ushort*)(value + SetAtBytes) = (ushort)headers.Length;
        headers.CopyTo(new Span<byte>(value + ValueHeaderBytes, headers.Length));
        body.CopyTo(new Span<byte>(value + ValueHeaderBytes + headers.Length, body.Length));
    }
}
