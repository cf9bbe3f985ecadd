using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Nexo.Server.Hosting;

namespace Nexo.Server.Tests.Hosting;

public sealed class StartTests : IDisposable
{
    private readonly ScratchDirectory _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public async Task A_port_that_is_taken_is_named_in_one_line_with_what_to_do()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        int taken = ((IPEndPoint)other.LocalEndpoint).Port;

        ServerStartException failure = await StartFailsAsync(On(network => network with { Port = taken }));

        Assert.Contains($"port {taken} on 127.0.0.1 is in use", failure.Message);
        Assert.Contains("--port", failure.Message);
        Assert.DoesNotContain('\n', failure.Message);
    }

    [Fact]
    public async Task An_address_of_another_machine_is_named()
    {
        ServerStartException failure = await StartFailsAsync(
            On(network => network with { Bind = "192.0.2.1", Insecure = true }));

        Assert.Contains("192.0.2.1 is no address of this machine", failure.Message);
    }

    [Fact]
    public void Options_that_contradict_each_other_build_no_server()
    {
        ServerStartException failure = Assert.Throws<ServerStartException>(
            () => NexoServer.Build(On(network => network with { Bind = "0.0.0.0" })));

        Assert.Contains("--insecure", failure.Message);
    }

    [Fact]
    public async Task A_unix_socket_is_for_its_user_alone_and_goes_with_the_server()
    {
        string path = _scratch.NameOf("nexo.sock");
        await using (RunningServer server = await RunningServer.StartAsync(OnSocket(path)))
        {
            Assert.Equal($"nexo+unix://{path}", server.Addresses.UnixSocket);
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, ScratchDirectory.ModeOf(path));
            await server.App.StopAsync();
        }

        Assert.False(File.Exists(path));
    }

    [Fact]
    public async Task The_socket_file_of_a_dead_server_is_replaced()
    {
        string path = _scratch.NameOf("stale.sock");
        LeaveStaleSocket(path);

        await using RunningServer server = await RunningServer.StartAsync(OnSocket(path));

        using var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await client.ConnectAsync(new UnixDomainSocketEndPoint(path));
        Assert.True(client.Connected);
    }

    [Fact]
    public async Task The_socket_of_a_living_server_is_left_alone()
    {
        string path = _scratch.NameOf("live.sock");
        await using RunningServer first = await RunningServer.StartAsync(OnSocket(path));

        ServerStartException failure = await StartFailsAsync(OnSocket(path));

        Assert.Contains($"another server listens on {path}", failure.Message);
        Assert.True(File.Exists(path));
    }

    [Fact]
    public async Task A_file_that_is_no_socket_is_never_deleted()
    {
        string path = _scratch.File("notes.txt", "precious");

        ServerStartException failure = await StartFailsAsync(OnSocket(path));

        Assert.Contains("is no socket", failure.Message);
        Assert.Equal("precious", await File.ReadAllTextAsync(path));
    }

    [Fact]
    public async Task A_data_directory_is_made_for_its_user_alone()
    {
        string path = _scratch.NameOf("data/nexo");

        await using RunningServer server = await RunningServer.StartAsync(RunningServer.Quiet with { DataDirectory = path });

        Assert.True(File.Exists(Path.Combine(path, "FORMAT")));
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute,
            ScratchDirectory.ModeOf(path));
    }

    [Fact]
    public async Task A_data_directory_that_cannot_be_is_named()
    {
        string path = Path.Combine(_scratch.File("a-file", string.Empty), "data");

        ServerStartException failure = await StartFailsAsync(RunningServer.Quiet with { DataDirectory = path });

        Assert.Contains($"the data directory {path} cannot be used", failure.Message);
        Assert.DoesNotContain('\n', failure.Message);
    }

    [Fact]
    public async Task A_directory_of_something_else_is_left_alone()
    {
        string path = Path.GetDirectoryName(_scratch.File("notes.txt", "precious"))!;

        ServerStartException failure = await StartFailsAsync(RunningServer.Quiet with { DataDirectory = path });

        Assert.Contains("notes.txt", failure.Message);
        Assert.Equal(["notes.txt"], Directory.EnumerateFileSystemEntries(path).Select(Path.GetFileName));
    }

    [Fact]
    public async Task A_server_that_keeps_nothing_makes_no_data_directory()
    {
        string path = _scratch.NameOf("data");

        await using RunningServer server = await RunningServer.StartAsync(RunningServer.Quiet with
        {
            DataDirectory = path,
            Store = new() { Durability = StoreDurability.Memory },
            Queues = new() { Durability = QueuesDurability.Memory },
            Topics = new() { Durability = TopicsDurability.Memory },
            Streams = new() { Durability = StreamsDurability.Memory },
        });

        Assert.False(Directory.Exists(path));
    }

    private static async Task<ServerStartException> StartFailsAsync(NexoServerOptions options)
    {
        await using WebApplication app = NexoServer.Build(options);
        return await Assert.ThrowsAsync<ServerStartException>(() => app.StartAsync());
    }

    private static NexoServerOptions OnSocket(string path) => On(network => network with { UnixSocket = path });

    private static NexoServerOptions On(Func<NetworkOptions, NetworkOptions> change) =>
        RunningServer.Quiet with { Network = change(RunningServer.Quiet.Network) };

    // A socket that is bound and closed by its process leaves its file; .NET's own would be tidied up, so move it away.
    private static void LeaveStaleSocket(string path)
    {
        using var dead = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        dead.Bind(new UnixDomainSocketEndPoint(path + ".bound"));
        dead.Listen();
        File.Move(path + ".bound", path);
    }
}
