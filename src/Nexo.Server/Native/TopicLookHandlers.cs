using System.Buffers.Binary;
using System.Text;
using Nexo.Engine.Topics;
using Nexo.Protocol;
using Nexo.Server.Security;
using Nexo.Server.Topics;

namespace Nexo.Server.Native;

/// <summary>Requests that look at topics and subscriptions.</summary>
internal static class TopicLookHandlers
{
    private static ReadOnlySpan<byte> Inbox => "$inbox/"u8;

    private static ReadOnlySpan<byte> Share => "$share/"u8;

    public static void List(in Request request)
    {
        if (!TryReadPage(request, "topics", out ScanRequest list, out ulong cursor))
        {
            return;
        }

        if (request.DeniesPrefix(AccessBroker.Topics, AccessOperation.Read, list.Prefix))
        {
            return;
        }

        TopicStatus status = request.Topics.ListTopics(
            list.Prefix, (int)list.Limit, ref cursor, out IReadOnlyList<TopicSummary> topics);
        if (status != TopicStatus.Ok)
        {
            TopicFailures.Fail(request, status);
            return;
        }

        Span<byte> next = stackalloc byte[sizeof(ulong)];
        FrameBuffer reply = request.BeginReply();
        TopicListReply.WriteStart(reply, Write(next, cursor), (uint)topics.Count);
        foreach (TopicSummary topic in topics)
        {
            new TopicListItem
            {
                Topic = topic.Topic.Span,
                Subscriptions = (ulong)topic.Subscriptions,
                Messages = (ulong)topic.Messages,
                Bytes = (ulong)topic.Bytes,
            }.Write(reply);
        }

        EndPage(request, reply);
    }

    public static void Subscribers(in Request request)
    {
        if (!TryReadPage(request, "subscriptions", out ScanRequest list, out ulong cursor))
        {
            return;
        }

        if (request.DeniesAdmin(AccessOperation.Read))
        {
            return;
        }

        // Who could look for the beginning of an inbox's name would find it out byte by byte.
        bool isProbe = FilterOf(list.Prefix) is var filter && filter.StartsWith(Inbox) && filter.Length > Inbox.Length;
        if (isProbe)
        {
            cursor = 0;
        }

        IReadOnlyList<TopicSubscriber> found =
            isProbe ? [] : request.Topics.ListSubscribers(list.Prefix, (int)list.Limit, ref cursor);
        Span<byte> next = stackalloc byte[sizeof(ulong)];
        FrameBuffer reply = request.BeginReply();
        TopicSubscribersReply.WriteStart(reply, Write(next, cursor), (uint)found.Count);
        foreach (TopicSubscriber subscriber in found)
        {
            WriteSubscriber(reply, subscriber);
        }

        EndPage(request, reply);
    }

    public static void Stats(in Request request)
    {
        if (!request.Body.IsEmpty)
        {
            request.FailMalformed();
            return;
        }

        if (request.DeniesAdmin(AccessOperation.Read))
        {
            return;
        }

        NativeServer server = request.Connection.Server;
        TopicStats stats = request.Topics.Stats;
        (double published, double delivered, double dropped) =
            server.TopicTicker.Rates.Read(server.Clock.NowMs, TopicSums.Of(stats));
        ReadOnlySpan<(TopicStat Stat, long Value)> figures =
        [
            (TopicStat.Subscriptions, stats.Subscriptions),
            (TopicStat.Filters, stats.Filters),
            (TopicStat.WildcardFilters, stats.WildcardFilters),
            (TopicStat.SharedGroups, stats.SharedGroups),
            (TopicStat.Topics, stats.Topics),
            (TopicStat.PendingBytes, server.TopicBuffers.Bytes),
            (TopicStat.Retained, stats.Retained),
            (TopicStat.RetainedBytes, stats.RetainedBytes),
            (TopicStat.Bindings, stats.Bindings),
            (TopicStat.Wills, request.Topics.Wills.Count),
            (TopicStat.MemoryBytes, stats.FilterBytes),
            (TopicStat.PublishedTotal, stats.Published),
            (TopicStat.PublishedBytesTotal, stats.PublishedBytes),
            (TopicStat.RefusedTotal, stats.Refused),
            (TopicStat.DeliveredTotal, stats.Delivered),
            (TopicStat.DroppedTotal, stats.Dropped),
            (TopicStat.UnheardTotal, stats.Unheard),
            (TopicStat.EndedSlowTotal, server.TopicBuffers.EndedSlow),
            (TopicStat.BoundTotal, stats.BindingTaken),
            (TopicStat.BindingRefusedTotal, stats.BindingRefused),
            (TopicStat.WillsPublishedTotal, stats.WillsPublished),
            (TopicStat.PublishedPerSecondMilli, Milli(published)),
            (TopicStat.DeliveredPerSecondMilli, Milli(delivered)),
            (TopicStat.DroppedPerSecondMilli, Milli(dropped)),
        ];
        FrameBuffer reply = request.BeginReply();
        TopicStatsReply.WriteStart(reply, (uint)figures.Length);
        foreach ((TopicStat stat, long value) in figures)
        {
            TopicStatsReply.WriteItem(reply, stat, (ulong)value);
        }

        reply.End();
    }

    private static bool TryReadPage(in Request request, string items, out ScanRequest page, out ulong cursor)
    {
        cursor = 0;
        if (!ScanRequest.TryRead(request.Body, out page))
        {
            request.FailMalformed();
            return false;
        }

        if (page.Limit is 0 or > ScanRequest.LimitMax)
        {
            request.Fail(ErrorCode.InvalidArgument, $"limit: 1 to {ScanRequest.LimitMax} {items}.");
            return false;
        }

        bool isCursor = page.Cursor.IsEmpty
            || (page.Cursor.Length == sizeof(ulong) && BinaryPrimitives.TryReadUInt64LittleEndian(page.Cursor, out cursor));
        if (!isCursor)
        {
            request.Fail(ErrorCode.CursorInvalid, "cursor: empty to begin with, then that of the answer before.");
        }

        return isCursor;
    }

    private static ReadOnlySpan<byte> Write(Span<byte> place, ulong cursor)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(place, cursor);
        return cursor == 0 ? default : place;
    }

    private static void EndPage(in Request request, FrameBuffer reply)
    {
        if (reply.BodyCount > request.Connection.BodyBytesMax)
        {
            request.AbandonAndFail(ErrorCode.ReplyTooLarge, "The page does not fit one frame; ask with a lower limit.");
            return;
        }

        reply.End();
    }

    private static void WriteSubscriber(FrameBuffer reply, TopicSubscriber subscriber)
    {
        var subscription = subscriber.Sink as TopicSubscription;
        ReadOnlySpan<byte> first = subscriber.FirstFilter();
        ReadOnlySpan<byte> text = FilterOf(first);
        if (text.StartsWith(Inbox))
        {
            first = first[..(first.Length - text.Length + Inbox.Length)];
        }

        new TopicSubscribersItem
        {
            Connection = (ulong)(subscription?.Connection.Id ?? 0),
            Subscription = subscription?.Id ?? 0,
            WhenSlow = (SlowPolicy)subscriber.Options.WhenSlow,
            Filters = (uint)subscriber.Filters,
            Delivered = (ulong)subscriber.Delivered,
            Dropped = (ulong)subscriber.Dropped,
            PendingBytes = (ulong)(subscription?.PendingBytes ?? 0),
            Client = Encoding.UTF8.GetBytes(subscription?.Connection.ClientName ?? string.Empty),
            FirstFilter = first,
        }.Write(reply);
    }

    /// <summary>A filter, or the beginning of one, without the share before it.</summary>
    private static ReadOnlySpan<byte> FilterOf(ReadOnlySpan<byte> filter)
    {
        if (!filter.StartsWith(Share))
        {
            return filter;
        }

        ReadOnlySpan<byte> rest = filter[Share.Length..];
        return rest[(rest.IndexOf((byte)'/') + 1)..];
    }

    private static long Milli(double perSecond) => (long)Math.Round(Math.Max(0, perSecond) * 1_000);
}
