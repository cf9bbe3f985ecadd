namespace Nexo.Server.Security;

/// <summary>How logins ended so far.</summary>
internal sealed class LoginTotals
{
    private long _accepted;
    private long _failed;
    private long _throttled;

    public long Accepted => Interlocked.Read(ref _accepted);

    public long Failed => Interlocked.Read(ref _failed);

    public long Throttled => Interlocked.Read(ref _throttled);

    public void CountAccepted() => Interlocked.Increment(ref _accepted);

    public void CountFailed() => Interlocked.Increment(ref _failed);

    public void CountThrottled() => Interlocked.Increment(ref _throttled);
}
