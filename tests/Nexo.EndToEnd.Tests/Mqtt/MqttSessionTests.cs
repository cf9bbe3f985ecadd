using MQTTnet;
using MQTTnet.Formatter;
using Nexo.Client;
using Nexo.EndToEnd.Tests.Data;
using Nexo.Engine.Sessions;
using Nexo.Server.Mqtt.Codec;
using Nexo.Storage;

namespace Nexo.EndToEnd.Tests.Mqtt;

/// <summary>Sessions that outlive their connections, and the server.</summary>
public sealed class MqttSessionTests
{
    [Theory]
    [InlineData(MqttProtocolVersion.V311)]
    [InlineData(MqttProtocolVersion.V500)]
    public async Task What_comes_while_the_client_is_away_waits_for_it_also_over_a_restart(MqttProtocolVersion version)
    {
        var disk = new SimulatedDisk();
        await using (TestServer server = await StartAsync(disk))
        {
            await using MqttUser publisher = await MqttUser.ConnectAsync(server, version);
            await using (MqttUser away = await ConnectAsync(server, "away", version))
            {
                Assert.False(away.Welcome.IsSessionPresent);
                await away.SubscribeAsync("news/#", 2, identifier: version == MqttProtocolVersion.V500 ? 7u : 0);
            }

            await publisher.PublishAsync("news/1", "one", 1);
            await publisher.PublishAsync("news/2", "two", 2, retain: true);
            await publisher.PublishAsync("news/3", "three");
        }

        await using TestServer again = await StartAsync(disk);
        Assert.Equal(1, again.Native.Sessions.Stats.Sessions);
        await using MqttUser other = await MqttUser.ConnectAsync(again, version);
        await other.PublishAsync("news/4", "four", 1);
        await using (MqttUser back = await ConnectAsync(again, "away", version))
        {
            Assert.True(back.Welcome.IsSessionPresent);
            Assert.Equal(["news/1=one/1", "news/2=two/2", "news/4=four/1"], await back.ReceiveAsync(3));
            await other.PublishAsync("news/5", "five");
            MqttApplicationMessage live = await back.ReceiveAsync();
            Assert.Equal("news/5=five/0", MqttUser.TextOf(live));
            if (version == MqttProtocolVersion.V500)
            {
                Assert.Equal([7u], live.SubscriptionIdentifiers);
            }

            Assert.Empty(await back.ReceiveRestAsync());
            await Poll.UntilAsync(() => again.Native.Sessions.Stats.Messages == 0);
        }
    }

    [Fact]
    public async Task A_native_publish_reaches_a_session_whose_client_is_away()
    {
        var disk = new SimulatedDisk();
        await using TestServer server = await StartAsync(disk);
        await using (MqttUser away = await ConnectAsync(server, "away"))
        {
            await away.SubscribeAsync("orders/+", 1);
        }

        await using (var client = new NexoClient(new NexoClientOptions { Url = server.Url }))
        {
            await client.Topics.PublishAsync("orders/7", "native");
        }

        await using MqttUser back = await ConnectAsync(server, "away");
        Assert.Single(await back.ReceiveAsync(1));
    }

    [Fact]
    public async Task A_clean_start_ends_the_session_and_an_expiry_too()
    {
        await using TestServer server = await TestServer.StartAsync(MqttUser.WithMqtt);
        await using (MqttUser first = await ConnectAsync(server, "c"))
        {
            await first.SubscribeAsync("a", 1);
        }

        await using (MqttUser clean = await MqttUser.ConnectAsync(server, change: o => o.WithClientId("c").WithCleanStart()))
        {
            Assert.False(clean.Welcome.IsSessionPresent);
        }

        Assert.Equal(0, server.Native.Sessions.Stats.Sessions);
        Assert.Equal(0, server.Native.Topics.Stats.Subscriptions);
        await using (MqttUser brief = await MqttUser.ConnectAsync(
            server, change: o => o.WithClientId("brief").WithCleanStart(false).WithSessionExpiryInterval(1)))
        {
            await brief.SubscribeAsync("a", 1);
        }

        Assert.Equal(1, server.Native.Sessions.Stats.Sessions);
        await Poll.UntilAsync(() => server.Native.Sessions.Stats.Sessions == 0);
        Assert.Equal(0, server.Native.Topics.Stats.Subscriptions);
    }

    [Fact]
    public async Task Who_comes_again_takes_its_session_and_gets_again_what_it_has_not_acknowledged()
    {
        await using TestServer server = await TestServer.StartAsync(MqttUser.WithMqtt);
        byte[] lasting = [(byte)MqttProperty.SessionExpiry, 0, 0, 1, 0];
        using MqttPeer first = await MqttPeer.GreetAsync(server, clientId: "c", properties: lasting);
        await first.SubscribeAsync("t", 2);
        await first.PublishAsync("t", "one", 1, packetId: 1);
        await first.PublishAsync("t", "two", 2, packetId: 2);

        // Its own messages and their acknowledgements come in one order or the other.
        HashSet<string> heard = [];
        for (int i = 0; i < 4; i++)
        {
            MqttPacket packet = await first.ReadAsync();
            heard.Add(packet.Type == MqttPacketType.Publish ? BodyOf(packet) : packet.Type.ToString());
        }

        Assert.Equal(["Puback", "Pubrec", "one", "two"], heard.Order(StringComparer.Ordinal));
        await first.AcknowledgeAsync(MqttPacketType.Pubrec, 2);
        await first.ExpectAsync(MqttPacketType.Pubrel, 2);

        using MqttPeer second = await MqttPeer.OpenAsync(server);
        byte[] connect = MqttPeer.Connect(MqttVersion.V5, "c", lasting);
        connect[9] &= 0xFD;
        await second.SendAsync(connect);
        MqttPacket welcome = await second.ReadAsync();
        Assert.Equal((MqttPacketType.Connack, 1, 0), (welcome.Type, welcome.Body[0], welcome.Body[1]));
        Assert.NotEmpty(await first.ReadToEndAsync());

        MqttPacket again = await second.ReadAsync();
        PublishPacket one = again.ToPublish(MqttVersion.V5);
        Assert.Equal((true, 1, (ushort)1, "one"), (one.IsDuplicate, (int)one.Qos, one.PacketId, BodyOf(again)));
        await second.ExpectAsync(MqttPacketType.Pubrel, 2);
        await second.AcknowledgeAsync(MqttPacketType.Puback, 1);
        await second.AcknowledgeAsync(MqttPacketType.Pubcomp, 2);

        // The publisher has not heard of its PUBREC: its message is not taken twice.
        await second.PublishAsync("t", "two", 2, packetId: 2, isDuplicate: true);
        await second.ExpectAsync(MqttPacketType.Pubrec, 2);
        await second.AcknowledgeAsync(MqttPacketType.Pubrel, 2);
        await second.ExpectAsync(MqttPacketType.Pubcomp, 2);
        await second.ExpectNothingAsync();
        Assert.Equal(0, server.Native.Sessions.Stats.Messages);
        Assert.Equal(0, server.Native.Sessions.Stats.TakenOver);
    }

    [Fact]
    public async Task The_receive_maximum_bounds_what_is_on_its_way_and_a_session_drops_beyond_its_limits()
    {
        await using TestServer server = await TestServer.StartAsync(options => MqttUser.WithMqtt(options) with
        {
            Mqtt = options.Mqtt with { Port = 0, SessionMessagesMax = 4 },
        });
        byte[] properties = [(byte)MqttProperty.SessionExpiry, 0, 0, 1, 0, (byte)MqttProperty.ReceiveMaximum, 0, 2];
        using MqttPeer slow = await MqttPeer.GreetAsync(server, clientId: "slow", properties: properties);
        await slow.SubscribeAsync("t", 1);
        await using MqttUser publisher = await MqttUser.ConnectAsync(server);
        for (int i = 1; i <= 7; i++)
        {
            await publisher.PublishAsync("t", $"{i}", 1);
        }

        Assert.Equal("1", BodyOf(await slow.ReadAsync()));
        Assert.Equal("2", BodyOf(await slow.ReadAsync()));
        await slow.ExpectNothingAsync();
        SessionStats stats = server.Native.Sessions.Stats;
        Assert.Equal((4, 3), (stats.Messages, stats.Dropped));
        await slow.AcknowledgeAsync(MqttPacketType.Puback, 1);
        Assert.Equal("6", BodyOf(await slow.ReadAsync()));
        await slow.ExpectNothingAsync();
    }

    [Fact]
    public async Task Of_connections_that_take_a_client_from_each_other_the_last_has_its_session_and_no_other_holds_it()
    {
        await using TestServer server = await TestServer.StartAsync(MqttUser.WithMqtt);
        byte[] lasting = [(byte)MqttProperty.SessionExpiry, 0, 0, 1, 0];
        for (int round = 0; round < 40; round++)
        {
            await Task.WhenAll(Enumerable.Range(0, 12).Select(async _ =>
            {
                using MqttPeer peer = await MqttPeer.OpenAsync(server);
                await peer.SendAsync(MqttPeer.Connect(MqttVersion.V5, "same", lasting, isClean: false));
                await peer.SendHexAsync("C0 00");
                try
                {
                    await peer.ReadAsync();
                }
                catch (Exception failure) when (failure is System.Net.Sockets.SocketException or Xunit.Sdk.XunitException)
                {
                    // Taken over before it was told.
                }
            }));
            await Poll.UntilAsync(() => server.Native.Clients.Count == 0);
            Assert.Equal((1, 0), (server.Native.Sessions.Stats.Sessions, server.Native.Sessions.Stats.Connected));
        }

        using MqttPeer last = await MqttPeer.GreetAsync(server, clientId: "same", properties: lasting, isClean: false);
        await last.SubscribeAsync("t", 1);
        await last.PublishAsync("t", "x", 1, 1);
        Assert.Equal(
            [MqttPacketType.Publish, MqttPacketType.Puback],
            new[] { (await last.ReadAsync()).Type, (await last.ReadAsync()).Type }.Order());
    }

    [Fact]
    public async Task A_pipeline_for_many_sessions_is_in_the_log_message_by_message_and_holds_it_up_for_no_longer()
    {
        const int Sessions = 256;
        const int Messages = 300;
        var disk = new SimulatedDisk();
        await using TestServer server = await StartAsync(disk);
        byte[] lasting = [(byte)MqttProperty.SessionExpiry, 0, 0, 1, 0];
        for (int i = 0; i < Sessions; i++)
        {
            using MqttPeer away = await MqttPeer.GreetAsync(server, clientId: $"away{i}", properties: lasting);
            await away.SubscribeAsync("t", 2);
        }

        using MqttPeer publisher = await MqttPeer.GreetAsync(server, clientId: "publisher", properties: lasting);
        long before = server.Log().Stats.Commits;
        List<byte> pipeline = [];
        for (ushort id = 1; id <= Messages; id++)
        {
            var packet = new PublishPacket { Topic = "t"u8, Payload = "x"u8, Qos = 2, PacketId = id };
            byte[] bytes = new byte[packet.Measure(MqttVersion.V5)];
            packet.Write(bytes, MqttVersion.V5);
            pipeline.AddRange(bytes);
        }

        await publisher.SendAsync([.. pipeline]);
        for (ushort id = 1; id <= Messages; id++)
        {
            await publisher.ExpectAsync(MqttPacketType.Pubrec, id);
        }

        Assert.Equal(Sessions * Messages, server.Native.Sessions.Stats.Messages);
        Assert.InRange(server.Log().Stats.Commits - before, 4, long.MaxValue);
    }

    [Fact]
    public async Task A_restored_backup_has_the_sessions_and_the_doctor_counts_them()
    {
        string folder = Directory.CreateTempSubdirectory("nexo-mqtt-").FullName;
        try
        {
            string file = Path.Combine(folder, "one.backup");
            string target = Path.Combine(folder, "target");
            await using (TestServer server = await StartAsync(Path.Combine(folder, "source")))
            {
                await using (MqttUser away = await ConnectAsync(server, "away"))
                {
                    await away.SubscribeAsync("news/#", 2, identifier: 7);
                }

                await using MqttUser publisher = await MqttUser.ConnectAsync(server);
                await publisher.PublishAsync("news/1", "one", 1);
                await publisher.PublishAsync("news/2", "two", 2);
                Cli.Tests.CliResult made = await Cli.Tests.CliRunner.For(server.Url).Run("backup", file);
                Assert.Equal(0, made.ExitCode);
            }

            Cli.Tests.CliResult restored = await new Cli.Tests.CliRunner().Run("restore", file, "--data", target);
            Assert.Equal(0, restored.ExitCode);
            Cli.Tests.CliResult examined = await new Cli.Tests.CliRunner().Run("doctor", target, "--json");
            Assert.Equal(0, examined.ExitCode);
            Assert.InRange(examined.Json.GetProperty("records").GetProperty("sessions").GetInt64(), 4, 100);
            await using TestServer again = await StartAsync(target);
            await using MqttUser back = await ConnectAsync(again, "away");
            Assert.True(back.Welcome.IsSessionPresent);
            Assert.Equal(["news/1=one/1", "news/2=two/2"], await back.ReceiveAsync(2));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string BodyOf(MqttPacket packet) =>
        System.Text.Encoding.UTF8.GetString(packet.ToPublish(MqttVersion.V5).Payload);

    private static Task<MqttUser> ConnectAsync(
        TestServer server, string client, MqttProtocolVersion version = MqttProtocolVersion.V500) =>
        MqttUser.ConnectAsync(server, version, options =>
        {
            options.WithClientId(client).WithCleanSession(false);
            if (version == MqttProtocolVersion.V500)
            {
                options.WithSessionExpiryInterval(3_600);
            }
        });

    private static Task<TestServer> StartAsync(string directory) =>
        TestServer.StartAsync(options => MqttUser.WithMqtt(options) with { DataDirectory = directory });

    private static Task<TestServer> StartAsync(SimulatedDisk disk) =>
        TestServer.StartAsync(options => DurableServer.On(MqttUser.WithMqtt(options), disk));
}
