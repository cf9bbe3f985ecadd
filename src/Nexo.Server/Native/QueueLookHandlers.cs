using System.Buffers.Binary;
using Nexo.Engine.Queues;
using Nexo.Protocol;
using Nexo.Server.Security;

namespace Nexo.Server.Native;

/// <summary>Requests that show messages where they lie.</summary>
internal static class QueueLookHandlers
{
    // What is copied under a queue's lock at once.
    private const int PageBytesMax = 256 * 1_024;

    public static void Peek(in Request request)
    {
        if (!QueuePeekRequest.TryRead(request.Body, out QueuePeekRequest peek))
        {
            request.FailMalformed();
            return;
        }

        if (!TryReadPage(request, peek.Limit, peek.Cursor, out ulong afterId))
        {
            return;
        }

        if (request.Denies(AccessBroker.Queue, AccessOperation.Read, peek.Queue))
        {
            return;
        }

        QueuePart part = peek.Which switch
        {
            PeekWhich.Leased => QueuePart.Leased,
            PeekWhich.Delayed => QueuePart.Delayed,
            _ => QueuePart.Ready,
        };
        using var messages = new FrameBuffer();
        var sink = new KeptSink(messages, BytesMax(request, peek.BytesMax));
        QueueStatus status = request.Queues.Peek(
            peek.Queue, part, afterId, (int)peek.Limit, ref sink, out ulong lastId, out bool more);
        if (status != QueueStatus.Ok)
        {
            QueueFailures.Fail(request, status);
            return;
        }

        Reply(request, messages, sink.Count, more ? lastId : null);
    }

    public static void DeadList(in Request request)
    {
        if (!QueueDeadListRequest.TryRead(request.Body, out QueueDeadListRequest list))
        {
            request.FailMalformed();
            return;
        }

        if (request.Denies(AccessBroker.Queue, AccessOperation.Read, list.Queue))
        {
            return;
        }

        if (!TryReadPage(request, list.Limit, list.Cursor, out ulong afterId)
            || !QueueDeadHandlers.TryReadFilter(request, list.Filter, out QueueDeadFilter filter))
        {
            return;
        }

        using var messages = new FrameBuffer();
        var sink = new KeptSink(messages, BytesMax(request, list.BytesMax));
        QueueStatus status = request.Queues.DeadList(
            list.Queue, filter, afterId, (int)list.Limit, ref sink, out ulong lastId, out bool more);
        if (status != QueueStatus.Ok)
        {
            QueueFailures.Fail(request, status);
            return;
        }

        Reply(request, messages, sink.Count, more ? lastId : null);
    }

    // A cursor is the id behind which the next page begins.
    private static bool TryReadPage(in Request request, uint limit, ReadOnlySpan<byte> cursor, out ulong afterId)
    {
        afterId = 0;
        if (limit is 0 or > ScanRequest.LimitMax)
        {
            request.Fail(ErrorCode.InvalidArgument, $"limit: 1 to {ScanRequest.LimitMax} messages.");
            return false;
        }

        if (cursor.Length is not (0 or sizeof(ulong)))
        {
            request.Fail(ErrorCode.CursorInvalid, "cursor: it is none that this server has given out.");
            return false;
        }

        afterId = cursor.IsEmpty ? 0 : BinaryPrimitives.ReadUInt64LittleEndian(cursor);
        return true;
    }

    private static int BytesMax(in Request request, uint bytesMax)
    {
        int most = Math.Min(PageBytesMax, request.Connection.BodyBytesMax / 2);
        return bytesMax == 0 ? most : (int)Math.Min(bytesMax, (uint)most);
    }

    private static void Reply(in Request request, FrameBuffer messages, uint count, ulong? next)
    {
        Span<byte> cursor = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(cursor, next ?? 0);
        FrameBuffer reply = request.BeginReply();
        KeptMessagePage.WriteStart(reply, next is null ? default : cursor, count);
        reply.Write(messages.Written.Span);
        reply.End();
    }
}
