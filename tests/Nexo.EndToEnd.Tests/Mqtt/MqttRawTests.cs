using System.Text;
using Nexo.Server.Mqtt.Codec;

namespace Nexo.EndToEnd.Tests.Mqtt;

/// <summary>What clients may not do, and what they do seldom.</summary>
public sealed class MqttRawTests
{
    private const string Connect5 = "10 0D 0004 4D515454 05 02 0000 00 0000";
    private const string Connect3 = "10 0D 0004 4D515454 04 02 0000 0001 63";

    [Theory]
    [InlineData("10 0F 0006 4D5149736470 03 02 003C 0001 63", "20020001")]
    [InlineData("10 0C 0004 4D515454 04 00 0000 0000", "20020002")]
    [InlineData("30 03 0001 61", "")]
    [InlineData("C0 00", "")]
    [InlineData("10 0D 0004 4D515455 04 02 003C 0001 63", "")]
    [InlineData("474554202F20485454502F312E310D0A0D0A", "")]
    [InlineData("10 FF FF FF 7F", "")]
    [InlineData("10 FF FF FF FF", "")]
    public async Task What_is_no_welcome_client_hears_what_its_version_has_a_word_for_and_is_closed(string hex, string answer)
    {
        await using TestServer server = await TestServer.StartAsync(MqttUser.WithMqtt);
        using MqttPeer peer = await MqttPeer.OpenAsync(server);
        await peer.SendHexAsync(hex);
        Assert.Equal(answer, Convert.ToHexString(await peer.ReadToEndAsync()));
    }

    [Theory]
    [InlineData("10 0D 0004 4D515454 06 02 003C 0001 63", MqttReason.UnsupportedProtocolVersion)]
    [InlineData("10 12 0004 4D515454 05 02 0000 05 15 0002 534D 0000", MqttReason.BadAuthenticationMethod)]
    [InlineData("10 11 0004 4D515454 05 02 003C 03 210000 0001 63", MqttReason.ProtocolError)]
    [InlineData("10 0D 0004 4D515454 05 03 0000 00 0000", MqttReason.MalformedPacket)]
    [InlineData("10 15 0004 4D515454 05 06 0000 00 0001 63 00 0001 23 0001 21", MqttReason.TopicNameInvalid)]
    [InlineData("10 16 0004 4D515454 05 06 0000 00 0001 63 00 0002 2461 0001 21", MqttReason.TopicNameInvalid)]
    public async Task A_client_of_mqtt_5_hears_why_it_is_refused(string hex, object reason)
    {
        await using TestServer server = await TestServer.StartAsync(MqttUser.WithMqtt);
        using MqttPeer peer = await MqttPeer.OpenAsync(server);
        await peer.SendHexAsync(hex);
        MqttPacket answer = await peer.ReadAsync();
        Assert.Equal((MqttPacketType.Connack, (MqttReason)reason), (answer.Type, (MqttReason)answer.Body[1]));
        Assert.Empty(await peer.ReadToEndAsync());
    }

    [Theory]
    [InlineData(Connect5, MqttReason.ProtocolError)]
    [InlineData("30 05 0003 612F23 00", MqttReason.MalformedPacket)]
    [InlineData("30 06 0003 612F23 00", MqttReason.TopicNameInvalid)]
    [InlineData("30 07 0000 03 23 0001 21", MqttReason.ProtocolError)]
    [InlineData("30 08 0001 61 03 23 FFFF 21", MqttReason.TopicAliasInvalid)]
    [InlineData("30 08 0001 61 03 23 0000 21", MqttReason.TopicAliasInvalid)]
    [InlineData("30 09 0001 61 02 0B 01 212121", MqttReason.ProtocolError)]
    [InlineData("80 06 0001 00 0001 61 00", MqttReason.MalformedPacket)]
    [InlineData("82 07 0001 00 0001 61 03", MqttReason.MalformedPacket)]
    [InlineData("20 03 00 00 00", MqttReason.ProtocolError)]
    [InlineData("D0 00", MqttReason.ProtocolError)]
    [InlineData("C0 01 00", MqttReason.ProtocolError)]
    [InlineData("F0 00", MqttReason.ProtocolError)]
    [InlineData("C0 80 00", MqttReason.MalformedPacket)]
    [InlineData("30 FF FF FF 7F", MqttReason.PacketTooLarge)]
    [InlineData("30 FF FF FF FF", MqttReason.MalformedPacket)]
    [InlineData("00 00", MqttReason.ProtocolError)]
    public async Task What_a_client_may_not_send_ends_its_connection_with_the_reason(string hex, object reason)
    {
        await using TestServer server = await TestServer.StartAsync(MqttUser.WithMqtt);
        using MqttPeer peer = await MqttPeer.GreetAsync(server);
        await peer.SendHexAsync(hex);
        await peer.ExpectEndAsync((MqttReason)reason);
        using MqttPeer older = await MqttPeer.GreetAsync(server, MqttVersion.V311, "c");
        await older.SendHexAsync("36 05 0001 61 0001");
        Assert.Empty(await older.ReadToEndAsync());
    }

    [Fact]
    public async Task A_message_with_qos_2_that_comes_twice_is_published_once()
    {
        await using TestServer server = await TestServer.StartAsync(MqttUser.WithMqtt);
        using MqttPeer watcher = await MqttPeer.GreetAsync(server);
        await watcher.SubscribeAsync("#");
        using MqttPeer peer = await MqttPeer.GreetAsync(server);
        await peer.PublishAsync("a", "1", 2, 7);
        await peer.ExpectAsync(MqttPacketType.Pubrec, 7);
        await peer.PublishAsync("a", "1", 2, 7, isDuplicate: true);
        await peer.ExpectAsync(MqttPacketType.Pubrec, 7);
        await peer.AcknowledgeAsync(MqttPacketType.Pubrel, 7);
        await peer.ExpectAsync(MqttPacketType.Pubcomp, 7);
        await peer.AcknowledgeAsync(MqttPacketType.Pubrel, 7);
        await peer.ExpectAsync(MqttPacketType.Pubcomp, 7, MqttReason.PacketIdentifierNotFound);
        await peer.PublishAsync("a", "2", 2, 7);
        await peer.ExpectAsync(MqttPacketType.Pubrec, 7);
        Assert.Equal("1", Encoding.UTF8.GetString((await watcher.ReadAsync()).ToPublish(MqttVersion.V5).Payload));
        Assert.Equal("2", Encoding.UTF8.GetString((await watcher.ReadAsync()).ToPublish(MqttVersion.V5).Payload));
        await watcher.ExpectNothingAsync();
    }

    [Fact]
    public async Task A_refused_message_with_qos_2_leaves_its_identifier_free()
    {
        await using TestServer server = await TestServer.StartAsync(MqttUser.WithMqtt);
        using MqttPeer peer = await MqttPeer.GreetAsync(server);
        await peer.PublishAsync("$SYS/a", "1", 2, 7);
        await peer.ExpectAsync(MqttPacketType.Pubrec, 7, MqttReason.TopicNameInvalid);
        await peer.PublishAsync("a", "1", 2, 7);
        await peer.ExpectAsync(MqttPacketType.Pubrec, 7, MqttReason.NoMatchingSubscribers);
    }

    [Fact]
    public async Task More_unreleased_messages_than_the_receive_maximum_end_the_connection()
    {
        await using TestServer server = await TestServer.StartAsync(options =>
        {
            options = MqttUser.WithMqtt(options);
            return options with { Mqtt = options.Mqtt with { ReceiveMaximum = 2 } };
        });
        using MqttPeer peer = await MqttPeer.GreetAsync(server);
        for (ushort id = 1; id <= 2; id++)
        {
            await peer.PublishAsync("a", "1", 2, id);
            await peer.ExpectAsync(MqttPacketType.Pubrec, id, MqttReason.NoMatchingSubscribers);
        }

        await peer.PublishAsync("a", "1", 2, 3);
        await peer.ExpectEndAsync(MqttReason.ReceiveMaximumExceeded);
    }

    [Fact]
    public async Task No_more_is_on_its_way_than_the_client_takes_and_what_is_acknowledged_makes_room()
    {
        await using TestServer server = await TestServer.StartAsync(MqttUser.WithMqtt);
        using MqttPeer peer = await MqttPeer.GreetAsync(server, properties: [0x21, 0, 2]);
        await peer.SubscribeAsync("a", 2);
        using MqttPeer publisher = await MqttPeer.GreetAsync(server, MqttVersion.V311, "p");
        for (ushort i = 1; i <= 6; i++)
        {
            byte qos = (byte)(1 + (i % 2));
            await publisher.PublishAsync("a", $"{i}", qos, i);
            await publisher.ExpectAsync(qos == 1 ? MqttPacketType.Puback : MqttPacketType.Pubrec, i);
        }

        ushort first = Next(await peer.ReadAsync(), "1", 2);
        ushort second = Next(await peer.ReadAsync(), "2", 1);
        await peer.ExpectNothingAsync();
        await peer.AcknowledgeAsync(MqttPacketType.Puback, second);
        ushort third = Next(await peer.ReadAsync(), "3", 2);
        await peer.AcknowledgeAsync(MqttPacketType.Pubrec, first);
        await peer.ExpectAsync(MqttPacketType.Pubrel, first);
        await peer.ExpectNothingAsync();
        await peer.AcknowledgeAsync(MqttPacketType.Pubcomp, first);
        ushort fourth = Next(await peer.ReadAsync(), "4", 1);

        // What is not known, or is of another kind, changes nothing.
        await peer.AcknowledgeAsync(MqttPacketType.Puback, 1_000);
        await peer.AcknowledgeAsync(MqttPacketType.Puback, third);
        await peer.AcknowledgeAsync(MqttPacketType.Pubrec, 1_000);
        await peer.ExpectAsync(MqttPacketType.Pubrel, 1_000, MqttReason.PacketIdentifierNotFound);
        await peer.ExpectNothingAsync();

        // A refusal ends it.
        await peer.SendAsync(0x50, 3, 0, (byte)third, 0x97);
        Next(await peer.ReadAsync(), "5", 2);
        await peer.AcknowledgeAsync(MqttPacketType.Puback, fourth);
        Next(await peer.ReadAsync(), "6", 1);

        static ushort Next(MqttPacket packet, string body, byte qos)
        {
            PublishPacket publish = packet.ToPublish(MqttVersion.V5);
            Assert.Equal((body, qos, false), (Encoding.UTF8.GetString(publish.Payload), publish.Qos, publish.IsDuplicate));
            return publish.PacketId;
        }
    }

    [Fact]
    public async Task Topics_get_aliases_as_many_as_the_client_takes()
    {
        await using TestServer server = await TestServer.StartAsync(MqttUser.WithMqtt);
        using MqttPeer peer = await MqttPeer.GreetAsync(server, properties: [0x22, 0, 2]);
        await peer.SubscribeAsync("#", 1);
        using MqttPeer publisher = await MqttPeer.GreetAsync(server);
        string[] topics = ["a", "b", "c", "a", "b", "c"];
        for (int i = 0; i < topics.Length; i++)
        {
            // With a property, so that the alias stands beside another.
            await publisher.PublishAsync(topics[i], $"{i}", (byte)(i % 2), (ushort)(i % 2), properties: [0x02, 0, 0, 0, 99]);
        }

        List<string> seen = [];
        for (int i = 0; i < topics.Length; i++)
        {
            PublishPacket packet = (await peer.ReadAsync()).ToPublish(MqttVersion.V5);
            uint? alias = packet.Properties.Number(MqttProperty.TopicAlias);
            seen.Add($"{Encoding.UTF8.GetString(packet.Topic)}:{alias}={Encoding.UTF8.GetString(packet.Payload)}");
            Assert.Equal(99U, packet.Properties.Number(MqttProperty.MessageExpiry));
        }

        Assert.Equal(["a:1=0", "b:2=1", "c:=2", ":1=3", ":2=4", "c:=5"], seen);
    }

    [Theory]
    [InlineData(MqttVersion.V311)]
    [InlineData(MqttVersion.V5)]
    public async Task Silence_for_one_and_a_half_times_the_keep_alive_ends_the_connection(object given)
    {
        var version = (MqttVersion)given;
        await using TestServer server = await TestServer.StartAsync(MqttUser.WithMqtt);
        using MqttPeer silent = await MqttPeer.GreetAsync(server, version, "silent", keepAlive: 1);
        using MqttPeer pinging = await MqttPeer.GreetAsync(server, version, "pinging", keepAlive: 1);
        var clock = System.Diagnostics.Stopwatch.StartNew();
        Task<byte[]> ended = silent.ReadToEndAsync();
        while (!ended.IsCompleted)
        {
            await pinging.ExpectNothingAsync();
            await Task.Delay(100);
        }

        Assert.InRange(clock.Elapsed.TotalSeconds, 1.2, 10);
        byte[] told = await ended;
        Assert.Equal(version == MqttVersion.V5 ? (byte)MqttReason.KeepAliveTimeout : 0, told.Length == 0 ? 0 : told[2]);
        await pinging.ExpectNothingAsync();
    }

    [Fact]
    public async Task A_client_that_takes_small_packets_gets_no_larger_ones_when_it_connects()
    {
        await using TestServer server = await TestServer.StartAsync(MqttUser.WithMqtt);
        byte[] mayTake24 = [(byte)MqttProperty.MaximumPacketSize, 0, 0, 0, 24];
        using MqttPeer named = await MqttPeer.GreetAsync(server, clientId: "c", properties: mayTake24);
        using MqttPeer nameless = await MqttPeer.OpenAsync(server);
        await nameless.SendAsync(MqttPeer.Connect(MqttVersion.V5, "", mayTake24));
        MqttPacket answer = await nameless.ReadAsync();
        Assert.Equal((MqttPacketType.Connack, MqttReason.PacketTooLarge), (answer.Type, (MqttReason)answer.Body[1]));
        Assert.InRange(answer.Header.TotalSize, 1, 24);
        using MqttPeer wrong = await MqttPeer.OpenAsync(server);
        await wrong.SendAsync(MqttPeer.Connect(MqttVersion.V5, new string('c', 1_025), mayTake24));
        answer = await wrong.ReadAsync();
        Assert.Equal((MqttPacketType.Connack, MqttReason.ClientIdentifierNotValid), (answer.Type, (MqttReason)answer.Body[1]));
        Assert.InRange(answer.Header.TotalSize, 1, 24);
    }

    [Fact]
    public async Task Packets_are_counted_by_type_and_so_is_who_is_refused_or_comes_again()
    {
        await using TestServer server = await TestServer.StartAsync(MqttUser.WithMqtt);
        using MqttPeer first = await MqttPeer.GreetAsync(server, clientId: "c");
        await first.SubscribeAsync("a", 1);
        await first.PublishAsync("a", "1", 1, 1);
        await first.ReadAsync();
        await first.ReadAsync();
        await first.AcknowledgeAsync(MqttPacketType.Puback, 1);
        await first.PublishAsync("$SYS/a", "1", 1, 2);
        await first.ReadAsync();
        await first.ExpectNothingAsync();
        using MqttPeer second = await MqttPeer.GreetAsync(server, clientId: "c");
        using MqttPeer refused = await MqttPeer.OpenAsync(server);
        await refused.SendHexAsync("10 0D 0004 4D515454 06 02 003C 0001 63");
        await refused.ReadToEndAsync();

        Nexo.Server.Mqtt.MqttCounters counters = server.Native.Mqtt;
        Assert.Equal((2, 1, 1, 1), (
            counters.Received(MqttPacketType.Publish),
            counters.Received(MqttPacketType.Puback),
            counters.Received(MqttPacketType.Subscribe),
            counters.Received(MqttPacketType.Pingreq)));
        Assert.Equal((1, 2, 1, 3, 1, 1), (
            counters.Sent(MqttPacketType.Publish),
            counters.Sent(MqttPacketType.Puback),
            counters.Sent(MqttPacketType.Suback),
            counters.Sent(MqttPacketType.Connack),
            counters.Sent(MqttPacketType.Pingresp),
            counters.Sent(MqttPacketType.Disconnect)));
        Assert.Equal((1, 1, 1), (counters.RefusedConnects, counters.RefusedMessages, counters.TakenOver));
    }

    [Fact]
    public async Task A_stop_tells_clients_of_mqtt_5_why()
    {
        await using TestServer server = await TestServer.StartAsync(MqttUser.WithMqtt);
        using MqttPeer peer = await MqttPeer.GreetAsync(server);
        using MqttPeer older = await MqttPeer.GreetAsync(server, MqttVersion.V311, "c");
        Task stop = server.StopAsync();
        await peer.ExpectEndAsync(MqttReason.ServerShuttingDown);
        Assert.Empty(await older.ReadToEndAsync());
        await stop;
    }

    [Fact]
    public async Task A_pipeline_cut_at_every_byte_is_answered_whole()
    {
        await using TestServer server = await TestServer.StartAsync(MqttUser.WithMqtt);
        byte[] pipeline = Convert.FromHexString(
            (Connect3 + "82 06 0001 0001 61 01" + "32 06 0001 61 0002 78" + "34 06 0001 61 0003 79" + "62 02 0003" + "C0 00")
            .Replace(" ", string.Empty, StringComparison.Ordinal));
        for (int cut = 1; cut < pipeline.Length; cut++)
        {
            using MqttPeer peer = await MqttPeer.OpenAsync(server, MqttVersion.V311);
            await peer.SendAsync(pipeline[..cut]);
            await peer.SendAsync(pipeline[cut..]);
            List<MqttPacketType> types = [];
            while (types.Count < 8)
            {
                types.Add((await peer.ReadAsync()).Type);
            }

            Assert.Equal(
                [MqttPacketType.Connack, MqttPacketType.Publish, MqttPacketType.Publish, MqttPacketType.Puback,
                    MqttPacketType.Pubrec, MqttPacketType.Pubcomp, MqttPacketType.Suback, MqttPacketType.Pingresp],
                types.OrderBy(type => type is MqttPacketType.Suback ? 10 : (int)type));
        }
    }
}
