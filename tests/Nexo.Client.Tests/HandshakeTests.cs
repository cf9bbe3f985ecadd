using Nexo.Protocol;

namespace Nexo.Client.Tests;

public sealed class HandshakeTests
{
    [Fact]
    public async Task The_preface_and_a_hello_with_name_and_credentials_come_first()
    {
        await using var server = new FakeServer();
        NexoClientOptions options = server.Options with
        {
            Url = $"nexo://ann:p%40ss@127.0.0.1:{server.Port}?token=t%20k",
            ClientName = "billing",
        };
        Task<NexoClient> connecting = NexoClient.ConnectAsync(options).AsTask();
        FakePeer peer = await server.AcceptAsync();
        HelloRequest hello = await peer.ReadHelloAsync();
        await peer.SendAsync(buffer => FakeServer.DefaultHello.WriteFrame(buffer, 1));
        await using NexoClient client = await connecting.WaitAsync(Patience.Limit);

        Assert.Equal(("billing", "ann", "p@ss", "t k"), (hello.ClientName, hello.User, hello.Password, hello.Token));
        Assert.Equal(NexoConnectionState.Connected, client.State);
        Assert.Equal(FakeServer.DefaultHello.ServerId, client.ServerInfo!.ServerId);
        Assert.Equal(256, client.ServerInfo.InFlightMax);
    }

    [Theory]
    [InlineData("?namespace=shop", null, "shop")]
    [InlineData("?namespace=shop", "billing", "billing")]
    [InlineData("", "default", null)]
    [InlineData("", null, "shop")]
    public async Task A_namespace_is_asked_for_and_the_one_that_is_given_is_told(string query, string? asked, string? given)
    {
        await using var server = new FakeServer();
        NexoClientOptions options = server.Options with { Url = $"nexo://127.0.0.1:{server.Port}{query}", Namespace = asked };
        Task<NexoClient> connecting = NexoClient.ConnectAsync(options).AsTask();
        FakePeer peer = await server.AcceptAsync();
        HelloRequest hello = await peer.ReadHelloAsync();
        await peer.SendAsync(buffer => (FakeServer.DefaultHello with { Namespace = given }).WriteFrame(buffer, 1));
        await using NexoClient client = await connecting.WaitAsync(Patience.Limit);

        Assert.Equal(asked ?? (query.Length > 0 ? "shop" : null), hello.Namespace);
        Assert.Equal(given ?? "default", client.ServerInfo!.Namespace);
    }

    [Theory]
    [InlineData("shop", null)]
    [InlineData("shop", "billing")]
    [InlineData("default", "billing")]
    public async Task A_server_that_passes_over_the_namespace_is_not_worked_with(string asked, string? given)
    {
        await using var server = new FakeServer();
        Task<NexoClient> connecting = NexoClient.ConnectAsync(server.Options with { Namespace = asked }).AsTask();
        FakePeer peer = await server.AcceptAsync();
        await peer.ReadHelloAsync();
        await peer.SendAsync(buffer => (FakeServer.DefaultHello with { Namespace = given }).WriteFrame(buffer, 1));

        NexoException error = await Assert.ThrowsAsync<NexoException>(() => connecting.WaitAsync(Patience.Limit));
        Assert.Equal((ErrorCode.NamespaceNotFound, false), (error.Code, error.Retryable));
    }

    [Fact]
    public async Task An_answer_to_hello_that_comes_byte_by_byte_is_understood()
    {
        await using var server = new FakeServer();
        Task<NexoClient> connecting = NexoClient.ConnectAsync(server.Options).AsTask();
        FakePeer peer = await server.AcceptAsync();
        await peer.ReadHelloAsync();
        using var buffer = new FrameBuffer();
        FakeServer.DefaultHello.WriteFrame(buffer, 1);
        await peer.SendRawAsync(buffer.Written, pieceBytes: 1);
        await using NexoClient client = await connecting.WaitAsync(Patience.Limit);
        Assert.Equal("0.1.0", client.ServerInfo!.Version);
    }

    [Theory]
    [InlineData(ErrorCode.AuthenticationFailed)]
    [InlineData(ErrorCode.UnsupportedVersion)]
    public async Task A_refusal_is_typed_and_is_not_tried_again(ErrorCode code)
    {
        await using var server = new FakeServer();
        await using var client = new NexoClient(server.Options);
        Task opening = client.OpenAsync().AsTask();
        FakePeer peer = await server.AcceptAsync();
        await peer.ReadHelloAsync();
        await peer.SendAsync(buffer => ErrorBody.WriteFrame(buffer, Opcode.Hello, FrameKind.Error, 1, code, "no"));

        NexoException error = await Assert.ThrowsAsync<NexoException>(() => opening.WaitAsync(Patience.Limit));
        Assert.Equal(code, error.Code);
        Assert.False(error.Retryable);
        Assert.Equal(NexoConnectionState.Refused, client.State);

        // Calls fail at once with the reason, and nobody knocks again.
        NexoException call = await Assert.ThrowsAsync<NexoException>(async () => await client.Store.ExistsAsync("k"));
        Assert.Equal(code, call.Code);
        Task<FakePeer> again = server.AcceptAsync();
        await Task.Delay(60, TestContext.Current.CancellationToken);
        Assert.False(again.IsCompleted);

        // Until it is asked to.
        Task reopening = client.OpenAsync().AsTask();
        await (await again).ShakeHandsAsync();
        await reopening.WaitAsync(Patience.Limit);
        Assert.Equal(NexoConnectionState.Connected, client.State);
    }

    [Fact]
    public async Task A_goaway_instead_of_hello_is_the_reason_of_the_failure()
    {
        await using var server = new FakeServer();
        Task<NexoClient> connecting = NexoClient.ConnectAsync(server.Options).AsTask();
        FakePeer peer = await server.AcceptAsync();
        await peer.ReadHelloAsync();
        await peer.GoAwayAsync(ErrorCode.TooManyConnections);
        NexoException error = await Assert.ThrowsAsync<NexoException>(() => connecting.WaitAsync(Patience.Limit));
        Assert.Equal(ErrorCode.TooManyConnections, error.Code);
        Assert.True(error.Retryable);
    }

    [Fact]
    public async Task A_version_that_was_not_offered_is_refused()
    {
        await using var server = new FakeServer();
        Task<NexoClient> connecting = NexoClient.ConnectAsync(server.Options).AsTask();
        await server.AcceptReadyAsync(FakeServer.DefaultHello with { Version = 2 });
        NexoException error = await Assert.ThrowsAsync<NexoException>(() => connecting.WaitAsync(Patience.Limit));
        Assert.Equal(ErrorCode.UnsupportedVersion, error.Code);
    }

    [Theory]
    [InlineData("HTTP/1.1 400 Bad Request\r\n\r\n")]
    [InlineData("-ERR unknown command\r\n")]
    public async Task Something_else_at_the_port_is_named_as_such(string bytes)
    {
        await using var server = new FakeServer();
        Task<NexoClient> connecting = NexoClient.ConnectAsync(server.Options).AsTask();
        FakePeer peer = await server.AcceptAsync();
        await peer.ReadHelloAsync();
        await peer.SendRawAsync(System.Text.Encoding.ASCII.GetBytes(bytes));
        NexoException error = await Assert.ThrowsAsync<NexoException>(() => connecting.WaitAsync(Patience.Limit));
        Assert.Equal(ClientErrorCode.ProtocolViolation, error.Code);
        Assert.Contains("does not speak the Nexo protocol", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_is_not_there_or_does_not_answer_is_a_failure_to_connect()
    {
        await using var server = new FakeServer();
        NexoException silent = await Assert.ThrowsAsync<NexoException>(async () => await NexoClient.ConnectAsync(
            server.Options with { ConnectTimeout = TimeSpan.FromMilliseconds(50) }));
        Assert.Equal(ClientErrorCode.ConnectFailed, silent.Code);
        Assert.Contains("00:00:00.05", silent.Message, StringComparison.Ordinal);

        await server.DisposeAsync();
        NexoException absent = await Assert.ThrowsAsync<NexoException>(
            async () => await NexoClient.ConnectAsync(server.Options));
        Assert.Equal(ClientErrorCode.ConnectFailed, absent.Code);
        Assert.True(absent.Retryable);
    }

    [Fact]
    public async Task A_unix_socket_works_as_well()
    {
        string path = Path.Combine(Path.GetTempPath(), $"nexo-{Guid.NewGuid():N}.sock");
        using var listener = new System.Net.Sockets.Socket(
            System.Net.Sockets.AddressFamily.Unix,
            System.Net.Sockets.SocketType.Stream,
            System.Net.Sockets.ProtocolType.Unspecified);
        listener.Bind(new System.Net.Sockets.UnixDomainSocketEndPoint(path));
        listener.Listen();
        try
        {
            Task<NexoClient> connecting = NexoClient.ConnectAsync($"nexo+unix://{path}").AsTask();
            var peer = new FakePeer(await listener.AcceptAsync().WaitAsync(Patience.Limit));
            await peer.ShakeHandsAsync();
            await using NexoClient client = await connecting.WaitAsync(Patience.Limit);
            Task<bool> exists = client.Store.ExistsAsync("k").AsTask();
            await peer.ReplyAsync(await peer.ReadAsync(Opcode.StoreExists), Bodies.Count(1));
            Assert.True(await exists.WaitAsync(Patience.Limit));
        }
        finally
        {
            File.Delete(path);
        }
    }
}
