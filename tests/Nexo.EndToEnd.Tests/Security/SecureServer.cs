using Microsoft.Extensions.DependencyInjection;
using Nexo.EndToEnd.Tests.Native;
using Nexo.Protocol;
using Nexo.Server;
using Nexo.Server.Security;

namespace Nexo.EndToEnd.Tests.Security;

/// <summary>A server with a file of users, each of whom has a token that is called as the user is.</summary>
internal sealed class SecureServer : IAsyncDisposable
{
    public const string Operator = "operator";

    private readonly string _directory;

    private SecureServer(string directory, TestServer server)
    {
        _directory = directory;
        Server = server;
    }

    public TestServer Server { get; }

    private UsersFile File => new(Path.Combine(_directory, UsersFile.Name));

    public static async Task<SecureServer> StartAsync(Func<NexoServerOptions, NexoServerOptions>? change = null)
    {
        string directory = System.IO.Directory.CreateTempSubdirectory("nexo-users-").FullName;
        var file = new UsersFile(Path.Combine(directory, UsersFile.Name));
        await file.ChangeAsync(_ => [User(Operator, "* * *")], CancellationToken.None);
        TestServer server = await TestServer.StartAsync(options => (change?.Invoke(options) ?? options) with
        {
            Security = options.Security with { UsersFile = file.FullPath, FailureBurst = 1_000 },
        });
        return new SecureServer(directory, server);
    }

    /// <summary>Sets the rules of users, who are made if they are not there.</summary>
    public async Task AllowAsync(params (string Name, string[] Rules)[] users)
    {
        await File.ChangeAsync(
            there => [.. there.Where(one => users.All(user => user.Name != one.Name)), .. users.Select(user => User(user.Name, user.Rules))],
            CancellationToken.None);
        Reload();
    }

    /// <summary>Makes users that are bound to the namespace that is called as they are, and may do everything there.</summary>
    public async Task BindAsync(params string[] names)
    {
        await File.ChangeAsync(
            there =>
            [
                .. there.Where(one => !names.Contains(one.Name)),
                .. names.Select(name => User(name, "* * *") with { Namespace = name }),
            ],
            CancellationToken.None);
        Reload();
    }

    public UserDirectory Directory => Server.Services.GetRequiredService<UserDirectory>();

    /// <summary>Writes a user into the file, and does not have it read.</summary>
    public Task WriteAsync(UserEntry user) => File.ChangeAsync(there => [.. there, user], CancellationToken.None);

    /// <summary>Changes one user.</summary>
    public async Task ChangeAsync(string name, Func<UserEntry, UserEntry> change)
    {
        await File.ChangeAsync(there => [.. there.Select(one => one.Name == name ? change(one) : one)], CancellationToken.None);
        Reload();
    }

    public Task AllowAsync(string name, params string[] rules) => AllowAsync((name, rules));

    public async Task RemoveAsync(string name)
    {
        await File.ChangeAsync(there => [.. there.Where(user => user.Name != name)], CancellationToken.None);
        Reload();
    }

    /// <summary>Connects as a user.</summary>
    public Task<RawPeer> GreetAsync(string name) => RawPeer.GreetAsync(Server, new HelloRequest { Token = name });

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        System.IO.Directory.Delete(_directory, recursive: true);
    }

    private static UserEntry User(string name, params string[] rules) => new(name)
    {
        Tokens = [new UserToken("own", TokenHash.Of(name), default, null)],
        Rules = [.. rules.Select(text => AccessRule.TryParse(text, out AccessRule? rule, out string? reason)
            ? rule
            : throw new ArgumentException(reason))],
    };

    private void Reload() => Assert.Null(Directory.Reload());
}
