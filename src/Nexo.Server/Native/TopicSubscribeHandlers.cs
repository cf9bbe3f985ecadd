using Nexo.Engine.Topics;
using Nexo.Protocol;
using Nexo.Server.Topics;

namespace Nexo.Server.Native;

/// <summary>Requests that open and change subscriptions to topics.</summary>
internal static class TopicSubscribeHandlers
{
    public static void Subscribe(in Request request)
    {
        if (!TopicSubscribeRequest.TryRead(request.Body, out TopicSubscribeRequest subscribe))
        {
            request.FailMalformed();
            return;
        }

        NativeConnection connection = request.Connection;
        TopicsOptions settings = connection.Server.TopicsOptions;
        if (subscribe.OutboxBytes > settings.OutboxBytesMax)
        {
            request.Fail(
                ErrorCode.InvalidArgument,
                $"outboxBytes: at most {settings.OutboxBytesMax}, as topics.outbox-bytes-max allows, or 0 for the default.");
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
            new TopicOutbox(bytes, whenSlow, connection.Server.TopicBuffers));
        TopicStatus status = subscription.Open(request.Topics, options, ListOf(subscribe.Filters));
        if (status != TopicStatus.Ok)
        {
            TopicFailures.Fail(request, status);
            return;
        }

        request.BeginReply().End();
        connection.Add(request.Correlation, subscription);
    }

    public static void Filters(in Request request)
    {
        if (!TopicFiltersRequest.TryRead(request.Body, out TopicFiltersRequest filters))
        {
            request.FailMalformed();
            return;
        }

        if (!AreFew(request, filters.Added) || !AreFew(request, filters.Removed))
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
