using Nexo.Server.Security;

namespace Nexo.Server.Connections;

// What the client takes of what its user may: connections, requests in a second, what is unread.
internal abstract partial class ClientConnection
{
    // While it is held up it looks again so often whether it is to end.
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(50);

    // Of the user that it has logged in as; null: nobody was asked.
    private UserShare? _share;

    // Null: its user may ask as fast as it can, and leave as much unread.
    private volatile UserLimits? _pace;
    private long _inFlight;

    /// <summary>Whether its user may have one more connection: then it is counted until it ends, or logs in anew.</summary>
    private bool TryShare(string user)
    {
        UserShare? share = All.Shares.Of(user);
        if (share == _share)
        {
            return true;
        }

        if (share?.TryConnect(All.Shares.LimitsOf(user).ConnectionsMax) == false)
        {
            All.Shares.CountRefused();
            return false;
        }

        LeaveShare();
        _share = share;
        return true;
    }

    private void LeaveShare()
    {
        _pace = null;
        lock (_outbox.Gate)
        {
            NoteInFlight(0);
            _share?.Disconnect();
            _share = null;
        }
    }

    /// <summary>Takes up the limits of its user. From any thread.</summary>
    private void ApplyLimits()
    {
        UserLimits limits = All.Shares.LimitsOf(User);
        _pace = limits.RequestsPerSecond > 0 || limits.InFlightBytesMax > 0 ? limits : null;
    }

    // Several times a second: what others of the same user wait for is known by it too.
    private void SweepShare()
    {
        if (_pace is { InFlightBytesMax: > 0 })
        {
            NoteInFlight(InFlightNow);
        }
    }

    private long InFlightNow => (long)_outbox.BytesPending + (_held is { IsEmpty: false } held ? held.Bytes : 0);

    // The sweep does so too, and the user may be left meanwhile.
    private void NoteInFlight(long bytes)
    {
        lock (_outbox.Gate)
        {
            _share?.CountInFlight(bytes - _inFlight);
            _inFlight = bytes;
        }
    }

    /// <summary>
    /// What was handled counts, and with more than its user may have nothing is read until it may have more. Only for the reading thread.
    /// </summary>
    private async ValueTask PaceAsync(UserLimits limits, long requests)
    {
        if (_share is not { } share)
        {
            return;
        }

        TimeSpan wait = WaitFor(limits, share, requests);
        NoteInFlight(InFlightNow);
        if (wait == TimeSpan.Zero && !IsOverfull(limits, share))
        {
            return;
        }

        All.Shares.CountHeld();
        await SendAllAsync();
        _isHeld = true;
        while (!_isEnding && !_isGoingAway && _pace is { } now && !ConnectionClosed.IsCancellationRequested)
        {
            // Anew each time: the limits may be others now.
            wait = WaitFor(now, share, requests: 0);
            NoteInFlight(InFlightNow);
            if (wait == TimeSpan.Zero && !IsOverfull(now, share))
            {
                break;
            }

            await Task.Delay(wait > TimeSpan.Zero && wait < LookAgain ? wait : LookAgain, All.Time);
        }

        _isHeld = false;
    }

    private static TimeSpan WaitFor(UserLimits limits, UserShare share, long requests) =>
        limits.RequestsPerSecond > 0 ? share.Pay(requests, limits.RequestsPerSecond) : TimeSpan.Zero;

    private static bool IsOverfull(UserLimits limits, UserShare share) =>
        limits.InFlightBytesMax > 0 && share.InFlightBytes > limits.InFlightBytesMax;
}
