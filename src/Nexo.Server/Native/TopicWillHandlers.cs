using Nexo.Engine.Topics;
using Nexo.Protocol;
using Nexo.Server.Security;

namespace Nexo.Server.Native;

/// <summary>Requests about what is published when a connection is lost.</summary>
internal static class TopicWillHandlers
{
    public static void Set(in Request request)
    {
        if (!TopicWillRequest.TryRead(request.Body, out TopicWillRequest will))
        {
            request.FailMalformed();
            return;
        }

        NativeConnection connection = request.Connection;
        TopicMessage message = TopicHandlers.ToEngine(will.Message, request.Headers, connection.TopicOwner);
        if (request.Denies(AccessBroker.Topics, AccessOperation.Write, message.Topic))
        {
            return;
        }

        TopicStatus status = request.Topics.Wills.Set(
            connection.TopicOwner, connection.User, will.Session, will.DelayMs, message);
        if (status != TopicStatus.Ok)
        {
            Fail(request, status);
            return;
        }

        connection.HasWill = true;
        connection.NoteWill(message.Topic);
        request.BeginReply().End();
    }

    private static void Fail(in Request request, TopicStatus status)
    {
        if (status == TopicStatus.BodyTooLarge)
        {
            int most = request.Topics.Limits.WillBytesMax;
            request.Fail(ErrorCode.ValueTooLarge, $"A will's topic, headers and body have at most {most} bytes together.");
            return;
        }

        TopicFailures.Fail(request, status);
    }

    public static void Clear(in Request request)
    {
        if (!request.Body.IsEmpty)
        {
            request.FailMalformed();
            return;
        }

        request.ReplyCount(request.Topics.Wills.Clear(request.Connection.TopicOwner) ? 1 : 0);
    }
}
