using Nexo.Engine.Topics;
using Nexo.Protocol;
using Nexo.Server.Security;
using Nexo.Server.Topics;

namespace Nexo.Server.Native;

/// <summary>Requests that open and change subscriptions to topics.</summary>
internal static class TopicSubscribeHandlers
{
    // More of them take longer than other connections of the same thread should wait.
    private const uint FiltersAtOnceMax = 1_024;

    public static void Subscribe(in Request request)
    {
        if (!TopicSubscribeRequest.TryRead(request.Body, out TopicSubscribeRequest subscribe))
        {
            request.FailMalformed();
        }
        else if (subscribe.Filters.Count > FiltersAtOnceMax)
        {
            request.Connection.RunAside(request, static later => SubscribeNow(later));
        }
        else
        {
            Subscribe(request, subscribe);
        }
    }

    public static void Filters(in Request request)
    {
        if (!TopicFiltersRequest.TryRead(request.Body, out TopicFiltersRequest filters))
        {
            request.FailMalformed();
        }
        else if ((long)filters.Added.Count + filters.Removed.Count > FiltersAtOnceMax)
        {
            request.Connection.RunAside(request, static later => FiltersNow(later));
        }
        else
        {
            Filters(request, filters);
        }
    }

    private static void SubscribeNow(in Request request)
    {
        // It was read before.
        TopicSubscribeRequest.TryRead(request.Body, out TopicSubscribeRequest subscribe);
        Subscribe(request, subscribe);
    }

    private static void FiltersNow(in Request request)
    {
        TopicFiltersRequest.TryRead(request.Body, out TopicFiltersRequest filters);
        Filters(request, filters);
    }

    private static void Subscribe(in Request request, scoped in TopicSubscribeRequest subscribe)
    {
        NativeConnection connection = request.Connection;
        TopicsOptions settings = connection.Server.TopicsOptions;
        if (subscribe.OutboxBytes > settings.OutboxBytesMax)
        {
            request.Fail(
                ErrorCode.InvalidArgument,
                $"outboxBytes: at most {settings.OutboxBytesMax}, as topics.outbox-bytes-max allows, or 0 for the default.");
            return;
        }

        if (DeniesAny(request, subscribe.Filters))
        {
            return;
        }

        if (!AreFew(request, subscribe.Filters) || !connection.TryReserve(request.Opcode, request.Correlation))
        {
            return;
        }

        var whenSlow = (TopicWhenSlow)subscribe.WhenSlow;
        var options = new TopicSubscribeOptions(
            connection.TopicOwner,
            (subscribe.Flags & SubscribeFlags.Retained) != 0,
            (subscribe.Flags & SubscribeFlags.NotOwn) != 0,
            whenSlow);
        int bytes = subscribe.OutboxBytes == 0 ? settings.OutboxBytes : (int)subscribe.OutboxBytes;
        var subscription = new TopicSubscription(
            connection,
            request.Correlation,
            subscribe.Credits,
            new TopicOutbox(bytes, whenSlow, connection.Outbox.TopicRoom));
        TopicStatus status = subscription.Open(request.Topics, options, ListOf(subscribe.Filters));
        if (status != TopicStatus.Ok)
        {
            TopicFailures.Fail(request, status);
            return;
        }

        request.BeginReply().End();
        connection.Add(request.Correlation, subscription);
    }

    private static void Filters(in Request request, scoped in TopicFiltersRequest filters)
    {
        if (!AreFew(request, filters.Added) || !AreFew(request, filters.Removed))
        {
            return;
        }

        if (DeniesAny(request, filters.Added))
        {
            return;
        }

        if (request.Connection.FindSubscription(filters.Subscription) is not TopicSubscription subscription)
        {
            request.Fail(
                ErrorCode.InvalidArgument, "subscription: this connection has no subscription to topics with this correlation.");
            return;
        }

        TopicStatus status = subscription.Change(ListOf(filters.Added), ListOf(filters.Removed));
        if (status != TopicStatus.Ok)
        {
            TopicFailures.Fail(request, status);
            return;
        }

        request.BeginReply().End();
    }

    // All or none, as the topics take them.
    private static bool DeniesAny(in Request request, BlobList filters)
    {
        if (ReferenceEquals(request.Connection.Access, Access.Everything))
        {
            return false;
        }

        while (filters.TryTake(out ReadOnlySpan<byte> filter))
        {
            if (request.DeniesFilter(AccessOperation.Read, filter))
            {
                return true;
            }
        }

        return false;
    }

    private static bool AreFew(in Request request, in BlobList filters)
    {
        if (filters.Count <= BlobList.ItemsMax)
        {
            return true;
        }

        request.Fail(ErrorCode.InvalidArgument, $"filters: at most {BlobList.ItemsMax} in a request; send several.");
        return false;
    }

    private static TopicFilterList ListOf(BlobList filters) => new(filters.Encoded, (int)filters.Count);
}
