using System.Collections.Concurrent;
using Nexo.Protocol;
using Nexo.Server.Security;

namespace Nexo.Server.Resp;

// What the client may do, and what becomes of what it may not do any more.
internal sealed partial class RespConnection
{
    // What it has subscribed to, for those who look at it on other threads.
    private readonly ConcurrentDictionary<RespSubscription, bool> _heard = [];

    // A command that waits, with its words; null: none does.
    private QueuedCommand? _blocked;

    /// <summary>A subscription has ended.</summary>
    public void Forget(RespSubscription subscription) => _heard.TryRemove(subscription, out _);

    protected override void Withdraw(Access access)
    {
        // As in Redis: a client cannot be told that it has lost a channel, so it has to come again.
        if (HasForbiddenChannel(access))
        {
            TellWithdrawn("channels");
            EndSoon(ErrorCode.PermissionDenied, "it has subscribed to what it may not hear any more");
        }

        if (_waiting is { } waiting && Volatile.Read(ref _blocked) is { } blocked
            && !MayTouch(access, blocked.Command, blocked.Words, out _))
        {
            TellWithdrawn(blocked.Command.Name);
            waiting.End(withError: false);
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
            RespReach.Channels or RespReach.ChannelPatterns or RespReach.PublishedChannel
                or RespReach.ShardChannels or RespReach.PublishedShard =>
                $"NOPERM User {user} has no permissions to access one of the channels used as arguments",
            _ => $"NOPERM User {user} has no permissions to run the '{command.Name}' command",
        };
    }

    private bool HasForbiddenChannel(Access access) =>
        !ReferenceEquals(access, Access.Everything) && _heard.Keys.Any(subscription => !subscription.IsAllowed(access));

    // It may wait: then what it may not have any more ends that.
    private void NoteBlocking(RespCommand command, RespArguments words)
    {
        if (command.Has(RespFlags.Blocking) && !IsExecuting)
        {
            Volatile.Write(ref _blocked, Keep(command, words));
        }
    }

    /// <summary>
    /// Something was subscribed to, or began to wait, while the rules may have changed: either that change has found it, or this finds
    /// the change.
    /// </summary>
    public void LookAgain()
    {
        Interlocked.MemoryBarrier();
        Withdraw(Access);
    }
}
