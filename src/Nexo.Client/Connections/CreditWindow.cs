namespace Nexo.Client;

/// <summary>
/// How many items a subscription may hold: it gave so many credits for them. Its reader gives them back by halves, so a credit
/// notice is rare and the server never waits for one while the reader keeps up.
/// </summary>
internal struct CreditWindow(int credits)
{
    private int _held;
    private int _owed;

    /// <summary>Takes in items that came; false when they were not paid for.</summary>
    public bool TryHold(int count = 1) => Interlocked.Add(ref _held, count) <= credits;

    /// <summary>An item left; for one thread at a time.</summary>
    /// <param name="subscription">Whose item it was.</param>
    /// <param name="mayGive">False: its credit is kept back, to be given with those of later items.</param>
    public void Release(Subscription subscription, bool mayGive = true)
    {
        Interlocked.Decrement(ref _held);
        _owed++;
        if (mayGive && _owed >= Math.Max(1, credits / 2))
        {
            subscription.Connection?.AddCredit(subscription, (uint)_owed);
            _owed = 0;
        }
    }
}
