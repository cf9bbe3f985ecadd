using Nexo.Engine.Store;
using Nexo.Protocol;
using Nexo.Server.Security;

namespace Nexo.Server.Native;

/// <summary>Store requests about an entry as such, whatever it holds.</summary>
internal static class StoreKeyHandlers
{
    public static void Delete(in Request request)
    {
        if (!DeleteRequest.TryRead(request.Body, out DeleteRequest delete))
        {
            request.FailMalformed();
            return;
        }

        if (request.Denies(AccessBroker.Store, AccessOperation.Write, delete.Key))
        {
            return;
        }

        StoreStatus status = request.Store.Delete(delete.Key, delete.Condition.ToEngine(), out ulong version);
        DeleteOutcome outcome;
        switch (status)
        {
            case StoreStatus.Ok: outcome = DeleteOutcome.Deleted; break;
            case StoreStatus.NotFound: outcome = DeleteOutcome.NotFound; break;
            case StoreStatus.ConditionFailed: outcome = DeleteOutcome.ConditionFailed; break;
            default: StoreFailures.Fail(request, status); return;
        }

        FrameBuffer reply = request.BeginReply();
        new DeleteReply(outcome, version).Write(reply);
        reply.End();
    }

    public static void Exists(in Request request)
    {
        if (!request.Denies(AccessBroker.Store, AccessOperation.Read, request.Body))
        {
            request.ReplyCount(request.Store.Exists(request.Body) ? 1 : 0);
        }
    }

    public static void Ttl(in Request request)
    {
        if (request.Denies(AccessBroker.Store, AccessOperation.Read, request.Body))
        {
            return;
        }

        StoreStatus status = request.Store.Ttl(request.Body, out long remainingMs);
        if (status is not (StoreStatus.Ok or StoreStatus.NotFound))
        {
            StoreFailures.Fail(request, status);
            return;
        }

        TtlReply ttl = (status, remainingMs) switch
        {
            (StoreStatus.NotFound, _) => new TtlReply(TtlState.NotFound, 0),
            (_, < 0) => new TtlReply(TtlState.NoExpiry, 0),
            _ => new TtlReply(TtlState.Expires, remainingMs),
        };
        FrameBuffer reply = request.BeginReply();
        ttl.Write(reply);
        reply.End();
    }

    public static void Expire(in Request request)
    {
        if (!ExpiryRequest.TryRead(request.Body, out ExpiryRequest expire))
        {
            request.FailMalformed();
            return;
        }

        if (request.Denies(AccessBroker.Store, AccessOperation.Write, expire.Key))
        {
            return;
        }

        StoreStatus status = request.Store.Expire(expire.Key, expire.Expiry.ToEngine());
        switch (status)
        {
            case StoreStatus.Ok: request.ReplyCount(1); break;
            case StoreStatus.NotFound: request.ReplyCount(0); break;
            default: StoreFailures.Fail(request, status); break;
        }
    }
}
