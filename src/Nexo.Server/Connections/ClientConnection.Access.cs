using Nexo.Protocol;
using Nexo.Server.Brokers;
using Nexo.Server.Security;

namespace Nexo.Server.Connections;

// Who the client is, and what it may do: that may change while it is connected.
internal abstract partial class ClientConnection
{
    private Login? _login;

    // One for all logins of the connection; only the reading thread makes it.
    private Lock? _gate;
    private Access _access = Access.Nothing;
    private long _expiresAtMs = long.MaxValue;
    private byte[]? _willTopic;

    /// <summary>What the client may do now.</summary>
    public Access Access => Volatile.Read(ref _access);

    /// <summary>Replies that may wait for the client: of one that has not said who it is no more than what it may send at once.</summary>
    private int ReplyBytesMax => Volatile.Read(ref _login) is null ? All.Options.PreAuthBytesMax : All.Options.ReplyBytesMax;

    /// <summary>It has left a will with this topic, which is taken back when it may not publish there any more.</summary>
    public void NoteWill(ReadOnlySpan<byte> topic)
    {
        Volatile.Write(ref _willTopic, topic.ToArray());

        // Either a change of the rules finds it, or this finds the change.
        Interlocked.MemoryBarrier();
        WithdrawWill(Access);
    }

    /// <summary>The users have changed: the client loses what it may not have any more. From any thread.</summary>
    public void Reapply()
    {
        if (Volatile.Read(ref _login) is not { } login)
        {
            return;
        }

        lock (login.Gate)
        {
            if (!ReferenceEquals(Volatile.Read(ref _login), login))
            {
                // It has logged in as another meanwhile, and that has looked itself.
                return;
            }

            bool isKnown = All.Authenticator.TryResolve(login.Result, Broker.Name, out Access now);
            Volatile.Write(ref _access, now);
            if (!isKnown)
            {
                All.Audit.Withdrawn(User, RemoteEndPoint, "login");
                EndSoon(ErrorCode.AuthenticationFailed, "The user, or what it has logged in with, is not valid here any more.");
                return;
            }

            ApplyLimits();

            // What is opened meanwhile looks at it again once it is there.
            Interlocked.MemoryBarrier();
            WithdrawWill(now);
            Withdraw(now);
        }
    }

    /// <summary>
    /// It is a connection to this broker from now on. Only for the reading thread, before <see cref="Admit"/>, and while it has nothing
    /// open of the one before; false: an answer of that waits for the disk still.
    /// </summary>
    protected bool TryEnter(Broker broker)
    {
        if (ReferenceEquals(broker, _broker))
        {
            return true;
        }

        if (_held is { IsEmpty: false })
        {
            return false;
        }

        // What it was allowed before is not for here.
        SetLogin(null, Access.Nothing);
        _errors += _held?.Failed ?? 0;
        _hasWritten = false;
        _broker = broker;
        Volatile.Write(ref _held, broker.Persistence.Log is { } log ? new HeldReplies(_outbox, log, this) : null);
        OnEntered(broker);
        return true;
    }

    /// <summary>It is a connection to another broker than before.</summary>
    protected virtual void OnEntered(Broker broker)
    {
    }

    /// <summary>Ends when no answer waits for the disk. Only for the reading thread.</summary>
    protected Task WhenAnsweredAsync() => _held?.WhenEmptyAsync() ?? Task.CompletedTask;

    /// <summary>It is who it says, or nobody is asked; unless there is no place for it.</summary>
    /// <returns>How the login has ended.</returns>
    protected AuthResult Admit(in AuthResult result)
    {
        if (result.Code != ErrorCode.None)
        {
            return result;
        }

        if (!HasMemoryFor(result))
        {
            return AuthResult.Refused(ErrorCode.OutOfMemory, MemoryMessage);
        }

        if (!TryShare(result.User))
        {
            return AuthResult.Refused(
                ErrorCode.UserLimitExceeded,
                $"The user '{result.User}' has as many connections as it may; close some, or try again later.");
        }

        User = result.User;
        _expiresAtMs = result.ExpiresAt is { } end
            ? All.NowMs + Math.Max(0, (long)(end - All.Time.GetUtcNow()).TotalMilliseconds)
            : long.MaxValue;
        SetLogin(new Login(result, _gate ??= new Lock()), result.Access);
        Interlocked.MemoryBarrier();

        // The users may have changed while it was verified.
        Reapply();
        return result;
    }

    /// <summary>It has to log in anew.</summary>
    protected void Dismiss()
    {
        SetLogin(null, Access.Nothing);
        _expiresAtMs = long.MaxValue;
        LeaveShare();
        User = string.Empty;
    }

    private void SetLogin(Login? login, Access access)
    {
        lock (_gate ??= new Lock())
        {
            Volatile.Write(ref _access, access);
            Volatile.Write(ref _login, login);
        }
    }

    /// <summary>Ends what is open and not allowed any more. From any thread, and maybe more often than needed.</summary>
    protected virtual void Withdraw(Access access)
    {
    }

    /// <summary>Writes down that the client has lost something.</summary>
    protected void TellWithdrawn(string what) => All.Audit.Withdrawn(User, RemoteEndPoint, what);

    private void WithdrawWill(Access access)
    {
        if (Volatile.Read(ref _willTopic) is { } topic
            && !access.Allows(AccessBroker.Topics, AccessOperation.Write, topic)
            && Broker.Topics.Wills.Clear(TopicOwner))
        {
            TellWithdrawn("will");
        }
    }

    private bool HasExpired(long nowMs) => nowMs >= _expiresAtMs;

    /// <summary>How the client has logged in.</summary>
    private sealed class Login(AuthResult result, Lock gate)
    {
        /// <summary>Held while what it may do is changed.</summary>
        public Lock Gate { get; } = gate;

        public AuthResult Result { get; } = result;
    }
}
