using System.Net;
using Nexo.Protocol;
using Nexo.Server.Hosting;

namespace Nexo.Server.Security;

/// <summary>
/// Verifies tokens and passwords against those of the users. Passwords cost tens of milliseconds by design, so they
/// wait their turn in a short queue and are verified a few at a time, by <see cref="QuietWork"/>; sockets never wait for them.
/// </summary>
internal sealed class Authenticator : IAuthenticator, ILiveSettings, IDisposable
{
    private volatile SecurityOptions _options;
    private readonly UserDirectory _directory;
    private readonly AuditLog? _audit;
    private readonly TimeProvider _time;
    private readonly FailureLimiter _limiter;
    private readonly SemaphoreSlim _slots;
    private readonly VerifiedPasswords _verified = new();
    private int _pending;

    public Authenticator(NexoServerOptions options, UserDirectory directory, TimeProvider time, AuditLog? audit = null)
    {
        _options = options.Security;
        _directory = directory;
        _audit = audit;
        _time = time;
        _limiter = new FailureLimiter(_options.FailureBurst, _options.FailureRefillMs, time);
        _slots = new SemaphoreSlim(_options.VerifyConcurrency);
        directory.Changed += ForgetOldPasswords;
    }

    public LoginTotals Totals { get; } = new();

    public bool Required => _directory.Users.AsksForCredentials;

    public async ValueTask<AuthResult> VerifyAsync(
        HelloRequest hello, IReadOnlyList<string> certificate, EndPoint? remote, CancellationToken cancel)
    {
        UserSet users = _directory.Users;
        if (!users.AsksForCredentials)
        {
            return AuthResult.Anonymous;
        }

        if (hello.Token is null && (hello.User is null || hello.Password is null))
        {
            return AcceptCertificate(certificate, remote) ?? AuthResult.Refused(
                ErrorCode.AuthenticationRequired, "This server asks for a token, or for a user and a password.");
        }

        if (!_limiter.TryTake(remote, out TimeSpan wait))
        {
            return Throttled(
                hello, remote, $"Too many failed logins from this address; try again in {Math.Ceiling(wait.TotalSeconds)} s.");
        }

        AuthResult? login = hello.Token is not null
            ? VerifyToken(users, hello.Token)
            : await VerifyPasswordAsync(users, hello.User!, hello.Password!, cancel);
        if (login is not { } result)
        {
            _limiter.GiveBack(remote);
            return Throttled(hello, remote, "Too many logins wait for verification; try again in a moment.");
        }

        if (result.Code == ErrorCode.None)
        {
            _limiter.GiveBack(remote);
            Totals.CountAccepted();
            _audit?.Login(result.User, remote, LoginOutcome.Accepted);
        }
        else
        {
            Totals.CountFailed();
            _audit?.Login(hello.User ?? UserNames.Token, remote, LoginOutcome.Failed);
        }

        return result;
    }

    public AuthResult? AcceptCertificate(IReadOnlyList<string> names, EndPoint? remote)
    {
        if (_directory.Users.FindCertificate(names) is not { } user)
        {
            return null;
        }

        Totals.CountAccepted();
        _audit?.Login(user.Name, remote, LoginOutcome.Accepted);
        return AuthResult.Accepted(user, Credential.OfCertificate(user.Certificate!));
    }

    public bool TryResolve(in AuthResult login, string space, out Access access)
    {
        bool isKnown = _directory.TryResolve(login, space, out Access? now);
        access = now ?? Access.Nothing;
        return isKnown;
    }

    public void Apply(NexoServerOptions next)
    {
        _options = next.Security;
        _limiter.Change(next.Security.FailureBurst, next.Security.FailureRefillMs);
    }

    public void Dispose()
    {
        _directory.Changed -= ForgetOldPasswords;
        _slots.Dispose();
    }

    private static AuthResult Wrong => AuthResult.Refused(ErrorCode.AuthenticationFailed, "The credentials are wrong.");

    private AuthResult Throttled(HelloRequest hello, EndPoint? remote, string message)
    {
        Totals.CountThrottled();
        _audit?.Login(hello.User ?? UserNames.Token, remote, LoginOutcome.Throttled);
        return AuthResult.Refused(ErrorCode.AuthenticationThrottled, message);
    }

    private AuthResult? VerifyToken(UserSet users, string token)
    {
        if (users.FindToken(token) is not { } found || found.Token.ExpiresAt <= _time.GetUtcNow())
        {
            return Wrong;
        }

        return AuthResult.Accepted(found.User, Credential.Of(found.Token.Hash)) with { ExpiresAt = found.Token.ExpiresAt };
    }

    /// <summary>Null: the queue is full.</summary>
    private async ValueTask<AuthResult?> VerifyPasswordAsync(
        UserSet users, string name, string password, CancellationToken cancel)
    {
        users.TryFind(name, out KnownUser? user);
        PasswordHash? hash = user?.Password;
        if (hash is not null && _verified.Knows(hash, password))
        {
            return AuthResult.Accepted(user!, Credential.Of(hash));
        }

        try
        {
            if (Interlocked.Increment(ref _pending) > _options.VerifyQueueMax + _options.VerifyConcurrency)
            {
                return null;
            }

            await _slots.WaitAsync(cancel);
            try
            {
                bool isRight = await QuietWork.RunAsync(
                    () => (hash ?? users.Decoy.Value).Matches(password) && hash is not null, cancel);
                if (!isRight)
                {
                    return Wrong;
                }

                _verified.Remember(hash!, password);
                return AuthResult.Accepted(user!, Credential.Of(hash!));
            }
            finally
            {
                _slots.Release();
            }
        }
        finally
        {
            Interlocked.Decrement(ref _pending);
        }
    }

    private void ForgetOldPasswords() =>
        _verified.KeepOnly(_directory.Users.All.Select(user => user.Password).OfType<PasswordHash>());
}
