using Nexo.Engine.Store;

namespace Nexo.Server.Resp;

/// <summary>Commands on the life of keys.</summary>
internal static class RespExpiryCommands
{
    private const string Group = "generic";
    private const RespFlags Writes = RespFlags.Write | RespFlags.Fast;
    private const RespFlags Reads = RespFlags.ReadOnly | RespFlags.Fast;

    private const long NoKey = -2;
    private const long NoExpiry = -1;
    private const long MsPerSecond = 1_000;

    public static IEnumerable<RespCommand> All =>
    [
        new("expire", -3, Writes, 1, 1, 1, Group, "Lets a key live for so many seconds: NX, XX, GT, LT", Expire),
        new("pexpire", -3, Writes, 1, 1, 1, Group, "Lets a key live for so many milliseconds", PExpire),
        new("expireat", -3, Writes, 1, 1, 1, Group, "Lets a key live until a moment in seconds", ExpireAt),
        new("pexpireat", -3, Writes, 1, 1, 1, Group, "Lets a key live until a moment in milliseconds", PExpireAt),
        new("persist", 2, Writes, 1, 1, 1, Group, "Takes the expiry off a key", Persist),
        new("ttl", 2, Reads, 1, 1, 1, Group, "Seconds that a key has to live", Ttl),
        new("pttl", 2, Reads, 1, 1, 1, Group, "Milliseconds that a key has to live", PTtl),
        new("expiretime", 2, Reads, 1, 1, 1, Group, "The moment at which a key ends, in seconds", ExpireTime),
        new("pexpiretime", 2, Reads, 1, 1, 1, Group, "The moment at which a key ends, in milliseconds", PExpireTime),
    ];

    private static void Expire(in RespRequest request) => Change(request, isSeconds: true, isMoment: false);

    private static void PExpire(in RespRequest request) => Change(request, isSeconds: false, isMoment: false);

    private static void ExpireAt(in RespRequest request) => Change(request, isSeconds: true, isMoment: true);

    private static void PExpireAt(in RespRequest request) => Change(request, isSeconds: false, isMoment: true);

    private static void Change(in RespRequest request, bool isSeconds, bool isMoment)
    {
        if (!TryConditions(request, out StoreExpiryCondition first, out bool alsoIfAny) || !request.TryInteger(2, out long number))
        {
            return;
        }

        if (!RespExpiries.TryMake(number, isSeconds, isMoment, out StoreExpiry expiry))
        {
            request.Fail(StoreStatus.ExpiryOutOfRange);
            return;
        }

        // Both of XX and LT: only of a key that expires.
        if (alsoIfAny && first == StoreExpiryCondition.IfEarlier
            && request.Store.Ttl(request[1], out long left) == StoreStatus.Ok && left < 0)
        {
            request.Reply.Integer(0);
            return;
        }

        End(request, request.Store.ExpireIf(request[1], expiry, first));
    }

    private static bool TryConditions(in RespRequest request, out StoreExpiryCondition condition, out bool alsoIfAny)
    {
        bool nx = false;
        bool xx = false;
        bool gt = false;
        bool lt = false;
        condition = StoreExpiryCondition.None;
        alsoIfAny = false;
        for (int at = 3; at < request.Count; at++)
        {
            nx |= request.Is(at, "nx"u8);
            xx |= request.Is(at, "xx"u8);
            gt |= request.Is(at, "gt"u8);
            lt |= request.Is(at, "lt"u8);
            if (!request.Is(at, "nx"u8) && !request.Is(at, "xx"u8) && !request.Is(at, "gt"u8) && !request.Is(at, "lt"u8))
            {
                request.Fail($"ERR Unsupported option {System.Text.Encoding.UTF8.GetString(request[at])}");
                return false;
            }
        }

        if (nx && (xx || gt || lt))
        {
            request.Fail("ERR NX and XX, GT or LT options at the same time are not compatible"u8);
            return false;
        }

        if (gt && lt)
        {
            request.Fail("ERR GT and LT options at the same time are not compatible"u8);
            return false;
        }

        alsoIfAny = xx;
        condition = nx ? StoreExpiryCondition.IfNone
            : gt ? StoreExpiryCondition.IfLater
            : lt ? StoreExpiryCondition.IfEarlier
            : xx ? StoreExpiryCondition.IfAny
            : StoreExpiryCondition.None;
        return true;
    }

    private static void Persist(in RespRequest request) =>
        End(request, request.Store.ExpireIf(request[1], default, StoreExpiryCondition.IfAny));

    private static void End(in RespRequest request, StoreStatus status)
    {
        switch (status)
        {
            case StoreStatus.Ok: request.Reply.Integer(1); break;
            case StoreStatus.NotFound or StoreStatus.ConditionFailed: request.Reply.Integer(0); break;
            default: request.Fail(status); break;
        }
    }

    private static void Ttl(in RespRequest request)
    {
        long left = Left(request);
        request.Reply.Integer(left < 0 ? left : (left + (MsPerSecond / 2)) / MsPerSecond);
    }

    private static void PTtl(in RespRequest request) => request.Reply.Integer(Left(request));

    private static void ExpireTime(in RespRequest request)
    {
        long moment = Moment(request);
        request.Reply.Integer(moment < 0 ? moment : (moment + (MsPerSecond / 2)) / MsPerSecond);
    }

    private static void PExpireTime(in RespRequest request) => request.Reply.Integer(Moment(request));

    private static long Left(in RespRequest request) =>
        request.Store.Ttl(request[1], out long left) != StoreStatus.Ok ? NoKey : left < 0 ? NoExpiry : left;

    private static long Moment(in RespRequest request) =>
        request.Store.Moment(request[1], out long wallMs) != StoreStatus.Ok ? NoKey : wallMs < 0 ? NoExpiry : wallMs;
}
