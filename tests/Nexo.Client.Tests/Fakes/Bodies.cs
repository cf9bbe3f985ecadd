using System.Text;
using Nexo.Protocol;

namespace Nexo.Client.Tests;

/// <summary>Bodies of answers, as a server writes them.</summary>
internal static class Bodies
{
    public static Action<FrameBuffer> Value(string value, ulong version = 7) => buffer =>
    {
        buffer.WriteUInt64(version);
        buffer.WriteUtf8(value);
    };

    public static Action<FrameBuffer> Set(bool stored = true, ulong version = 7, string? previous = null) => buffer =>
    {
        SetReply.WriteFixed(buffer, stored, previous is not null, version);
        buffer.WriteUtf8(previous);
    };

    public static Action<FrameBuffer> Count(long count) => buffer => new CountReply(count).Write(buffer);

    public static Action<FrameBuffer> Number(long value) => buffer => new NumberReply(value, 7).Write(buffer);

    public static string Text(this byte[] bytes) => Encoding.UTF8.GetString(bytes);

    public static string Text(this ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes);

    public static string Text(this ReadOnlyMemory<byte> bytes) => Encoding.UTF8.GetString(bytes.Span);
}
