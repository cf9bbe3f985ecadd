namespace Nexo.Client;

/// <summary>From the caller's times to the wire's milliseconds, and back.</summary>
internal static class WireTimes
{
    public static long Milliseconds(TimeSpan time) => (long)time.TotalMilliseconds;

    /// <exception cref="ArgumentOutOfRangeException">It is negative, or more than 49 days.</exception>
    public static uint MillisecondsShort(TimeSpan time, string name)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(time, TimeSpan.Zero, name);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(time.TotalMilliseconds, uint.MaxValue, name);
        return (uint)time.TotalMilliseconds;
    }

    public static TimeSpan Duration(ulong milliseconds) => milliseconds < (ulong)TimeSpan.MaxValue.TotalMilliseconds
        ? TimeSpan.FromMilliseconds((long)milliseconds)
        : TimeSpan.MaxValue;

    /// <summary>A place in time: what is before 1970 is before every record, as 1970 is.</summary>
    public static ulong Place(DateTimeOffset time) => (ulong)Math.Max(0, time.ToUnixTimeMilliseconds());

    public static DateTimeOffset? MomentIf(bool given, long unixMilliseconds) =>
        given ? Moment(unixMilliseconds) : null;

    /// <summary>A moment; what lies outside of the calendar is moved to its ends, since a wire number may be any.</summary>
    public static DateTimeOffset Moment(long unixMilliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(Math.Clamp(
        unixMilliseconds,
        DateTimeOffset.MinValue.ToUnixTimeMilliseconds(),
        DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()));
}
