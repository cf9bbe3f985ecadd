using Nexo.Protocol;
using Nexo.Server.Connections;

namespace Nexo.Server.Native;

/// <summary>Takes the frames that a <see cref="FrameAssembler"/> finds.</summary>
internal interface IFrameSink
{
    /// <summary>Handles one whole frame; the body belongs to the socket and dies with the call.</summary>
    /// <returns>False: stop feeding for now; what was not consumed is fed again later.</returns>
    bool OnFrame(in FrameHeader header, ReadOnlySpan<byte> body);

    /// <summary>The stream is broken at this length field. Nothing is fed after it.</summary>
    void OnBrokenFrame(FrameStatus status);
}

/// <summary>
/// Cuts received bytes into frames. A frame that lies whole in what was fed is handed over in place; only one that is
/// split over two reads is copied together.
/// </summary>
internal sealed class FrameAssembler(int frameBytesMax) : IDisposable
{
    private SplitBytes _partial;

    /// <summary>The largest frame, header included; it grows when the peer has authenticated.</summary>
    public int FrameBytesMax { get; set; } = frameBytesMax;

    /// <summary>True while a frame has begun and not ended.</summary>
    public bool IsInFrame => _partial.Count > 0;

    /// <summary>Bytes of it that have come.</summary>
    public int PartialBytes => _partial.Count;

    /// <summary>Consumes bytes until they are used up or the sink wants to stop.</summary>
    /// <returns>How many bytes were consumed.</returns>
    public int Feed<TSink>(ReadOnlySpan<byte> bytes, TSink sink)
        where TSink : IFrameSink
    {
        int consumed = 0;
        bool more = true;
        while (more && consumed < bytes.Length)
        {
            ReadOnlySpan<byte> rest = bytes[consumed..];
            if (_partial.Count > 0)
            {
                consumed += FeedPartial(rest, sink, out more);
                continue;
            }

            FrameStatus status = FrameHeader.TryRead(rest, FrameBytesMax, out FrameHeader header);
            if (status == FrameStatus.Complete)
            {
                consumed += header.TotalSize;
                more = sink.OnFrame(header, rest[FrameHeader.Size..header.TotalSize]);
            }
            else if (status is FrameStatus.NeedHeader or FrameStatus.NeedBody)
            {
                consumed += _partial.Add(rest);
            }
            else
            {
                sink.OnBrokenFrame(status);
                return bytes.Length;
            }
        }

        return consumed;
    }

    public void Dispose() => _partial.Clear();

    private int FeedPartial<TSink>(ReadOnlySpan<byte> bytes, TSink sink, out bool more)
        where TSink : IFrameSink
    {
        more = true;
        int consumed = 0;
        if (_partial.Count < FrameHeader.Size)
        {
            consumed = _partial.Add(bytes[..Math.Min(bytes.Length, FrameHeader.Size - _partial.Count)]);
        }

        FrameStatus status = FrameHeader.TryRead(_partial.Span, FrameBytesMax, out FrameHeader header);
        if (status is FrameStatus.TooSmall or FrameStatus.TooLarge)
        {
            sink.OnBrokenFrame(status);
            more = false;
            return bytes.Length;
        }

        if (status == FrameStatus.NeedHeader)
        {
            return consumed;
        }

        int missing = header.TotalSize - _partial.Count;
        consumed += _partial.Add(bytes.Slice(consumed, Math.Min(missing, bytes.Length - consumed)));
        if (_partial.Count == header.TotalSize)
        {
            more = sink.OnFrame(header, _partial.Span[FrameHeader.Size..]);
            Dispose();
        }

        return consumed;
    }
}
