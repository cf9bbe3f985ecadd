using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Http.Headers;
using Nexo.Client;
using Nexo.EndToEnd.Tests.Mqtt;
using Nexo.EndToEnd.Tests.Native;
using Nexo.EndToEnd.Tests.Resp;
using Nexo.Protocol;
using Nexo.Server;
using Nexo.Server.Mqtt.Codec;
using Nexo.Server.Security;

namespace Nexo.EndToEnd.Tests.Security;

/// <summary>What one user may take, over all protocols, and that others do not wait for it.</summary>
public sealed class UserLimitTests
{
    [Fact]
    public async Task One_connection_more_than_a_user_may_have_is_refused_over_each_protocol_and_one_less_makes_room()
    {
        await using SecureServer server = await StartAsync(new UserLimits(ConnectionsMax: 2));
        RawPeer first = await server.GreetAsync("ada");
        await using RespPeer second = await RespPeer.ConnectAsync(server.Server);
        await second.ExpectAsync("AUTH ada", "+OK");
        await second.ExpectAsync("AUTH ada", "+OK");

        NexoException refused = await Assert.ThrowsAsync<NexoException>(async () => await NexoClient.ConnectAsync(
            new NexoClientOptions { Url = server.Server.Url, Token = "ada" }));
        Assert.Equal((ErrorCode.UserLimitExceeded, true), (refused.Code, refused.Retryable));
        await using (RespPeer redis = await RespPeer.ConnectAsync(server.Server))
        {
            Assert.StartsWith("-ERR The user 'ada'", await redis.CallAsync("AUTH ada"), StringComparison.Ordinal);
            Assert.True(await redis.IsClosedAsync());
        }

        using (MqttPeer mqtt = await MqttPeer.OpenAsync(server.Server))
        {
            await mqtt.SendAsync(Connect());
            MqttPacket answer = await mqtt.ReadAsync();
            Assert.Equal((MqttPacketType.Connack, MqttReason.QuotaExceeded), (answer.Type, (MqttReason)answer.Body[1]));
        }

        using (RawPeer other = await server.GreetAsync(SecureServer.Operator))
        {
            await PingAsync(other);
        }

        await PingAsync(first);
        first.Dispose();
        await Poll.UntilAsync(() => Share(server).Connections == 1);
        using RawPeer third = await server.GreetAsync("ada");

        // A new limit holds at once, and ends nobody.
        await LimitAsync(server, new UserLimits(ConnectionsMax: 1));
        await PingAsync(third);
        await LimitAsync(server, new UserLimits(ConnectionsMax: 3));
        using RawPeer fourth = await server.GreetAsync("ada");

        // Who becomes somebody else is no connection of the first any more.
        await second.ExpectAsync($"AUTH {SecureServer.Operator}", "+OK");
        Assert.Equal(2, Share(server).Connections);
    }

    [Fact]
    [SuppressMessage("Reliability", "CA2025", Justification = "It is waited for before its peer goes.")]
    public async Task Who_asks_faster_than_it_may_is_read_later_and_others_are_not()
    {
        const int Rate = 100;
        await using SecureServer server = await StartAsync(new UserLimits(RequestsPerSecond: Rate));
        using RawPeer ada = await server.GreetAsync("ada");
        using RawPeer other = await server.GreetAsync(SecureServer.Operator);
        long began = Stopwatch.GetTimestamp();
        await SendPingsAsync(ada, 3 * Rate);
        await ReadPingsAsync(ada, 3 * Rate);

        // What has come in one piece is answered, and paid for: two seconds, for one is given at once.
        Task next = PingAsync(ada);
        await Poll.UntilAsync(() => server.Server.Native.Clients.Shares.Held > 0);
        for (uint i = 0; i < 5; i++)
        {
            await PingAsync(other);
        }

        bool isHeld = !next.IsCompleted;
        await next;
        Assert.True(isHeld);
        Assert.True(Stopwatch.GetElapsedTime(began) > TimeSpan.FromSeconds(1.5));
    }

    [Fact]
    [SuppressMessage("Reliability", "CA2025", Justification = "It is waited for before its peer goes.")]
    public async Task A_limit_that_is_taken_away_lets_go_of_who_is_held()
    {
        await using SecureServer server = await StartAsync(new UserLimits(RequestsPerSecond: 1));
        using RawPeer ada = await server.GreetAsync("ada");
        await SendPingsAsync(ada, 1_000);
        await ReadPingsAsync(ada, 1_000);
        Task next = PingAsync(ada);
        await Poll.UntilAsync(() => server.Server.Native.Clients.Shares.Held > 0);
        bool isHeld = !next.IsCompleted;
        await LimitAsync(server, UserLimits.None);
        await next;
        Assert.True(isHeld);
    }

    [Fact]
    public async Task Who_leaves_too_much_unread_is_not_read_on_any_of_its_connections()
    {
        await using SecureServer server = await StartAsync(new UserLimits(InFlightBytesMax: 100_000));
        await using (NexoClient keeper = await NexoClient.ConnectAsync(
            new NexoClientOptions { Url = server.Server.Url, Token = SecureServer.Operator }))
        {
            await keeper.Store.SetBytesAsync("k", new byte[4_000_000]);
        }

        RawPeer reader = await server.GreetAsync("ada");
        using RawPeer second = await server.GreetAsync("ada");
        for (uint i = 0; i < 8; i++)
        {
            await reader.RequestAsync(Opcode.StoreGet, 10 + i, body => body.Write("k"u8));
        }

        await Poll.UntilAsync(() => Share(server).InFlightBytes > 100_000);
        await PingAsync(second);
        Task held = PingAsync(second);
        using RawPeer other = await server.GreetAsync(SecureServer.Operator);
        for (int i = 0; i < 20; i++)
        {
            await PingAsync(other);
            await Task.Delay(10);
        }

        Assert.False(held.IsCompleted);
        reader.Dispose();
        await held.WaitAsync(TimeSpan.FromSeconds(60));
        await Poll.UntilAsync(() => Share(server).InFlightBytes == 0);
    }

    [Theory]
    [InlineData("/metrics")]
    [InlineData("/v1/store/k")]
    public async Task Over_HTTP_it_is_told_when_to_come_again(string path)
    {
        await using SecureServer server = await StartAsync(new UserLimits(RequestsPerSecond: 1));
        using var http = new HttpClient { BaseAddress = new Uri(server.Server.HttpUrl!) };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "ada");
        HttpResponseMessage? answer = null;
        for (int i = 0; i < 50 && answer is not { StatusCode: HttpStatusCode.TooManyRequests }; i++)
        {
            answer?.Dispose();
            answer = await http.GetAsync(new Uri(path, UriKind.Relative));
        }

        Assert.Equal(HttpStatusCode.TooManyRequests, answer!.StatusCode);
        Assert.InRange(answer.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 10);
        answer.Dispose();
    }

    private static async Task<SecureServer> StartAsync(UserLimits limits)
    {
        SecureServer server = await SecureServer.StartAsync(options => MqttUser.WithMqtt(options) with
        {
            Network = options.Network with { HttpPort = NetworkOptions.PortAny },
            Resp = new RespOptions { Port = NetworkOptions.PortAny },
        });
        await server.AllowAsync("ada", "store * *", "topics * #", "admin read");
        await LimitAsync(server, limits);
        return server;
    }

    private static Task LimitAsync(SecureServer server, UserLimits limits) =>
        server.ChangeAsync("ada", user => user with { Limits = limits });

    private static UserShare Share(SecureServer server) => server.Server.Native.Clients.Shares.Of("ada")!;

    private static byte[] Connect()
    {
        var packet = new ConnectPacket
        {
            Version = MqttVersion.V5,
            IsClean = true,
            ClientId = "c"u8,
            HasUser = true,
            User = "token"u8,
            HasPassword = true,
            Password = "ada"u8,
        };
        byte[] bytes = new byte[packet.Measure()];
        packet.Write(bytes);
        return bytes;
    }

    private static async Task PingAsync(RawPeer peer) =>
        Assert.Equal(FrameKind.Reply, (await peer.AskAsync(Opcode.Ping, 2, _ => { })).Header.Kind);

    private static async Task SendPingsAsync(RawPeer peer, int count) => await peer.SendAsync(frames =>
    {
        for (uint i = 0; i < count; i++)
        {
            frames.Begin(Opcode.Ping, FrameKind.Request, 100 + i);
            frames.End();
        }
    });

    private static async Task ReadPingsAsync(RawPeer peer, int count)
    {
        for (uint i = 0; i < count; i++)
        {
            Assert.Equal(100 + i, (await peer.ReadAsync()).Header.Correlation);
        }
    }
}
