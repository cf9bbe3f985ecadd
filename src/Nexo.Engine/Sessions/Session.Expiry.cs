namespace Nexo.Engine.Sessions;

/// <content>Messages whose life is over before they were sent: they leave also while nobody reads them.</content>
public sealed unsafe partial class Session
{
    // No message that was not sent ends before it; what a look at all of them has found so far, and where it goes on.
    private long _expiresFromMs = NoDeadline;
    private long _foundExpiryMs = NoDeadline;
    private ulong _lookFrom;

    /// <summary>When the first of its messages may end; <see cref="NoDeadline"/>: none of them does.</summary>
    internal long ExpiresFromMs => Volatile.Read(ref _expiresFromMs);

    /// <summary>Lets go of what has expired and was not sent.</summary>
    /// <param name="now">On the engine's clock.</param>
    /// <param name="places">So many of its places may be looked at; less those that were.</param>
    /// <returns>False: there are more to be looked at.</returns>
    internal bool Expire(long now, ref int places)
    {
        lock (_gate)
        {
            if (IsEnded || _expiresFromMs > now)
            {
                return true;
            }

            ulong number = Math.Max(Math.Max(_ring.First, _sent + 1), _lookFrom);
            int expired = 0;
            int run = 0;
            for (; number <= _ring.Last && places > 0; number++, places--)
            {
                ref SessionItem item = ref _ring[number];
                if (item.IsPresent && IsExpired(in item, now))
                {
                    run++;
                    continue;
                }

                expired += SettleRun(number - (ulong)run, ref run);
                _foundExpiryMs = item.IsPresent ? Math.Min(_foundExpiryMs, DeadlineOf(in item)) : _foundExpiryMs;
            }

            expired += SettleRun(number - (ulong)run, ref run);
            bool isEnd = number > _ring.Last;
            _lookFrom = isEnd ? 0 : number;
            if (isEnd)
            {
                Volatile.Write(ref _expiresFromMs, _foundExpiryMs);
                _foundExpiryMs = NoDeadline;
            }

            _service.Counters.AddExpired(expired);
            Shrink(entirely: false);
            return isEnd;
        }
    }

    private void NoteExpiry(SessionBody body)
    {
        if (body.DeadlineMs != 0 && body.DeadlineMs < _expiresFromMs)
        {
            Volatile.Write(ref _expiresFromMs, body.DeadlineMs);
            _service.NoteExpiring();
        }
    }

    private int SettleRun(ulong first, ref int count)
    {
        int settled = count;
        if (count > 0)
        {
            _service.LogSettled(this, first, (uint)count);
            for (ulong number = first; number < first + (ulong)settled; number++)
            {
                Forget(number);
            }
        }

        count = 0;
        return settled;
    }

    private static long DeadlineOf(in SessionItem item) =>
        item.Body == null || item.Body->DeadlineMs == 0 ? NoDeadline : item.Body->DeadlineMs;
}
