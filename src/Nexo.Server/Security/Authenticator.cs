using System.Net;
using Nexo.Protocol;

namespace Nexo.Server.Security;

/// <summary>
/// Verifies tokens and passwords against the configured ones. Passwords cost tens of milliseconds by design, so they
/// wait their turn in a short queue and are verified on pool threads, a few at a time; sockets never wait for them.
/// </summary>
internal sealed class Authenticator : IAuthenticator, IDisposable
{
    private const string TokenUser = "token";

    private readonly SecurityOptions _options;
    private readonly FailureLimiter _limiter;
    private readonly SemaphoreSlim _slots;
    private readonly VerifiedPasswords _verified = new();

    // Somebody who asks for a user that is not there waits as long as for one that is.
    private readonly Lazy<PasswordHash> _nobody;
    private int _pending;

    public Authenticator(NexoServerOptions options, TimeProvider time)
    {
        _options = options.Security;
        _limiter = new FailureLimiter(_options.FailureBurst, _options.FailureRefillMs, time);
        _slots = new SemaphoreSlim(_options.VerifyConcurrency);
        int iterations = _options.Users.Select(user => user.Password.Iterations)
            .DefaultIfEmpty(PasswordHash.IterationsDefault).Max();
        _nobody = new Lazy<PasswordHash>(() => PasswordHash.Decoy(iterations));
    }

    public LoginTotals Totals { get; } = new();

    public bool Required => _options.AsksForCredentials;

    public async ValueTask<AuthResult> VerifyAsync(HelloRequest hello, EndPoint? remote, CancellationToken cancel)
    {
        if (!Required)
        {
            return AuthResult.Accepted(string.Empty);
        }

        if (hello.Token is null && (hello.User is null || hello.Password is null))
        {
            return AuthResult.Refused(
                ErrorCode.AuthenticationRequired, "This server asks for a token, or for a user and a password.");
        }

        if (!_limiter.TryTake(remote, out TimeSpan wait))
        {
            return Throttled($"Too many failed logins from this address; try again in {Math.Ceiling(wait.TotalSeconds)} s.");
        }

        bool? isRight = hello.Token is not null
            ? _options.Token?.Matches(hello.Token) ?? false
            : await VerifyPasswordAsync(hello.User!, hello.Password!, cancel);
        if (isRight is null)
        {
            _limiter.GiveBack(remote);
            return Throttled("Too many logins wait for verification; try again in a moment.");
        }

        if (isRight.Value)
        {
            _limiter.GiveBack(remote);
            Totals.CountAccepted();
            return AuthResult.Accepted(hello.Token is null ? hello.User! : TokenUser);
        }

        Totals.CountFailed();
        return AuthResult.Refused(ErrorCode.AuthenticationFailed, "The credentials are wrong.");
    }

    public void Dispose() => _slots.Dispose();

    private AuthResult Throttled(string message)
    {
        Totals.CountThrottled();
        return AuthResult.Refused(ErrorCode.AuthenticationThrottled, message);
    }

    /// <summary>Null: the queue is full.</summary>
    private async ValueTask<bool?> VerifyPasswordAsync(string user, string password, CancellationToken cancel)
    {
        UserCredential? known = _options.Users.FirstOrDefault(one => one.Name == user);
        if (known is not null && _verified.Knows(user, password))
        {
            return true;
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
                return await Task.Run(() => VerifySlowly(known, password), cancel);
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

    private bool VerifySlowly(UserCredential? known, string password)
    {
        bool matches = (known?.Password ?? _nobody.Value).Matches(password);
        if (known is null || !matches)
        {
            return false;
        }

        _verified.Remember(known.Name, password);
        return true;
    }
}
