using Nexo.Protocol;

namespace Nexo.Client;

/// <summary>
/// Bodies of requests are encoded here first, outside any lock, and copied into the connection's buffer as one piece:
/// serializers are foreign code that must neither hold up nor break other callers' frames.
/// </summary>
internal static class RequestBodies
{
    // Two, because a typed SET needs one for the value and one for the body.
    [ThreadStatic]
    private static FrameBuffer? _first;

    [ThreadStatic]
    private static FrameBuffer? _second;

    public static FrameBuffer Rent()
    {
        FrameBuffer? buffer = _first;
        if (buffer is not null)
        {
            _first = _second;
            _second = null;
            return buffer;
        }

        return new FrameBuffer();
    }

    public static void Return(FrameBuffer buffer)
    {
        buffer.Clear();
        if (_first is null)
        {
            _first = buffer;
        }
        else if (_second is null)
        {
            _second = buffer;
        }
        else
        {
            buffer.Dispose();
        }
    }
}

/// <summary>Keys, straight into a body.</summary>
internal static class KeyWriting
{
    private const int ScratchBytes = 256;

    public static void WriteKey(this FrameBuffer body, NexoKey key)
    {
        Span<byte> scratch = stackalloc byte[ScratchBytes];
        body.Write(key.Encode(scratch));
    }

    /// <summary>Writes <c>[u32 length][key]</c>.</summary>
    public static void WriteKeyBlob(this FrameBuffer body, NexoKey key)
    {
        Span<byte> scratch = stackalloc byte[ScratchBytes];
        body.WriteBlob(key.Encode(scratch));
    }

    /// <summary>Writes a <see cref="BlobList"/>.</summary>
    public static void WriteKeyList(this FrameBuffer body, IReadOnlyCollection<NexoKey> keys)
    {
        body.WriteUInt32((uint)keys.Count);
        foreach (NexoKey key in keys)
        {
            body.WriteKeyBlob(key);
        }
    }
}
