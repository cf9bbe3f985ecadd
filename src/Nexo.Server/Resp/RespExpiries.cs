using Nexo.Engine.Store;

namespace Nexo.Server.Resp;

/// <summary>Expiries among the options of commands.</summary>
internal static class RespExpiries
{
    private const long MsPerSecond = 1_000;

    /// <summary>
    /// Reads <c>EX</c>, <c>PX</c>, <c>EXAT</c> or <c>PXAT</c> and its number at <paramref name="at"/>, and goes on behind it; false: it
    /// was answered with an error.
    /// </summary>
    /// <param name="request">The command.</param>
    /// <param name="at">Where the option is.</param>
    /// <param name="expiry">What it says.</param>
    /// <param name="isOption">False: what is there is another option.</param>
    public static bool TryTake(in RespRequest request, ref int at, out StoreExpiry expiry, out bool isOption)
    {
        expiry = default;
        bool isSeconds = request.Is(at, "ex"u8) || request.Is(at, "exat"u8);
        bool isMoment = request.Is(at, "exat"u8) || request.Is(at, "pxat"u8);
        isOption = isSeconds || isMoment || request.Is(at, "px"u8);
        if (!isOption)
        {
            return true;
        }

        if (at + 1 >= request.Count)
        {
            request.FailSyntax();
            return false;
        }

        if (!request.TryInteger(at + 1, out long number))
        {
            return false;
        }

        if (!TryMake(number, isSeconds, isMoment, out expiry) || number <= 0)
        {
            request.Fail(StoreStatus.ExpiryOutOfRange);
            return false;
        }

        at += 2;
        return true;
    }

    /// <summary>False: it is out of range. What has passed is a moment that has.</summary>
    public static bool TryMake(long number, bool isSeconds, bool isMoment, out StoreExpiry expiry)
    {
        expiry = default;
        if (isSeconds && Math.Abs(number / 2) > long.MaxValue / MsPerSecond / 2)
        {
            return false;
        }

        long milliseconds = isSeconds ? number * MsPerSecond : number;
        expiry = milliseconds <= 0 ? new StoreExpiry(StoreExpiryKind.At, 1)
            : new StoreExpiry(isMoment ? StoreExpiryKind.At : StoreExpiryKind.After, milliseconds);
        return true;
    }
}
