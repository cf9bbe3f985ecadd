namespace Nexo.Engine.Sessions;

/// <content>Looks for messages that have expired in all sessions, a bounded number of places in a tick.</content>
public sealed partial class SessionService
{
    // Without messages that expire nobody looks.
    private volatile bool _hasExpiring;
    private bool _willHaveExpiring;
    private bool _isLooking;
    private int _lookSlot;

    /// <summary>A session has a message that expires before those that it had. Under the session's lock.</summary>
    internal void NoteExpiring() => _hasExpiring = true;

    /// <summary>One round over all sessions may take several ticks. Only by the one that ticks.</summary>
    private void ExpireMessages(long now)
    {
        if (!_isLooking)
        {
            if (!_hasExpiring)
            {
                return;
            }

            // What comes from here on sets it again.
            _isLooking = true;
            _hasExpiring = false;
        }

        int places = Limits.ExpiryLooksPerTickMax;
        while (places > 0)
        {
            Session? session = At(_lookSlot, out bool isEnd);
            if (isEnd)
            {
                _isLooking = false;
                _lookSlot = 0;
                _hasExpiring |= _willHaveExpiring;
                _willHaveExpiring = false;
                return;
            }

            places--;
            if (session is not null && !session.Expire(now, ref places))
            {
                return;
            }

            _willHaveExpiring |= session is not null && session.ExpiresFromMs != Session.NoDeadline;
            _lookSlot++;
        }
    }
}
