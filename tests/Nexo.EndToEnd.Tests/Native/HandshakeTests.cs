using System.Text;
using Nexo.Protocol;

namespace Nexo.EndToEnd.Tests.Native;

public sealed class HandshakeTests
{
    [Fact]
    public async Task Hello_is_answered_with_version_limits_and_server_id()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer peer = await RawPeer.ConnectAsync(server);
        await peer.SendAsync("NEXO"u8.ToArray());
        await peer.SendAsync(buffer => new HelloRequest { VersionMax = 9 }.WriteFrame(buffer, 77));

        Frame frame = await peer.ReadAsync();

        Assert.Equal(77u, frame.Header.Correlation);
        Assert.True(HelloReply.TryRead(frame.Body, out HelloReply? reply));
        Assert.Equal(ProtocolVersion.V1, reply!.Version);
        Assert.NotEqual(Guid.Empty, reply.ServerId);
        Assert.Equal((uint)ProtocolVersion.DefaultFrameBytesMax, reply.FrameBytesMax);
        Assert.Equal(65_536u, reply.KeyBytesMax);
        Assert.NotEmpty(reply.ServerVersion);
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 400", "HTTP port")]
    [InlineData("*1\r\n$4\r\nPING\r\n", "-ERR", "Nexo protocol")]
    [InlineData("HELO\r\n", "NEXO", "native port")]
    [InlineData("\0\0\0\0\0\0\0\0", "NEXO", "native port")]
    public async Task A_stranger_is_told_why_and_the_connection_closes(string sent, string expected, string reason)
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer peer = await RawPeer.ConnectAsync(server);
        await peer.SendAsync(Encoding.ASCII.GetBytes(sent));

        string answer = Encoding.ASCII.GetString(await peer.ReadToEndAsync());

        Assert.Contains(expected, answer, StringComparison.Ordinal);
        Assert.Contains(reason, answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_tls_client_gets_an_alert_and_a_reason()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer peer = await RawPeer.ConnectAsync(server);
        await peer.SendAsync([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xFC, 0x03, 0x03]);

        byte[] answer = await peer.ReadToEndAsync();

        Assert.Equal(0x15, answer[0]);
        Assert.Contains("TLS is not enabled", Encoding.ASCII.GetString(answer), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_of_another_version_is_told_which_one_is_spoken()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer peer = await RawPeer.ConnectAsync(server);
        await peer.SendAsync("NEXO"u8.ToArray());
        await peer.SendAsync(buffer => new HelloRequest { VersionMin = 7, VersionMax = 9 }.WriteFrame(buffer, 1));

        Frame frame = await peer.ReadAsync();

        Assert.Equal(FrameKind.Error, frame.Header.Kind);
        Assert.Equal(ErrorCode.UnsupportedVersion, frame.Code);
        Assert.Contains("version 1", frame.Message, StringComparison.Ordinal);
        Assert.Null(await peer.TryReadAsync());
    }

    [Fact]
    public async Task Nothing_is_accepted_before_hello()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer peer = await RawPeer.ConnectAsync(server);
        await peer.SendAsync("NEXO"u8.ToArray());

        Frame frame = await peer.AskAsync(Opcode.StoreGet, 1, buffer => buffer.Write("k"u8));

        Assert.Equal(Opcode.GoAway, frame.Header.Opcode);
        Assert.Equal(ErrorCode.HelloExpected, frame.Code);
        Assert.Null(await peer.TryReadAsync());
    }

    [Fact]
    public async Task A_hello_over_the_small_limit_is_refused_before_its_bytes_come()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer peer = await RawPeer.ConnectAsync(server);
        await peer.SendAsync("NEXO"u8.ToArray());
        await peer.SendAsync([0x00, 0x00, 0x02, 0x00]);

        Frame frame = await peer.ReadAsync();

        Assert.Equal(ErrorCode.FrameTooLarge, frame.Code);
        Assert.Null(await peer.TryReadAsync());
    }

    [Fact]
    public async Task A_second_hello_is_an_error_and_the_connection_lives()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer peer = await RawPeer.GreetAsync(server);
        await peer.SendAsync(buffer => new HelloRequest().WriteFrame(buffer, 5));

        Assert.Equal(ErrorCode.HelloRepeated, (await peer.ReadAsync()).Code);
        Assert.Equal(FrameKind.Reply, (await peer.AskAsync(Opcode.Ping, 6, _ => { })).Header.Kind);
    }

    [Fact]
    public async Task Half_a_header_held_open_is_cut_when_the_time_for_hello_is_up()
    {
        await using TestServer server = await TestServer.StartAsync(
            options => options with { Connections = options.Connections with { HelloTimeoutMs = 200 } });
        using RawPeer peer = await RawPeer.ConnectAsync(server);
        await peer.SendAsync("NEXO\u0014"u8.ToArray());

        Frame? frame = await peer.TryReadAsync();

        Assert.Equal(ErrorCode.HelloTimeout, frame!.Code);
        Assert.Null(await peer.TryReadAsync());
    }

    [Fact]
    public async Task The_first_exchange_works_byte_by_byte()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer peer = await RawPeer.ConnectAsync(server);
        using var buffer = new FrameBuffer();
        buffer.AppendFrames("NEXO"u8);
        new HelloRequest { ClientName = "slow" }.WriteFrame(buffer, 1);
        buffer.Begin(Opcode.Ping, FrameKind.Request, 2);
        buffer.Write("abc"u8);
        buffer.End();
        foreach (byte one in buffer.Written.ToArray())
        {
            await peer.SendAsync([one]);
        }

        Assert.Equal(Opcode.Hello, (await peer.ReadAsync()).Header.Opcode);
        Assert.Equal("abc"u8.ToArray(), (await peer.ReadAsync()).Body);
    }

    [Fact]
    public async Task One_connection_too_many_is_told_so()
    {
        await using TestServer server = await TestServer.StartAsync(
            options => options with { Connections = options.Connections with { ConnectionsMax = 1 } });
        using RawPeer first = await RawPeer.GreetAsync(server);
        using RawPeer second = await RawPeer.ConnectAsync(server);

        Frame frame = await second.ReadAsync();

        Assert.Equal(ErrorCode.TooManyConnections, frame.Code);
        Assert.Equal(FrameKind.Reply, (await first.AskAsync(Opcode.Ping, 2, _ => { })).Header.Kind);
    }
}
