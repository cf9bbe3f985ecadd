using Nexo.Protocol;
using Nexo.Server.Security;

namespace Nexo.Server.Native;

/// <summary>STORE WATCH.</summary>
internal static class StoreWatchHandlers
{
    public static void Watch(in Request request)
    {
        if (!WatchRequest.TryRead(request.Body, out WatchRequest watch) || watch.Credits > CreditNotice.CreditsMax)
        {
            request.FailMalformed();
            return;
        }

        if (watch.Prefix.Length > request.Connection.Server.StoreLimits.KeyBytesMax)
        {
            request.Fail(ErrorCode.KeyInvalid, "A prefix is no longer than a key may be.");
            return;
        }

        if (request.DeniesPrefix(AccessBroker.Store, AccessOperation.Read, watch.Prefix))
        {
            return;
        }

        if (!request.Connection.TryReserve(request.Opcode, request.Correlation))
        {
            return;
        }

        var subscription = new WatchSubscription(request.Connection, request.Correlation, watch.Credits);
        subscription.Open(request.Store, watch.Prefix);
        request.BeginReply().End();
        request.Connection.Add(request.Correlation, subscription);
    }
}
