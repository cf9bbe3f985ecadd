using Nexo.Protocol;
using Nexo.Server.Brokers;
using Nexo.Server.Hosting;
using Nexo.Server.Security;

namespace Nexo.Server.Tests.Security;

public sealed class UserDirectoryTests : IDisposable
{
    private static readonly byte[] Name = "a"u8.ToArray();

    private readonly ScratchDirectory _directory = new();
    private readonly ManualTime _time = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Users_of_the_settings_without_any_rule_may_do_everything()
    {
        using var server = new Fixture(this, new() { Users = TestSecrets.Ada, Token = TokenHash.Of("t") });

        Assert.Same(Access.Everything, (await server.LogIn("ada", TestSecrets.AdaPassword)).Access);
        Assert.Same(Access.Everything, (await server.LogInBy("t")).Access);
    }

    [Fact]
    public async Task Once_there_is_a_rule_who_has_none_may_do_nothing_but_the_token_stays_the_operators()
    {
        using var server = new Fixture(this, new()
        {
            Users = [.. TestSecrets.Ada, new("bob", TestSecrets.Parse(TestSecrets.AdaHash))],
            Token = TokenHash.Of("t"),
            Allow = [new("bob", AccessRuleTests.Parse("queue read a"))],
        });

        Assert.Same(Access.Nothing, (await server.LogIn("ada", TestSecrets.AdaPassword)).Access);
        Access bob = (await server.LogIn("bob", TestSecrets.AdaPassword)).Access;
        Assert.True(bob.Allows(AccessBroker.Queue, AccessOperation.Read, Name));
        Assert.False(bob.Allows(AccessBroker.Queue, AccessOperation.Write, Name));
        Assert.Same(Access.Everything, (await server.LogInBy("t")).Access);
    }

    [Fact]
    public async Task The_token_of_the_settings_can_have_rules_too()
    {
        using var server = new Fixture(this, new()
        {
            Token = TokenHash.Of("t"),
            Allow = [new("token", AccessRuleTests.Parse("admin read"))],
        });

        Access access = (await server.LogInBy("t")).Access;
        Assert.True(access.AllowsAdmin(AccessOperation.Read));
        Assert.False(access.Allows(AccessBroker.Store, AccessOperation.Read, Name));
    }

    [Fact]
    public async Task A_file_asks_for_credentials_even_when_nobody_is_in_it()
    {
        using var open = new Fixture(this, new());
        Assert.False(open.Authenticator.Required);
        await Change(_ => []);

        using var server = new Fixture(this, new());
        Assert.True(server.Authenticator.Required);
        Assert.Equal(
            ErrorCode.AuthenticationRequired,
            (await server.Authenticator.VerifyAsync(new HelloRequest(), [], null, CancellationToken.None)).Code);
    }

    [Fact]
    public async Task A_token_of_a_user_is_that_user_until_it_expires()
    {
        DateTimeOffset now = _time.GetUtcNow();
        await Change(_ => [new UserEntry("ci")
        {
            Tokens = [new("one", TokenHash.Of("x"), now, now.AddHours(1))],
            Rules = [AccessRuleTests.Parse("store read *")],
        }]);
        using var server = new Fixture(this, new());

        AuthResult login = await server.LogInBy("x");
        Assert.Equal(("ci", ErrorCode.None), (login.User, login.Code));
        Assert.Equal(now.AddHours(1), login.ExpiresAt);
        Assert.Equal(ErrorCode.AuthenticationFailed, (await server.LogInBy("y")).Code);
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(ErrorCode.AuthenticationFailed, (await server.LogInBy("x")).Code);
    }

    [Fact]
    public async Task A_certificate_is_its_user_when_there_are_no_other_credentials()
    {
        await Change(_ => [new UserEntry("device") { Certificate = "device-7.example" }]);
        using var server = new Fixture(this, new() { Users = TestSecrets.Ada });
        AuthResult login = await server.Authenticator.VerifyAsync(
            new HelloRequest(), ["other", "device-7.example"], null, CancellationToken.None);

        Assert.Equal(("device", ErrorCode.None), (login.User, login.Code));
        Assert.Equal("ada", (await server.Authenticator.VerifyAsync(new HelloRequest(), ["ada"], null, CancellationToken.None)).User);
        Assert.Equal(
            ErrorCode.AuthenticationRequired,
            (await server.Authenticator.VerifyAsync(new HelloRequest(), ["stranger"], null, CancellationToken.None)).Code);
        Assert.Equal(
            ErrorCode.AuthenticationFailed,
            (await server.Authenticator.VerifyAsync(
                new HelloRequest { Token = "no" }, ["device-7.example"], null, CancellationToken.None)).Code);
    }

    [Fact]
    public async Task After_a_reload_rules_are_new_old_credentials_are_worth_nothing_and_others_stay()
    {
        PasswordHash first = PasswordHash.Of("first", PasswordHash.IterationsMin);
        await Change(_ => [User("ada", first, "store read a"), User("bob", first, "store read a"), User("eve", first, "store read a")]);
        using var server = new Fixture(this, new());
        AuthResult ada = await server.LogIn("ada", "first");
        AuthResult bob = await server.LogIn("bob", "first");
        AuthResult eve = await server.LogIn("eve", "first");
        int told = 0;
        server.Directory.Changed += () => told++;

        await Change(users =>
        [
            users[0] with { Rules = [AccessRuleTests.Parse("store write a")] },
            users[1] with { Password = PasswordHash.Of("second", PasswordHash.IterationsMin) },
        ]);
        Assert.Null(server.Directory.Reload());

        Assert.Equal(1, told);
        Assert.True(server.Authenticator.TryResolve(ada, Namespaces.Default, out Access now));
        Assert.False(now.Allows(AccessBroker.Store, AccessOperation.Read, Name));
        Assert.True(now.Allows(AccessBroker.Store, AccessOperation.Write, Name));
        Assert.False(server.Authenticator.TryResolve(bob, Namespaces.Default, out _));
        Assert.False(server.Authenticator.TryResolve(eve, Namespaces.Default, out _));
        Assert.Equal(ErrorCode.AuthenticationFailed, (await server.LogIn("bob", "first")).Code);
        Assert.Equal(ErrorCode.None, (await server.LogIn("bob", "second")).Code);
    }

    [Fact]
    public async Task A_reload_that_fails_leaves_everything_as_it_was_and_says_why()
    {
        await Change(_ => [User("ada", PasswordHash.Of("first", PasswordHash.IterationsMin), "store read a")]);
        using var server = new Fixture(this, new());
        AuthResult ada = await server.LogIn("ada", "first");

        string path = _directory.NameOf("users.json");
        string good = await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(path, "{ \"users\": [ { \"nmae\"", TestContext.Current.CancellationToken);
        Assert.Contains($"{path}, line 1", server.Directory.Reload()!, StringComparison.Ordinal);
        Assert.True(server.Authenticator.TryResolve(ada, Namespaces.Default, out _));

        File.Delete(path);
        Assert.Contains("is gone", server.Directory.Reload()!, StringComparison.Ordinal);
        Assert.True(server.Authenticator.TryResolve(ada, Namespaces.Default, out _));
        Assert.True(server.Authenticator.Required);

        Write(good);
        Assert.Null(server.Directory.Reload());
        Assert.True(server.Authenticator.TryResolve(ada, Namespaces.Default, out _));
    }

    [Fact]
    public async Task A_user_in_both_places_and_a_rule_for_nobody_are_refused()
    {
        await Change(_ => [new UserEntry("ada")]);
        Assert.Contains("'ada' is in security.users and", Refusal(new() { Users = TestSecrets.Ada }), StringComparison.Ordinal);
        Assert.Contains(
            "a rule for 'eve'",
            Refusal(new() { Allow = [new("eve", AccessRuleTests.Parse("store read a"))] }),
            StringComparison.Ordinal);
    }

    private static UserEntry User(string name, PasswordHash password, params string[] rules) =>
        new(name) { Password = password, Rules = [.. rules.Select(AccessRuleTests.Parse)] };

    private string Refusal(SecurityOptions security) =>
        Assert.Throws<ServerStartException>(() => UserDirectory.Load(Options(security))).Message;

    private NexoServerOptions Options(SecurityOptions security) => new()
    {
        DataDirectory = null,
        Security = security with { UsersFile = _directory.NameOf("users.json") },
    };

    private Task Change(Func<IReadOnlyList<UserEntry>, IReadOnlyList<UserEntry>> change) =>
        new UsersFile(_directory.NameOf("users.json")).ChangeAsync(change, TestContext.Current.CancellationToken);

    private void Write(string content)
    {
        string path = _directory.File("users.json", content);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }
    }

    /// <summary>A directory with what verifies by it.</summary>
    private sealed class Fixture : IDisposable
    {
        public Fixture(UserDirectoryTests tests, SecurityOptions security)
        {
            NexoServerOptions options = tests.Options(security);
            Directory = UserDirectory.Load(options);
            Authenticator = new Authenticator(options, Directory, tests._time);
        }

        public UserDirectory Directory { get; }

        public Authenticator Authenticator { get; }

        public Task<AuthResult> LogIn(string user, string password) => Authenticator
            .VerifyAsync(new HelloRequest { User = user, Password = password }, [], null, CancellationToken.None).AsTask();

        public Task<AuthResult> LogInBy(string token) => Authenticator
            .VerifyAsync(new HelloRequest { Token = token }, [], null, CancellationToken.None).AsTask();

        public void Dispose() => Authenticator.Dispose();
    }
}
