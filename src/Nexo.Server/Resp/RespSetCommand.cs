using Nexo.Engine.Store;

namespace Nexo.Server.Resp;

/// <summary>SET with its options.</summary>
internal static class RespSetCommand
{
    public static void Set(in RespRequest request)
    {
        if (request.Count == 3)
        {
            StoreStatus stored = request.Store.Set(request[1], request[2], default, null, out _);
            if (stored == StoreStatus.Ok)
            {
                request.Reply.Ok();
            }
            else
            {
                request.Fail(stored);
            }

            return;
        }

        if (!TryOptions(request, out StoreConditionKind condition, out StoreExpiry expiry, out bool returnsPrevious))
        {
            return;
        }

        RespConnection connection = request.Connection;
        var options = new SetOptions { Condition = new StoreCondition { Kind = condition }, Expiry = expiry };
        StoreStatus status = request.Store.Set(
            request[1], request[2], options, returnsPrevious ? connection.Scratch : null, out SetResult result);
        if (status != StoreStatus.Ok || returnsPrevious)
        {
            connection.EndScratchValue(
                status == StoreStatus.Ok && !result.PreviousFound ? StoreStatus.NotFound : status, request);
        }
        else if (result.Stored)
        {
            request.Reply.Ok();
        }
        else
        {
            request.Reply.Null();
        }
    }

    private static bool TryOptions(
        in RespRequest request, out StoreConditionKind condition, out StoreExpiry expiry, out bool returnsPrevious)
    {
        condition = StoreConditionKind.None;
        expiry = default;
        returnsPrevious = false;
        var option = default(RespExpiryOption);
        bool keeps = false;
        for (int at = 3; at < request.Count;)
        {
            if (request.Is(at, "get"u8))
            {
                returnsPrevious = true;
                at++;
            }
            else if (request.Is(at, "nx"u8) && condition != StoreConditionKind.IfPresent)
            {
                condition = StoreConditionKind.IfAbsent;
                at++;
            }
            else if (request.Is(at, "xx"u8) && condition != StoreConditionKind.IfAbsent)
            {
                condition = StoreConditionKind.IfPresent;
                at++;
            }
            else if (request.Is(at, "keepttl"u8) && !option.IsGiven)
            {
                expiry = new StoreExpiry(StoreExpiryKind.Keep, 0);
                keeps = true;
                at++;
            }
            else if (keeps || !option.TryTake(request, ref at))
            {
                request.FailSyntax();
                return false;
            }
        }

        return !option.IsGiven || option.TryRead(request, out expiry);
    }
}
