using System.Net;
using Nexo.Protocol;
using Nexo.Server.Security;

namespace Nexo.Server.Tests.Security;

public sealed class AuthenticatorTests : IDisposable
{
    private static readonly IPEndPoint Here = new(IPAddress.Parse("192.0.2.1"), 1_000);
    private static readonly IPEndPoint There = new(IPAddress.Parse("192.0.2.2"), 1_000);

    private readonly ManualTime _time = new();
    private Authenticator? _authenticator;

    public void Dispose() => _authenticator?.Dispose();

    [Fact]
    public async Task Without_configured_credentials_everyone_is_let_in()
    {
        Authenticator open = Make(new());

        Assert.False(open.Required);
        Assert.Equal(AuthResult.Anonymous, await Verify(open, new HelloRequest()));
    }

    [Fact]
    public async Task The_right_token_is_accepted_and_any_other_refused()
    {
        Authenticator authenticator = Make(new() { Token = TokenHash.Of("s3cret") });

        Assert.Equal(ErrorCode.None, (await Verify(authenticator, new() { Token = "s3cret" })).Code);
        foreach (string wrong in (string[])["", "s3cre", "s3cret ", "S3cret", new('x', 60_000)])
        {
            Assert.Equal(ErrorCode.AuthenticationFailed, (await Verify(authenticator, new() { Token = wrong })).Code);
        }
    }

    [Fact]
    public async Task The_right_password_is_accepted_slowly_at_first_and_from_memory_later()
    {
        Authenticator authenticator = Make(new() { Users = TestSecrets.Ada });

        Assert.Equal((ErrorCode.None, "ada"), await VerifyUser(authenticator, Ada()));
        Assert.Equal((ErrorCode.None, "ada"), await VerifyUser(authenticator, Ada()));
        Assert.Equal(ErrorCode.AuthenticationFailed, (await Verify(authenticator, Ada("wrong horse"))).Code);
        Assert.Equal(2, authenticator.Totals.Accepted);
        Assert.Equal(1, authenticator.Totals.Failed);
    }

    [Fact]
    public async Task A_wrong_password_and_an_unknown_user_get_the_same_answer()
    {
        Authenticator authenticator = Make(new() { Users = TestSecrets.Ada });

        AuthResult wrongPassword = await Verify(authenticator, Ada("wrong"));
        AuthResult unknownUser = await Verify(authenticator, Ada(TestSecrets.AdaPassword, "eve"));

        Assert.Equal(ErrorCode.AuthenticationFailed, wrongPassword.Code);
        Assert.Equal(wrongPassword, unknownUser);
    }

    [Fact]
    public void The_decoy_of_unknown_users_matches_nothing()
    {
        PasswordHash decoy = PasswordHash.Decoy(PasswordHash.IterationsMin);

        Assert.False(decoy.Matches(string.Empty));
        Assert.False(decoy.Matches(TestSecrets.AdaPassword));
    }

    [Fact]
    public async Task Missing_credentials_are_asked_for_and_not_counted_as_a_guess()
    {
        Authenticator authenticator = Make(new() { Users = TestSecrets.Ada, FailureBurst = 1 });
        HelloRequest[] incomplete = [new(), new() { User = "ada" }, new() { Password = "x" }];

        foreach (HelloRequest hello in incomplete)
        {
            Assert.Equal(ErrorCode.AuthenticationRequired, (await Verify(authenticator, hello)).Code);
        }

        Assert.Equal(ErrorCode.None, (await Verify(authenticator, Ada())).Code);
    }

    [Fact]
    public async Task An_address_that_guesses_is_throttled_others_are_not_and_time_heals()
    {
        Authenticator authenticator = Make(new()
        {
            Token = TokenHash.Of("right"),
            FailureBurst = 3,
            FailureRefillMs = 1_000,
        });
        HelloRequest guess = new() { Token = "wrong" };
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal(ErrorCode.AuthenticationFailed, (await Verify(authenticator, guess)).Code);
        }

        // Even the right token has to wait: else the throttle would tell a guesser when to stop.
        Assert.Equal(ErrorCode.AuthenticationThrottled, (await Verify(authenticator, new() { Token = "right" })).Code);
        Assert.True(ErrorCodes.IsRetryable(ErrorCode.AuthenticationThrottled));
        Assert.Equal(ErrorCode.None, (await Verify(authenticator, new() { Token = "right" }, There)).Code);

        _time.Advance(TimeSpan.FromMilliseconds(1_000));
        Assert.Equal(ErrorCode.AuthenticationFailed, (await Verify(authenticator, guess)).Code);
        Assert.Equal(ErrorCode.AuthenticationThrottled, (await Verify(authenticator, guess)).Code);
    }

    [Fact]
    public async Task Success_is_never_throttled_however_often()
    {
        Authenticator authenticator = Make(new() { Token = TokenHash.Of("right"), FailureBurst = 1 });

        for (int i = 0; i < 100; i++)
        {
            Assert.Equal(ErrorCode.None, (await Verify(authenticator, new() { Token = "right" })).Code);
        }
    }

    [Fact]
    public async Task When_the_queue_is_full_a_login_is_told_to_try_again_and_the_rest_are_served()
    {
        const int Queue = 2;
        const int Logins = 12;
        PasswordHash slow = PasswordHash.Of(TestSecrets.AdaPassword, 300_000);
        Authenticator authenticator = Make(new()
        {
            Users = [new("ada", slow)],
            VerifyConcurrency = 1,
            VerifyQueueMax = Queue,
            FailureBurst = 1_000,
        });

        Task<AuthResult>[] logins =
            [.. Enumerable.Range(0, Logins).Select(_ => Verify(authenticator, Ada("wrong")).AsTask())];
        AuthResult[] results = await Task.WhenAll(logins);

        Assert.InRange(results.Count(result => result.Code == ErrorCode.AuthenticationFailed), Queue + 1, Logins - 1);
        Assert.Contains(results, result => result.Code == ErrorCode.AuthenticationThrottled);
        Assert.Equal(ErrorCode.None, (await Verify(authenticator, Ada())).Code);
    }

    [Fact]
    public async Task Verifying_a_password_does_not_hold_the_thread_that_asks()
    {
        PasswordHash slow = PasswordHash.Of(TestSecrets.AdaPassword, 2_000_000);
        Authenticator authenticator = Make(new() { Users = [new("ada", slow)] });

        ValueTask<AuthResult> login = Verify(authenticator, Ada());

        Assert.False(login.IsCompleted);
        Assert.Equal(ErrorCode.None, (await login).Code);
    }

    [Fact]
    public void A_password_hash_reads_back_and_differs_from_one_making_to_the_next()
    {
        PasswordHash one = PasswordHash.Of("p", PasswordHash.IterationsMin);
        PasswordHash other = PasswordHash.Of("p", PasswordHash.IterationsMin);

        Assert.NotEqual(one.Format(), other.Format());
        Assert.True(TestSecrets.Parse(one.Format()).Matches("p"));
        Assert.False(TestSecrets.Parse(one.Format()).Matches("P"));
        Assert.DoesNotContain(one.Format(), one.ToString());
    }

    private static ValueTask<AuthResult> Verify(Authenticator authenticator, HelloRequest hello, EndPoint? from = null) =>
        authenticator.VerifyAsync(hello, [], from ?? Here, CancellationToken.None);

    private static async Task<(ErrorCode Code, string User)> VerifyUser(Authenticator authenticator, HelloRequest hello)
    {
        AuthResult result = await Verify(authenticator, hello);
        return (result.Code, result.User);
    }

    private static HelloRequest Ada(string password = TestSecrets.AdaPassword, string user = "ada") =>
        new() { User = user, Password = password };

    private Authenticator Make(SecurityOptions security)
    {
        var options = new NexoServerOptions { Security = security, DataDirectory = null };
        return _authenticator = new Authenticator(options, UserDirectory.Load(options), _time);
    }
}
