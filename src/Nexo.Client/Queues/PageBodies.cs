using Nexo.Protocol;

namespace Nexo.Client;

/// <summary>Requests for a page of something.</summary>
internal static class PageBodies
{
    private const int ScratchBytes = 256;

    public static FrameBuffer Scan(NexoKey prefix, ReadOnlyMemory<byte> cursor, int limit)
    {
        Span<byte> scratch = stackalloc byte[ScratchBytes];
        FrameBuffer body = RequestBodies.Rent();
        new ScanRequest { Limit = Limit(limit), Cursor = cursor.Span, Prefix = prefix.Encode(scratch) }.Write(body);
        return body;
    }

    public static uint Limit(int limit)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, (int)ScanRequest.LimitMax);
        return (uint)limit;
    }
}
