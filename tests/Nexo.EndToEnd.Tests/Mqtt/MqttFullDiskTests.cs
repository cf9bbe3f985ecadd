using System.Text;
using Nexo.Client;
using Nexo.EndToEnd.Tests.Data;
using Nexo.Protocol;
using Nexo.Server.Mqtt.Codec;
using Nexo.Storage;

namespace Nexo.EndToEnd.Tests.Mqtt;

/// <summary>What cannot be kept is not acknowledged: full disks, a log that has failed, targets that refuse.</summary>
public sealed class MqttFullDiskTests
{
    private static readonly byte[] Lasting = [(byte)MqttProperty.SessionExpiry, 0, 0, 1, 0];

    [Fact]
    public async Task On_a_full_disk_messages_for_sessions_are_refused_and_none_that_was_acknowledged_is_missing()
    {
        var disk = new SimulatedDisk();
        await using TestServer server = await TestServer.StartAsync(options => DurableServer.On(MqttUser.WithMqtt(options), disk));
        using (MqttPeer away = await MqttPeer.GreetAsync(server, clientId: "away", properties: Lasting))
        {
            await away.SubscribeAsync("t", 2);
        }

        using MqttPeer publisher = await MqttPeer.GreetAsync(server, clientId: "publisher", properties: Lasting);
        disk.CapacityBytes = 5 * 1_024 * 1_024;
        string body = new('x', 20_000);
        int acknowledged = 0;
        for (ushort id = 1; ; id++)
        {
            await publisher.PublishAsync("t", $"{id}:{body}", 1, id);
            if (await ReasonAsync(publisher, MqttPacketType.Puback, id) is var reason && reason != MqttReason.Success)
            {
                Assert.Equal(MqttReason.QuotaExceeded, reason);
                break;
            }

            acknowledged++;
            Assert.True(id < 1_000, "the disk was never full");
        }

        await publisher.PublishAsync("t", "exactly:" + body, 2, 2_000);
        Assert.Equal(MqttReason.QuotaExceeded, await ReasonAsync(publisher, MqttPacketType.Pubrec, 2_000));
        using (MqttPeer older = await MqttPeer.GreetAsync(server, MqttVersion.V311, "older"))
        {
            await older.PublishAsync("t", body, 1, 1);
            Assert.Empty(await older.ReadToEndAsync());
        }

        await using (NexoClient native = await NexoClient.ConnectAsync(server.Url))
        {
            NexoException refused = await Assert.ThrowsAsync<NexoException>(
                async () => await native.Topics.PublishAsync("t", body));
            Assert.Equal(ErrorCode.StorageFull, refused.Code);
        }

        Assert.Equal(0, server.Native.Sessions.Stats.Dropped);
        disk.CapacityBytes = 64 * 1_024 * 1_024;
        await Poll.UntilAsync(() => server.Log().RoomFor(body.Length) == LogRoom.Ok);
        await publisher.PublishAsync("t", "last", 2, 2_000);
        Assert.Equal(MqttReason.Success, await ReasonAsync(publisher, MqttPacketType.Pubrec, 2_000));

        using MqttPeer back = await MqttPeer.GreetAsync(server, clientId: "away", properties: Lasting, isClean: false);
        for (int i = 1; i <= acknowledged; i++)
        {
            PublishPacket packet = (await back.ReadAsync()).ToPublish(MqttVersion.V5);
            Assert.StartsWith($"{i}:", Encoding.UTF8.GetString(packet.Payload), StringComparison.Ordinal);
            await back.AcknowledgeAsync(MqttPacketType.Puback, packet.PacketId);
        }

        Assert.Equal("last", Encoding.UTF8.GetString((await back.ReadAsync()).ToPublish(MqttVersion.V5).Payload));
    }

    [Theory]
    [InlineData(MqttVersion.V311)]
    [InlineData(MqttVersion.V5)]
    public async Task A_message_with_qos_2_that_a_full_queue_refuses_is_published_when_it_is_sent_again(object given)
    {
        var version = (MqttVersion)given;
        await using TestServer server = await TestServer.StartAsync(MqttUser.WithMqtt);
        await using NexoClient native = await NexoClient.ConnectAsync(server.Url);
        NexoQueue<string> queue = native.Queue<string>("full");
        await queue.DeclareAsync(new QueueOptions { MessagesMax = 1, WhenFull = FullQueueAction.Reject });
        await native.Topics.Bindings.SetAsync(new TopicBinding("b", "t", BindingTarget.Queue, "full"));
        await queue.PushAsync("there");
        byte[] properties = version == MqttVersion.V5 ? Lasting : [];
        using (MqttPeer first = await MqttPeer.GreetAsync(server, version, "c", properties, isClean: false))
        {
            await first.PublishAsync("t", "kept", 2, 7);
            if (version == MqttVersion.V5)
            {
                Assert.Equal(MqttReason.ImplementationSpecificError, await ReasonAsync(first, MqttPacketType.Pubrec, 7));
            }
            else
            {
                Assert.Empty(await first.ReadToEndAsync());
            }
        }

        await queue.PurgeAsync();
        using MqttPeer again = await MqttPeer.GreetAsync(server, version, "c", properties, isClean: false);
        await again.PublishAsync("t", "kept", 2, 7, isDuplicate: true);
        Assert.Equal(MqttReason.Success, await ReasonAsync(again, MqttPacketType.Pubrec, 7, version));
        Assert.Equal(1, (await queue.StatsAsync()).Ready);
    }

    [Fact]
    public async Task After_the_log_has_failed_nothing_for_sessions_is_acknowledged()
    {
        var disk = new SimulatedDisk();
        await using TestServer server = await TestServer.StartAsync(options => DurableServer.On(MqttUser.WithMqtt(options), disk));
        using MqttPeer away = await MqttPeer.GreetAsync(server, clientId: "away", properties: Lasting);
        await away.SubscribeAsync("t", 1);
        using MqttPeer publisher = await MqttPeer.GreetAsync(server, clientId: "p");
        using MqttPeer waiting = await MqttPeer.GreetAsync(server, clientId: "w");
        disk.FailAt(1, DiskError.Io, DiskOperationKinds.Sync, fromThenOn: true);
        await waiting.PublishAsync("t", "unknown", 1, 1);
        await waiting.ExpectEndAsync(MqttReason.UnspecifiedError);
        await publisher.PublishAsync("t", "refused", 1, 1);
        Assert.Equal(MqttReason.UnspecifiedError, await ReasonAsync(publisher, MqttPacketType.Puback, 1));
        using MqttPeer late = await MqttPeer.OpenAsync(server);
        await late.SendAsync(MqttPeer.Connect(MqttVersion.V5, "late", Lasting));
        MqttPacket answer = await late.ReadAsync();
        Assert.Equal((MqttPacketType.Connack, MqttReason.ServerUnavailable), (answer.Type, (MqttReason)answer.Body[1]));
    }

    private static async Task<MqttReason> ReasonAsync(MqttPeer peer, MqttPacketType type, ushort id, MqttVersion version = MqttVersion.V5)
    {
        MqttPacket packet = await peer.ReadAsync();
        Assert.Equal(type, packet.Type);
        Assert.Equal(MqttReason.Success, AckPacket.TryRead(packet.Body, type, version, out AckPacket ack));
        Assert.Equal(id, ack.PacketId);
        return ack.Reason;
    }
}
