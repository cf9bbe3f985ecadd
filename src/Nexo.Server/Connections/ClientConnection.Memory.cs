using System.Net;
using Nexo.Protocol;
using Nexo.Server.Security;

namespace Nexo.Server.Connections;

// What the connection takes of the process's memory, and what becomes of it when that is used up.
internal abstract partial class ClientConnection
{
    public const string MemoryMessage =
        "The server has as much memory as memory.max allows; only administrators are let in. Try again later.";

    private int _buffered;

    /// <summary>What it has of memory for what is on its way, beyond a little.</summary>
    public int BufferedBytes => Volatile.Read(ref _buffered);

    /// <summary>Bytes of a request that has not come in full.</summary>
    protected abstract int PartialBytes { get; }

    /// <summary>
    /// Whether a client that has proved who it is may stay. When memory is used up only administrators may; where nobody is asked who it
    /// is, those are the clients on this machine.
    /// </summary>
    protected bool HasMemoryFor(in AuthResult login) => !All.Cap.IsReached
        || (login.User.Length > 0 ? login.Access.AllowsAdmin(AccessOperation.Manage) : IsLocal);

    private bool IsLocal => RemoteEndPoint is not IPEndPoint { Address: { } address } || IPAddress.IsLoopback(address);

    /// <summary>
    /// Takes memory for what the connection keeps now beyond a little, or gives some back; false: there is none.
    /// Only for the reading thread.
    /// </summary>
    private bool TryBuffer(int unsent)
    {
        int buffered = unsent + PartialBytes + (_held is { IsEmpty: false } ? _held.Bytes : 0);
        if (buffered <= Outbox.RoomBytes)
        {
            buffered = 0;
        }

        int more = buffered - _buffered;
        if (more == 0)
        {
            return true;
        }

        if (more > 0 && !All.Cap.TryTake(more))
        {
            return false;
        }

        if (more < 0)
        {
            All.Cap.Give(-more);
        }

        All.CountBuffered(more);
        Volatile.Write(ref _buffered, buffered);
        return true;
    }

    // What is unsent has to leave first. For the rest of a large request it is waited until clients that do not read have been cut, and
    // what was kept for them is free; then it is refused with its connection, since there is no answer to it before it has come.
    private async Task WaitForMemoryAsync()
    {
        await SendAllAsync();
        _isHeld = true;
        if (PartialBytes <= Outbox.RoomBytes)
        {
            await _outbox.WhenIdleAsync();
        }
        else if (!await HasMemoryInTimeAsync())
        {
            Refuse(ErrorCode.OutOfMemory, "The server has no memory for a request as large as this one; try again later.");
        }

        _isHeld = false;
        TryBuffer(_outbox.BytesPending);
    }

    private async Task<bool> HasMemoryInTimeAsync()
    {
        long began = All.Time.GetTimestamp();
        while (!_isEnding && !_isGoingAway && All.Time.GetElapsedTime(began).TotalMilliseconds < 2.0 * All.Options.SendStallMs)
        {
            await Task.Delay(LookAgain, All.Time);
            if (TryBuffer(_outbox.BytesPending))
            {
                return true;
            }
        }

        return _isEnding || _isGoingAway;
    }

    private void GiveBuffersBack()
    {
        All.Cap.Give(_buffered);
        All.CountBuffered(-_buffered);
        _buffered = 0;
    }
}
