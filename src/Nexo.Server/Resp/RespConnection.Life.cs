using Nexo.Protocol;
using Nexo.Server.Security;

namespace Nexo.Server.Resp;

// The life of a connection: bounds, login, waiting for others, the end.
internal sealed partial class RespConnection
{
    // As Redis has it for who has not logged in.
    private const int ArgumentsBeforeLogin = 10;
    private const int BulkBytesBeforeLogin = 16 * 1_024;

    private bool _mustLogIn;
    private AuthResult _unasked;
    private int _hasFailed;

    /// <summary>What the client's library calls itself.</summary>
    public string LibraryName { get; set; } = string.Empty;

    public string LibraryVersion { get; set; } = string.Empty;

    /// <summary>The command that was handled last.</summary>
    public string LastCommand { get; private set; } = string.Empty;

    /// <summary>True when the client has logged in, or need not.</summary>
    public bool IsLoggedIn => !_mustLogIn;

    protected override string HelloTimeoutMessage => "Nobody logged in in time.";

    private int CommandBytesMax =>
        _mustLogIn ? Server.Clients.Options.PreAuthBytesMax : Server.Clients.Options.FrameBytesMax;

    /// <summary>What it calls itself, for CLIENT SETNAME.</summary>
    public void Rename(string name) => ClientName = name;

    /// <summary>Verifies credentials off this thread, then goes on; nothing behind is handled before that.</summary>
    public void LogIn(string user, string secret, Action<AuthResult> then)
    {
        IsVerifying = true;
        HelloRequest hello = user == "default"
            ? new HelloRequest { Token = secret }
            : new HelloRequest { User = user, Password = secret };
        Later(waits: true, handle: async () =>
        {
            AuthResult result = await Server.Clients.Authenticator.VerifyAsync(hello, CertificateNames, RemoteEndPoint, ConnectionClosed);
            IsVerifying = false;
            if (result.Code == ErrorCode.None && !await TryChangeBrokerAsync(result))
            {
                Fail("ERR this user is in another namespace: unsubscribe and unwatch first, or come by a new connection"u8);
                return;
            }

            if (result.Code == ErrorCode.None)
            {
                AuthResult admitted = Admit(result);
                if (admitted.Code != ErrorCode.None)
                {
                    // Whoever it was before, it may be in another namespace already.
                    Refuse(admitted.Code, admitted.Message);
                    return;
                }

                _mustLogIn = false;
                BoundCommands();
                MarkReady();
            }

            then(result);
        });
    }

    /// <summary>As if it had just connected.</summary>
    public void Reset()
    {
        Discard();
        UnsubscribeAll();
        Writer.Version = 2;
        ClientName = string.Empty;
        Answer(RespAnswers.All);
        Dismiss();
        LogInUnasked();
        MayStay();
    }

    /// <summary>The client has said goodbye.</summary>
    public void Quit() => Leave("the client said QUIT");

    protected override void Refuse(ErrorCode code, string message)
    {
        switch (code)
        {
            case ErrorCode.TooManyConnections:
                Fail("ERR max number of clients reached"u8);
                break;
            case ErrorCode.OutOfMemory:
                Fail($"OOM {message}");
                break;
            case ErrorCode.Recovering:
                Fail($"LOADING {message}");
                break;
            default:
                Fail($"ERR {message}");
                break;
        }

        End(code, message);
    }

    internal override bool IsSilenced => Volatile.Read(ref _hasFailed) != 0;

    // An error that nobody asked for would be taken for the answer to a command.
    protected override void PostGoAway(ErrorCode code, string message)
    {
    }

    internal override int TakeBack(ReadOnlySpan<byte> replies, object? note, FrameBuffer instead)
    {
        if (Interlocked.Exchange(ref _hasFailed, 1) != 0)
        {
            return 0;
        }

        // Which of the replies are to writes is not known any more; the client learns that it cannot know, and comes again.
        new RespWriter(instead).Error("MISCONF Writing to disk has failed, so it is not known what of this will survive."u8);
        ThreadPool.UnsafeQueueUserWorkItem(
            static self => self.EndSoon(ErrorCode.StorageFailed, "What it wrote could not be kept."), this, preferLocal: false);
        return 1;
    }

    private void RefuseBroken(string error)
    {
        Fail($"ERR {error}");
        End(ErrorCode.Malformed, error);
    }

    // Nobody is asked, or a certificate says who it is.
    private void LogInUnasked()
    {
        AuthResult? login = All.Authenticator.Required
            ? All.Authenticator.AcceptCertificate(CertificateNames, RemoteEndPoint)
            : AuthResult.Anonymous;
        _mustLogIn = false;
        if (login is { } known && Broker.All.Choose(known, asked: null, out _) is { } broker && TryEnter(broker))
        {
            _unasked = Admit(known);
        }
        else
        {
            _mustLogIn = true;
        }

        BoundCommands();
    }

    // What it has open is of the broker that it leaves.
    private async ValueTask<bool> TryChangeBrokerAsync(AuthResult login)
    {
        if (Broker.All.Choose(login, asked: null, out _) is not { } broker)
        {
            return false;
        }

        if (ReferenceEquals(broker, Broker))
        {
            return true;
        }

        if (IsSubscriber || WatchedCount > 0 || IsQueueing)
        {
            return false;
        }

        await WhenAnsweredAsync();
        return TryEnter(broker);
    }

    // Before anything is handled: there may be no place for it.
    protected override ValueTask<bool> BeginAsync() => ValueTask.FromResult(MayStay());

    private bool MayStay()
    {
        bool mayStay = _unasked.Code == ErrorCode.None;
        if (!mayStay)
        {
            Refuse(_unasked.Code, _unasked.Message);
        }

        return mayStay;
    }

    private void BoundCommands()
    {
        _reader.IsOfStranger = _mustLogIn;
        _reader.ArgumentsMax = _mustLogIn ? ArgumentsBeforeLogin : 1_024 * 1_024;
        _reader.BulkBytesMax = _mustLogIn ? BulkBytesBeforeLogin : Server.Clients.Options.FrameBytesMax;
    }
}
