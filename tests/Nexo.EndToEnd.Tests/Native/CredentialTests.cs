using Nexo.Protocol;
using Nexo.Server;
using Nexo.Server.Security;

namespace Nexo.EndToEnd.Tests.Native;

public sealed class CredentialTests
{
    [Fact]
    public async Task The_right_token_is_welcome_and_a_wrong_or_missing_one_is_refused_and_closed()
    {
        await using TestServer server = await TestServer.StartAsync(WithToken("s3cret"));
        using RawPeer welcome = await RawPeer.GreetAsync(server, new HelloRequest { Token = "s3cret" });
        Assert.Equal(FrameKind.Reply, (await welcome.AskAsync(Opcode.Ping, 2, _ => { })).Header.Kind);

        Assert.Equal(ErrorCode.AuthenticationFailed, await RefusalAsync(server, new HelloRequest { Token = "guess" }));
        Assert.Equal(ErrorCode.AuthenticationRequired, await RefusalAsync(server, new HelloRequest()));
    }

    [Fact]
    public async Task Guessing_is_throttled_and_a_client_that_is_in_stays_in()
    {
        await using TestServer server = await TestServer.StartAsync(WithToken("s3cret"));
        using RawPeer inside = await RawPeer.GreetAsync(server, new HelloRequest { Token = "s3cret" });
        List<ErrorCode> codes = [];
        for (int i = 0; i < 20; i++)
        {
            codes.Add(await RefusalAsync(server, new HelloRequest { Token = $"guess {i}" }));
        }

        Assert.Equal(ErrorCode.AuthenticationFailed, codes[0]);
        Assert.Equal(ErrorCode.AuthenticationThrottled, codes[^1]);
        Assert.Equal(FrameKind.Reply, (await inside.AskAsync(Opcode.Ping, 2, _ => { })).Header.Kind);
    }

    private static Func<NexoServerOptions, NexoServerOptions> WithToken(string token) =>
        options => options with { Security = options.Security with { Token = TokenHash.Of(token) } };

    private static async Task<ErrorCode> RefusalAsync(TestServer server, HelloRequest hello)
    {
        using RawPeer peer = await RawPeer.ConnectAsync(server);
        await peer.SendAsync("NEXO"u8.ToArray());
        await peer.SendAsync(buffer => hello.WriteFrame(buffer, 1));
        Frame frame = await peer.ReadAsync();
        Assert.Equal(FrameKind.Error, frame.Header.Kind);
        Assert.Null(await peer.TryReadAsync());
        return frame.Code;
    }
}
