using System.Text;
using Nexo.Cli.Terminal;
using Nexo.Server.Security;
using Xunit;

namespace Nexo.Cli.Tests.Users;

public sealed class UserCommandTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("nexo-user-").FullName;

    private string File => Path.Combine(_directory, "users.json");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task A_user_is_made_shown_changed_and_removed()
    {
        await Expect("ada\n", ExitCode.Ok, "s3cret\n", "add", "ada", "--allow", "store read a*", "--allow", "admin read");
        UserEntry ada = Assert.Single(new UsersFile(File).Read());
        Assert.True(ada.Password!.Matches("s3cret"));
        Assert.Equal(["store read a*", "admin read"], ada.Rules.Select(rule => rule.ToString()));

        await Expect("ada\n", ExitCode.Ok, null, "list");
        await Expect("ada\tqueue consume jobs.*\n", ExitCode.Ok, null, "allow", "ada", "queue", "consume", "jobs.*");
        await Expect("ada\tadmin read\n", ExitCode.Ok, null, "deny", "ada", "admin read");
        await Expect(
            "user\tada\npassword\tyes\nallow\tstore read a*\nallow\tqueue consume jobs.*\n", ExitCode.Ok, null, "show", "ada");
        await Expect("ada\n", ExitCode.Ok, "other", "passwd", "ada");
        Assert.True(new UsersFile(File).Read()[0].Password!.Matches("other"));
        await Expect("ada\n", ExitCode.Ok, null, "passwd", "ada", "--remove");
        Assert.Null(new UsersFile(File).Read()[0].Password);
        await Expect("ada\n", ExitCode.Ok, null, "remove", "ada");
        Assert.Empty(new UsersFile(File).Read());
    }

    [Fact]
    public async Task A_user_is_limited_one_limit_at_a_time_and_freed_again()
    {
        await Run(null, "add", "ada", "--no-password");
        await Expect("ada\tconnections=10 rate=50\n", ExitCode.Ok, null, "limit", "ada", "--connections", "10", "--rate", "50");
        await Expect(
            "ada\tconnections=10 in-flight-bytes=1mb\n", ExitCode.Ok, null,
            "limit", "ada", "--rate", "0", "--in-flight-bytes", "1mb");
        Assert.Equal(new UserLimits(10, 0, 1_048_576), new UsersFile(File).Read()[0].Limits);
        await Expect("user\tada\npassword\tno\nlimits\tconnections=10 in-flight-bytes=1mb\n", ExitCode.Ok, null, "show", "ada");
        Assert.Equal(ExitCode.Usage, (await Run(null, "limit", "ada", "--rate", "fast")).ExitCode);
        Assert.Equal(ExitCode.Negative, (await Run(null, "limit", "nobody", "--rate", "1")).ExitCode);
        await Expect("ada\tnone\n", ExitCode.Ok, null, "limit", "ada", "--connections", "0", "--in-flight-bytes", "0");
    }

    [Fact]
    public async Task A_user_is_bound_to_a_namespace_and_let_go_again()
    {
        await Run(null, "add", "shop", "--no-password", "--namespace", "shop", "--allow", "* * *");
        Assert.Equal("shop", new UsersFile(File).Read()[0].Namespace);
        await Expect("user\tshop\nnamespace\tshop\npassword\tno\nallow\t* * *\n", ExitCode.Ok, null, "show", "shop");
        await Expect("shop\tbilling\n", ExitCode.Ok, null, "bind", "shop", "billing");
        Assert.Equal("billing", new UsersFile(File).Read()[0].Namespace);
        await Expect("shop\t\n", ExitCode.Ok, null, "unbind", "shop");
        Assert.Null(new UsersFile(File).Read()[0].Namespace);
        Assert.Equal(ExitCode.Usage, (await Run(null, "bind", "shop", "No!")).ExitCode);
        Assert.Equal(ExitCode.Usage, (await Run(null, "add", "eve", "--no-password", "--namespace", "default")).ExitCode);
        Assert.Equal(ExitCode.Negative, (await Run(null, "bind", "nobody", "shop")).ExitCode);
    }

    [Fact]
    public async Task A_token_is_shown_once_known_by_its_hash_and_taken_away_by_its_name()
    {
        await Run(null, "add", "ci", "--no-password", "--certificate", "ci.example");
        CliResult made = await Run(null, "token", "ci", "--expires", "90d");
        string token = made.Lines.Single();
        Assert.Equal(64, token.Length);
        UserToken kept = new UsersFile(File).Read()[0].Tokens.Single();
        Assert.Equal("token-1", kept.Id);
        Assert.True(kept.Hash.Matches(token));
        Assert.Equal(TimeSpan.FromDays(90), kept.ExpiresAt - kept.CreatedAt);
        Assert.DoesNotContain(token, await System.IO.File.ReadAllTextAsync(File, TestContext.Current.CancellationToken));

        await Run(null, "token", "ci", "--id", "deploy");
        Assert.Equal(ExitCode.Negative, (await Run(null, "token", "ci", "--id", "deploy")).ExitCode);
        await Expect("deploy\n", ExitCode.Ok, null, "token", "ci", "--remove", "deploy");
        Assert.Equal(["token-1"], new UsersFile(File).Read()[0].Tokens.Select(one => one.Id));
    }

    [Theory]
    [InlineData(ExitCode.Usage, "add", "a:b", "--no-password")]
    [InlineData(ExitCode.Usage, "add", "token", "--no-password")]
    [InlineData(ExitCode.Usage, "add", "eve", "--no-password", "--allow", "store raed x")]
    [InlineData(ExitCode.Usage, "add", "eve")]
    [InlineData(ExitCode.Negative, "add", "ada", "--no-password")]
    [InlineData(ExitCode.Negative, "remove", "eve")]
    [InlineData(ExitCode.Negative, "show", "eve")]
    [InlineData(ExitCode.Negative, "passwd", "eve")]
    [InlineData(ExitCode.Negative, "allow", "eve", "store read a")]
    [InlineData(ExitCode.Negative, "deny", "ada", "store read a")]
    [InlineData(ExitCode.Usage, "allow", "ada", "store", "read")]
    [InlineData(ExitCode.Negative, "token", "eve")]
    [InlineData(ExitCode.Negative, "token", "ada", "--remove", "none")]
    [InlineData(ExitCode.Usage, "token", "ada", "--expires", "90")]
    public async Task What_cannot_be_done_is_said_and_changes_nothing(int exitCode, params string[] args)
    {
        await Run(null, "add", "ada", "--no-password");
        byte[] before = await System.IO.File.ReadAllBytesAsync(File, TestContext.Current.CancellationToken);
        CliResult result = await Run(null, args);
        Assert.Equal(exitCode, result.ExitCode);
        Assert.Empty(result.Output);
        Assert.NotEmpty(result.Error);
        Assert.Equal(before, await System.IO.File.ReadAllBytesAsync(File, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_bad_file_is_named_with_its_line()
    {
        await System.IO.File.WriteAllTextAsync(File, "{\n\"users\": 7 }", TestContext.Current.CancellationToken);
        if (!OperatingSystem.IsWindows())
        {
            System.IO.File.SetUnixFileMode(File, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        CliResult result = await Run(null, "list");
        Assert.Equal(ExitCode.Negative, result.ExitCode);
        Assert.Contains($"{File}, line 2", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_file_is_that_of_the_server_that_would_start_here()
    {
        var runner = new CliRunner();
        runner.Environment["NEXO_DATA__DIRECTORY"] = _directory;
        runner.Environment["NEXO_NETWORK__BIND"] = "0.0.0.0";
        Assert.Equal(ExitCode.Ok, (await runner.Run("user", "add", "ada", "--no-password")).ExitCode);
        Assert.Single(new UsersFile(File).Read());

        runner.Environment["NEXO_DATA__DIRECTORY"] = "none";
        Assert.Equal(ExitCode.Usage, (await runner.Run("user", "list")).ExitCode);
        runner.Environment["NEXO_SECURITY__USERS_FILE"] = File;
        Assert.Equal("ada\n", (await runner.Run("user", "list")).Output);
        runner.Environment["NEXO_DATA__DIRECTROY"] = "x";
        Assert.Equal(ExitCode.Usage, (await runner.Run("user", "list")).ExitCode);
    }

    private Task<CliResult> Run(string? stdin, params string[] args) => new CliRunner().Run(
        ["user", args[0], "--users", File, .. args[1..]], stdin is null ? null : Encoding.UTF8.GetBytes(stdin));

    private async Task Expect(string output, int exitCode, string? stdin, params string[] args)
    {
        CliResult result = await Run(stdin, args);
        Assert.True(
            (output, exitCode) == (result.Output, result.ExitCode),
            $"{string.Join(' ', args)}: {result.ExitCode}, {result.Output}, {result.Error}");
    }
}
