using System.Diagnostics;
using System.Text;
using Nexo.Protocol;

namespace Nexo.Client;

/// <summary>Headers, one by one, as a <see cref="HeaderBlock"/> has them: <c>[u8 nameLength][name][u16 valueLength][value]</c>.
/// The block's size is for the caller to write.</summary>
internal static class HeaderEntries
{
    public static int Measure(string name, string value) =>
        sizeof(byte) + Encoding.UTF8.GetByteCount(name) + sizeof(ushort) + Encoding.UTF8.GetByteCount(value);

    public static void Write(FrameBuffer buffer, string name, string value)
    {
        buffer.WriteByte((byte)Encoding.UTF8.GetByteCount(name));
        buffer.WriteUtf8(name);
        buffer.WriteUInt16((ushort)Encoding.UTF8.GetByteCount(value));
        buffer.WriteUtf8(value);
    }

    /// <summary>Writes the headers of a message, and tells whether they hold a trace.</summary>
    /// <exception cref="ArgumentException">A name has not 1 to 255 bytes or has capitals, or all together have more than
    /// 65,535 bytes; nothing was written.</exception>
    public static void Write(
        FrameBuffer buffer, IReadOnlyCollection<KeyValuePair<string, string>> headers, out bool hasTrace)
    {
        long bytes = 0;
        hasTrace = false;
        foreach (KeyValuePair<string, string> header in headers)
        {
            if (Encoding.UTF8.GetByteCount(header.Key) is 0 or > byte.MaxValue || header.Key.Any(char.IsAsciiLetterUpper))
            {
                throw new ArgumentException(
                    $"The name of a header has 1 to 255 bytes and no capitals; '{header.Key}' does not.", nameof(headers));
            }

            bytes += Measure(header.Key, header.Value);
            hasTrace |= header.Key == HeaderBlock.TraceParent;
        }

        if (bytes > ushort.MaxValue)
        {
            throw new ArgumentException(
                $"The headers of a message have at most 65,535 bytes; these have {bytes}.", nameof(headers));
        }

        foreach (KeyValuePair<string, string> header in headers)
        {
            Write(buffer, header.Key, header.Value);
        }
    }

    /// <summary>Bytes that <see cref="WriteTrace"/> writes; 0 when there is no trace, or no room for it.</summary>
    public static int MeasureTrace(Activity? trace, int room)
    {
        if (trace is null)
        {
            return 0;
        }

        int bytes = Measure(HeaderBlock.TraceParent, trace.Id!);
        if (trace.TraceStateString is { Length: > 0 } state)
        {
            bytes += Measure(HeaderBlock.TraceState, state);
        }

        return bytes <= room ? bytes : 0;
    }

    /// <summary>Writes the W3C context of a trace, if there is room for it.</summary>
    public static void WriteTrace(FrameBuffer buffer, Activity trace, int room)
    {
        if (MeasureTrace(trace, room) == 0)
        {
            return;
        }

        Write(buffer, HeaderBlock.TraceParent, trace.Id!);
        if (trace.TraceStateString is { Length: > 0 } state)
        {
            Write(buffer, HeaderBlock.TraceState, state);
        }
    }
}
