using Nexo.Engine.Topics;
using Nexo.Protocol;
using Nexo.Server.Security;

namespace Nexo.Server.Native;

/// <summary>Requests about retained messages.</summary>
internal static class RetainedHandlers
{
    // A page is a unit of fairness too, as that of a scan.
    private const int PageBytesMax = 256 * 1_024;

    public static void List(in Request request)
    {
        if (!RetainedListRequest.TryRead(request.Body, out RetainedListRequest list))
        {
            request.FailMalformed();
            return;
        }

        if (list.Limit is 0 or > ScanRequest.LimitMax)
        {
            request.Fail(ErrorCode.InvalidArgument, $"limit: 1 to {ScanRequest.LimitMax} messages.");
            return;
        }

        if (request.DeniesFilter(AccessOperation.Read, list.Filter))
        {
            return;
        }

        int pageBytesMax = Math.Min(PageBytesMax, request.Connection.BodyBytesMax / 2);
        int bytesMax = list.BytesMax == 0 || list.BytesMax > pageBytesMax ? pageBytesMax : (int)list.BytesMax;
        using var items = new FrameBuffer();
        var page = new Page(items, bytesMax, (int)list.Limit);
        byte[]? cursor = list.Cursor.ToArray();
        TopicStatus status = request.Topics.ListRetained(list.Filter, ref cursor, ref page);
        if (status != TopicStatus.Ok)
        {
            TopicFailures.Fail(request, status);
            return;
        }

        FrameBuffer reply = request.BeginReply();
        RetainedListReply.WriteStart(reply, cursor, page.Count);
        reply.Write(items.Written.Span);
        reply.End();
    }

    public static void Clear(in Request request)
    {
        if (request.DeniesFilter(AccessOperation.Manage, request.Body))
        {
            return;
        }

        TopicService topics = request.Topics;
        byte[] filter = request.Body.ToArray();
        byte[]? cursor = [];
        long removed = 0;
        bool waits = false;

        // Empty means all where nothing is lost by it.
        TopicStatus status = filter.Length == 0 ? TopicStatus.FilterInvalid : TopicStatus.Ok;
        request.Connection.RunSliced(
            request,
            () =>
            {
                if (status == TopicStatus.Ok)
                {
                    status = topics.ClearRetained(filter, ref cursor, ref removed, out waits);
                }

                return status == TopicStatus.Ok && cursor is not null;
            },
            () => status == TopicStatus.Ok
                ? new SlicedResult(removed, Waits: waits)
                : new SlicedResult(
                    removed, TopicFailures.CodeOf(status), TopicFailures.MessageOf(status, topics.Limits), Waits: waits));
    }

    /// <summary>Collects the messages of one page; the reply needs the cursor, which comes last, before them.</summary>
    private struct Page(FrameBuffer items, int bytesMax, int limit) : IRetainedPage
    {
        public uint Count { get; private set; }

        public bool TryAdd(in RetainedMessage message)
        {
            var item = new RetainedListItem
            {
                SetAt = message.SetAtMs,
                ExpiresAt = message.ExpiresAtMs,
                Topic = message.Topic,
                Headers = message.Headers,
                Body = message.Body,
            };
            if (Count > 0 && (Count >= limit || items.Count + item.Size > bytesMax))
            {
                return false;
            }

            item.Write(items);
            Count++;
            return true;
        }
    }
}
