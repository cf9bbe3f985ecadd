using Nexo.Cli.Tests;
using Nexo.EndToEnd.Tests.Native;
using Nexo.Protocol;
using Nexo.Server.Security;

namespace Nexo.EndToEnd.Tests.Security;

/// <summary>Users as a keeper makes them, with the command line, while the server runs.</summary>
public sealed class UserLifeTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("nexo-users-").FullName;

    private string File => Path.Combine(_directory, UsersFile.Name);

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task A_running_server_takes_over_what_the_command_line_has_changed()
    {
        await using TestServer server = await TestServer.StartAsync(
            options => options with { Security = options.Security with { UsersFile = File } });
        using RawPeer anybody = await RawPeer.GreetAsync(server);
        Assert.Equal(FrameKind.Reply, (await anybody.AskAsync(Opcode.StoreExists, 2, buffer => buffer.Write("a"u8))).Header.Kind);

        // Who came before anybody was asked is sent away.
        await UserAsync("add", "ada", "--no-password", "--allow", "store read a");
        string token = (await UserAsync("token", "ada")).Lines.Single();
        Assert.Equal(Opcode.GoAway, (await anybody.ReadAsync()).Header.Opcode);

        RawPeer? welcome = null;
        await Poll.UntilAsync(async () => (welcome = await TryGreetAsync(server, token)) is not null);
        using RawPeer ada = welcome!;
        Assert.Equal(FrameKind.Reply, (await ada.AskAsync(Opcode.StoreExists, 2, buffer => buffer.Write("a"u8))).Header.Kind);
        Assert.Equal(ErrorCode.PermissionDenied, (await ada.AskAsync(Opcode.StoreExists, 3, buffer => buffer.Write("b"u8))).Code);

        await UserAsync("allow", "ada", "store", "read", "b");
        await Poll.UntilAsync(async () =>
            (await ada.AskAsync(Opcode.StoreExists, 4, buffer => buffer.Write("b"u8))).Header.Kind == FrameKind.Reply);

        // A slip of the hand changes nothing.
        await System.IO.File.AppendAllTextAsync(File, "oops", TestContext.Current.CancellationToken);
        await Task.Delay(TimeSpan.FromSeconds(3), TestContext.Current.CancellationToken);
        Assert.Equal(FrameKind.Reply, (await ada.AskAsync(Opcode.StoreExists, 5, buffer => buffer.Write("b"u8))).Header.Kind);
    }

    [Fact]
    public async Task A_file_that_others_may_read_refuses_the_start_with_the_remedy()
    {
        await UserAsync("add", "ada", "--no-password");
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        System.IO.File.SetUnixFileMode(File, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);
        Server.Hosting.ServerStartException refused = await Assert.ThrowsAsync<Server.Hosting.ServerStartException>(() =>
            TestServer.StartAsync(options => options with { Security = options.Security with { UsersFile = File } }));
        Assert.Contains($"chmod 600 {File}", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_data_directory_may_have_users_before_it_has_data()
    {
        await UserAsync("add", "ada", "--no-password");
        await UserAsync("token", "ada");
        await using TestServer server = await TestServer.StartAsync(options => options with { DataDirectory = _directory });
        using RawPeer stranger = await RawPeer.ConnectAsync(server);
        await stranger.SendAsync([.. ProtocolVersion.Preface]);
        await stranger.SendAsync(buffer => new HelloRequest().WriteFrame(buffer, 1));
        Assert.Equal(ErrorCode.AuthenticationRequired, (await stranger.ReadAsync()).Code);
    }

    private static async Task<RawPeer?> TryGreetAsync(TestServer server, string token)
    {
        RawPeer peer = await RawPeer.ConnectAsync(server);
        await peer.SendAsync([.. ProtocolVersion.Preface]);
        await peer.SendAsync(buffer => new HelloRequest { Token = token }.WriteFrame(buffer, 1));
        if ((await peer.ReadAsync()).Header.Kind == FrameKind.Reply)
        {
            return peer;
        }

        peer.Dispose();
        return null;
    }

    private async Task<CliResult> UserAsync(string command, params string[] args)
    {
        CliResult result = await new CliRunner().Run(["user", command, "--users", File, .. args]);
        Assert.Equal(0, result.ExitCode);
        return result;
    }
}
