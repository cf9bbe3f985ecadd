using Nexo.Engine.Store;

namespace Nexo.Server.Resp;

/// <summary>
/// An expiry among the options of a command: <c>EX</c>, <c>PX</c>, <c>EXAT</c> or <c>PXAT</c> and a number. As in Redis the
/// options are read first, and whether the number is one is said when they are all right.
/// </summary>
internal struct RespExpiryOption
{
    private int _numberAt;
    private bool _isSeconds;
    private bool _isMoment;

    /// <summary>True when there is one.</summary>
    public readonly bool IsGiven => _numberAt > 0;

    /// <summary>
    /// Takes the option at <paramref name="at"/> and goes on behind its number; false: it is none of these, not the same as before, or has
    /// no number.
    /// </summary>
    public bool TryTake(in RespRequest request, ref int at)
    {
        bool isSeconds = request.Is(at, "ex"u8) || request.Is(at, "exat"u8);
        bool isMoment = request.Is(at, "exat"u8) || request.Is(at, "pxat"u8);
        bool isOption = isSeconds || isMoment || request.Is(at, "px"u8);
        bool isOther = IsGiven && (isSeconds != _isSeconds || isMoment != _isMoment);
        if (!isOption || isOther || at + 1 >= request.Count)
        {
            return false;
        }

        (_numberAt, _isSeconds, _isMoment) = (at + 1, isSeconds, isMoment);
        at += 2;
        return true;
    }

    /// <summary>What it says; false: that was answered with an error.</summary>
    public readonly bool TryRead(in RespRequest request, out StoreExpiry expiry)
    {
        expiry = default;
        if (!request.TryInteger(_numberAt, out long number))
        {
            return false;
        }

        if (number <= 0 || !RespExpiries.TryMake(number, _isSeconds, _isMoment, out expiry))
        {
            request.Fail(StoreStatus.ExpiryOutOfRange);
            return false;
        }

        return true;
    }
}

/// <summary>Expiries as the store takes them.</summary>
internal static class RespExpiries
{
    private const long MsPerSecond = 1_000;

    /// <summary>False: it is out of range. What has passed is a moment that has.</summary>
    public static bool TryMake(long number, bool isSeconds, bool isMoment, out StoreExpiry expiry)
    {
        expiry = default;
        if (isSeconds && number is > long.MaxValue / MsPerSecond or < long.MinValue / MsPerSecond)
        {
            return false;
        }

        long milliseconds = isSeconds ? number * MsPerSecond : number;
        expiry = milliseconds <= 0 ? new StoreExpiry(StoreExpiryKind.At, 1)
            : new StoreExpiry(isMoment ? StoreExpiryKind.At : StoreExpiryKind.After, milliseconds);
        return true;
    }
}
