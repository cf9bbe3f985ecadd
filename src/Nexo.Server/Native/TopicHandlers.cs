using Nexo.Engine.Topics;
using Nexo.Protocol;
using Nexo.Server.Security;

namespace Nexo.Server.Native;

/// <summary>What publishes: as requests, which are confirmed, and as notices, of which only failures are told.</summary>
internal static class TopicHandlers
{
    // More of them take longer than other connections of the same thread should wait, if their topics are not known yet.
    private const uint MessagesAtOnceMax = 4_096;

    public static void Publish(in Request request)
    {
        if (!TryRead(request, out TopicMessage message))
        {
            request.FailMalformed();
            return;
        }

        if (request.Denies(AccessBroker.Topics, AccessOperation.Write, message.Topic))
        {
            return;
        }

        NativeConnection connection = request.Connection;
        TopicStatus status = request.Topics.Publish(message, connection.TopicWork, out TopicPublished published);
        NoteWritten(connection, message, published);
        request.AwaitDiskIf(published.WaitsForLog);
        if (status != TopicStatus.Ok)
        {
            Fail(request, status, published);
            return;
        }

        FrameBuffer reply = request.BeginReply();
        ReplyOf(published).Write(reply);
        reply.End();
    }

    public static void PublishBatch(in Request request)
    {
        if (!TopicPublishBatchRequest.TryRead(request.Body, out TopicPublishBatchRequest batch))
        {
            request.FailMalformed();
            return;
        }

        if (!QueueFailures.MayRun(request, "messages", batch.Count, TopicPublishBatchReply.ItemSize))
        {
            return;
        }

        if (batch.Count > MessagesAtOnceMax)
        {
            request.Connection.RunAside(request, static later => PublishAll(later));
            return;
        }

        PublishAll(request);
    }

    private static void PublishAll(in Request request)
    {
        // It was read before.
        TopicPublishBatchRequest.TryRead(request.Body, out TopicPublishBatchRequest batch);
        NativeConnection connection = request.Connection;
        FrameBuffer reply = request.BeginReply();
        TopicPublishBatchReply.WriteStart(reply, batch.Count);
        bool waits = false;
        while (batch.TryTake(out TopicPublication publication))
        {
            TopicMessage message = ToEngine(publication, publication.Headers, connection.TopicOwner);
            if (!MayPublish(connection, message.Topic))
            {
                TopicPublishBatchReply.WriteItem(reply, ErrorCode.PermissionDenied, default);
                continue;
            }

            TopicStatus status = request.Topics.Publish(message, connection.TopicWork, out TopicPublished published);
            NoteWritten(connection, message, published);
            waits |= published.WaitsForLog;
            TopicPublishBatchReply.WriteItem(reply, TopicFailures.CodeOf(status), ReplyOf(published));
        }

        request.AwaitDiskIf(waits);
        reply.End();
    }

    /// <summary>As <see cref="Publish"/>, of a notice.</summary>
    public static void PublishNotice(in Request notice)
    {
        NativeConnection connection = notice.Connection;
        if (!TryRead(notice, out TopicMessage message))
        {
            connection.Reports.Add(notice.Opcode, notice.Correlation, ErrorCode.Malformed);
            return;
        }

        PublishOne(notice, message);
    }

    /// <summary>As <see cref="PublishBatch"/>, of a notice.</summary>
    public static void PublishBatchNotice(in Request notice)
    {
        NativeConnection connection = notice.Connection;
        if (!TopicPublishBatchRequest.TryRead(notice.Body, out TopicPublishBatchRequest batch)
            || batch.Count is 0 or > BlobList.ItemsMax)
        {
            connection.Reports.Add(notice.Opcode, notice.Correlation, ErrorCode.Malformed);
            return;
        }

        if (batch.Count > MessagesAtOnceMax)
        {
            connection.RunAside(notice, static later => PublishAllOfNotice(later));
            return;
        }

        PublishAllOfNotice(notice);
    }

    private static void PublishAllOfNotice(in Request notice)
    {
        TopicPublishBatchRequest.TryRead(notice.Body, out TopicPublishBatchRequest batch);
        NativeConnection connection = notice.Connection;
        while (batch.TryTake(out TopicPublication publication))
        {
            PublishOne(notice, ToEngine(publication, publication.Headers, connection.TopicOwner));
        }
    }

    private static void PublishOne(in Request notice, in TopicMessage message)
    {
        NativeConnection connection = notice.Connection;
        if (!MayPublish(connection, message.Topic))
        {
            connection.Reports.Add(notice.Opcode, notice.Correlation, ErrorCode.PermissionDenied);
            return;
        }

        TopicStatus status = notice.Topics.Publish(message, connection.TopicWork, out TopicPublished published);
        if (status != TopicStatus.Ok)
        {
            connection.Reports.Add(notice.Opcode, notice.Correlation, status, published);
        }

        NoteWritten(connection, message, published);
    }

    private static bool MayPublish(NativeConnection connection, ReadOnlySpan<byte> topic)
    {
        if (connection.Access.Allows(AccessBroker.Topics, AccessOperation.Write, topic))
        {
            return true;
        }

        connection.All.Audit.Operation(connection.User, connection.RemoteEndPoint, nameof(Publish), topic, isAllowed: false);
        return false;
    }

    // Whatever became of it, confirmed or not: with `interval` nobody waits for the disk, and a target may have refused it beside others.
    private static void NoteWritten(NativeConnection connection, in TopicMessage message, in TopicPublished published)
    {
        if (message.Retain || published.Bindings > 0)
        {
            connection.NoteWritten();
        }
    }

    private static bool TryRead(in Request request, out TopicMessage message)
    {
        TopicOwner owner = request.Connection.TopicOwner;
        if (TopicPublishRequest.TryReadPlain(request.Body, out ReadOnlySpan<byte> topic, out ReadOnlySpan<byte> body))
        {
            message = new TopicMessage { Topic = topic, Headers = request.Headers, Body = body, Publisher = owner };
            return true;
        }

        bool isRead = TopicPublishRequest.TryRead(request.Body, out TopicPublishRequest publish);
        message = isRead ? ToEngine(publish.Message, request.Headers, owner) : default;
        return isRead;
    }

    public static TopicMessage ToEngine(
        scoped in TopicPublication publication, ReadOnlySpan<byte> headers, TopicOwner? publisher) => new()
        {
            Topic = publication.Topic,
            Headers = headers,
            Body = publication.Body,
            Retain = (publication.Flags & PublishFlags.Retain) != 0,
            TtlMs = (publication.Parts & PublishParts.Ttl) == 0 ? null : publication.TtlMs,
            Publisher = publisher,
        };

    private static TopicPublishReply ReplyOf(in TopicPublished published) =>
        new((uint)published.Receivers, (uint)published.Bindings);

    private static void Fail(in Request request, TopicStatus status, in TopicPublished published)
    {
        if (status != TopicStatus.BindingRefused)
        {
            TopicFailures.Fail(request, status);
            return;
        }

        Span<byte> detail = stackalloc byte[BindingRefusedDetail.Size];
        TopicFailures.DetailOf(published).Write(detail);
        request.Fail(ErrorCode.BindingRefused, TopicFailures.MessageOf(status, request.Topics.Limits), detail);
    }
}
