using System.Text;
using Nexo.Protocol;
using Nexo.Server.Security;

namespace Nexo.Server.Resp;

// What the client may do, and what becomes of what it may not do any more.
internal sealed partial class RespConnection
{
    // A command that waits, with its words; null: none does.
    private QueuedCommand? _blocked;

    protected override void Withdraw(Access access)
    {
        // As in Redis: a client cannot be told that it has lost a channel, so it has to come again.
        if (HasForbiddenChannel(access))
        {
            TellWithdrawn("channels");
            EndSoon(ErrorCode.PermissionDenied, "it has subscribed to what it may not hear any more");
        }

        if (IsBlocked && Volatile.Read(ref _blocked) is { } blocked
            && !MayTouch(access, blocked.Command, blocked.Words, out _))
        {
            TellWithdrawn(blocked.Command.Name);
            Unblock();
        }
    }

    /// <summary>Whether the client may have a command with these words; else it was answered so.</summary>
    private bool MayTouch(RespCommand command, RespArguments words)
    {
        Access access = Access;
        bool isManaging = RespGate.IsManaging(command, words);
        if (ReferenceEquals(access, Access.Everything) && !isManaging)
        {
            return true;
        }

        bool isAllowed = MayTouch(access, command, words, out ReadOnlySpan<byte> name);
        if (!isAllowed || isManaging)
        {
            All.Audit.Operation(User, RemoteEndPoint, command.Name, name, isAllowed);
        }

        if (!isAllowed)
        {
            Fail(RefusalOf(command));
        }

        return isAllowed;
    }

    private bool MayTouch(Access access, RespCommand command, RespArguments words, out ReadOnlySpan<byte> name) =>
        RespGate.Allows(access, command, words, Server.Topics.Limits, out name);

    private string RefusalOf(RespCommand command)
    {
        string user = User.Length == 0 ? "default" : User.ReplaceLineEndings(" ");
        return command.Need.Reach switch
        {
            RespReach.Keys => $"NOPERM User {user} has no permissions to access one of the keys used as arguments",
            RespReach.Channels or RespReach.ChannelPatterns or RespReach.PublishedChannel =>
                $"NOPERM User {user} has no permissions to access one of the channels used as arguments",
            _ => $"NOPERM User {user} has no permissions to run the '{command.Name}' command",
        };
    }

    private bool HasForbiddenChannel(Access access)
    {
        if (ReferenceEquals(access, Access.Everything))
        {
            return false;
        }

        lock (_channels)
        {
            return _channels.Values.Any(channel =>
                    !RespGate.AllowsChannel(access, AccessOperation.Read, channel, Server.Topics.Limits))
                || _patterns.Keys.Any(pattern =>
                    !RespGate.AllowsPattern(access, Encoding.Latin1.GetBytes(pattern), Server.Topics.Limits));
        }
    }

    // It may wait: then what it may not have any more ends that.
    private void NoteBlocking(RespCommand command, RespArguments words)
    {
        if (command.Has(RespFlags.Blocking) && !IsExecuting)
        {
            Volatile.Write(ref _blocked, Keep(command, words));
        }
    }

    // What was subscribed to while the rules changed, or began to wait: either that change has found it, or this finds the change.
    private void LookAgain()
    {
        Interlocked.MemoryBarrier();
        Withdraw(Access);
    }
}
