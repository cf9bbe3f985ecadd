using System.Text;
using MQTTnet;
using MQTTnet.Formatter;
using Nexo.EndToEnd.Tests.Mqtt;
using Nexo.Server.Mqtt.Codec;

namespace Nexo.EndToEnd.Tests.Security;

public sealed class MqttAccessTests
{
    // By which the client finds out that nothing more comes.
    private const string Marker = "topics read,write marker/#";

    public static TheoryData<MqttProtocolVersion> Versions => [MqttProtocolVersion.V311, MqttProtocolVersion.V500];

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task Filters_are_granted_one_by_one(MqttProtocolVersion version)
    {
        await using SecureServer secure = await StartAsync("topics read sensors/#");
        await using MqttUser user = await ConnectAsync(secure, "ada", version);
        MqttClientSubscribeOptions options = new MqttClientSubscribeOptionsBuilder()
            .WithTopicFilter("sensors/+/temp").WithTopicFilter("#").WithTopicFilter("$share/g/sensors/#").WithTopicFilter("+/temp").Build();
        MqttClientSubscribeResult result = await user.Client.SubscribeAsync(options);

        MqttClientSubscribeResultCode refused = version == MqttProtocolVersion.V500
            ? MqttClientSubscribeResultCode.NotAuthorized
            : MqttClientSubscribeResultCode.UnspecifiedError;
        Assert.Equal(
            [MqttClientSubscribeResultCode.GrantedQoS0, refused, MqttClientSubscribeResultCode.GrantedQoS0, refused],
            result.Items.Select(item => item.ResultCode));
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task What_may_not_be_published_goes_nowhere(MqttProtocolVersion version)
    {
        await using SecureServer secure = await StartAsync("topics write mine/#");
        await using MqttUser keeper = await ConnectAsync(secure, SecureServer.Operator, version);
        await keeper.SubscribeAsync("#", 2);
        await using MqttUser user = await ConnectAsync(secure, "ada", version);
        for (int quality = 0; quality < 3; quality++)
        {
            MqttClientPublishResult refused = await user.PublishAsync("other", "x", quality);
            Assert.Equal(version == MqttProtocolVersion.V311 || quality == 0, refused.IsSuccess);
            Assert.True(quality != 1 || refused.IsSuccess || refused.ReasonCode == MqttClientPublishReasonCode.NotAuthorized);
            await user.PublishAsync("mine/a", $"{quality}", quality);
        }

        Assert.Equal(["mine/a=0/0", "mine/a=1/1", "mine/a=2/2"], await keeper.ReceiveAsync(3));
        Assert.Empty(await keeper.ReceiveRestAsync());
    }

    [Fact]
    public async Task A_will_that_may_not_be_published_refuses_the_connection()
    {
        await using SecureServer secure = await StartAsync("topics write mine/#");
        await using MqttUser fine = await ConnectAsync(secure, "ada", MqttProtocolVersion.V500, options => options.WithWillTopic("mine/will"));
        Assert.Equal(MqttClientConnectResultCode.Success, fine.Welcome.ResultCode);
        await using MqttUser user = await ConnectAsync(
            secure, "ada", MqttProtocolVersion.V500, options => options.WithWillTopic("other"));
        Assert.Equal(MqttClientConnectResultCode.NotAuthorized, user.Welcome.ResultCode);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Filters_that_are_not_allowed_any_more_deliver_nothing_whether_the_session_lasts_or_not(bool lasts)
    {
        await using SecureServer secure = await StartAsync("topics read a", "topics read b");
        await using MqttUser user = await ConnectAsync(secure, "ada", MqttProtocolVersion.V500, options => options
            .WithCleanStart(false).WithSessionExpiryInterval(lasts ? 1_000U : 0));
        await user.SubscribeAsync("a", 1);
        await user.SubscribeAsync("b", 1);
        await secure.AllowAsync("ada", "topics read b", Marker);

        await PublishBothAsync(secure);
        Assert.Equal(["b=x/1"], await user.ReceiveAsync(1));
        Assert.Empty(await user.ReceiveRestAsync());
    }

    [Fact]
    public async Task A_session_whose_client_is_away_loses_them_too_and_what_has_come_by_them()
    {
        await using SecureServer secure = await StartAsync("topics read a", "topics read b");
        const string Client = "away";
        await using (MqttUser user = await ConnectAsync(secure, "ada", MqttProtocolVersion.V500, options => options
            .WithClientId(Client).WithCleanStart(false).WithSessionExpiryInterval(1_000)))
        {
            await user.SubscribeAsync("a", 1);
            await user.SubscribeAsync("b", 1);
            await user.Client.DisconnectAsync();
        }

        await PublishBothAsync(secure);
        await secure.AllowAsync("ada", "topics read b", Marker);
        await PublishBothAsync(secure);

        await using MqttUser back = await ConnectAsync(secure, "ada", MqttProtocolVersion.V500, options => options
            .WithClientId(Client).WithCleanStart(false).WithSessionExpiryInterval(1_000));
        Assert.True(back.Welcome.IsSessionPresent);
        Assert.Equal(["b=x/1", "b=x/1"], await back.ReceiveAsync(2));
        Assert.Empty(await back.ReceiveRestAsync());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task What_waits_for_a_client_that_takes_one_at_a_time_is_not_delivered_after_its_rule_is_gone(int qos)
    {
        await using SecureServer secure = await StartAsync("topics read a/#", "topics read b/#");
        await using MqttUser keeper = await ConnectAsync(secure, SecureServer.Operator, MqttProtocolVersion.V500);
        using MqttPeer slow = await MqttPeer.OpenAsync(secure.Server);
        await slow.SendAsync(ConnectOneAtATime("ada"));
        Assert.Equal(MqttPacketType.Connack, (await slow.ReadAsync()).Type);
        await slow.SubscribeAsync("a/#", (byte)qos);
        await slow.SubscribeAsync("b/#", (byte)qos);
        foreach (string topic in (string[])["a/1", "a/2", "b/1", "a/3", "b/2"])
        {
            await keeper.PublishAsync(topic, "x", qos);
        }

        // It has the first one, and has not acknowledged it.
        Assert.Equal("a/1", Topic(await slow.ReadAsync()));
        await secure.AllowAsync("ada", "topics read b/#");

        ushort id = 1;
        foreach (string expected in (string[])["b/1", "b/2"])
        {
            id = await FinishAsync(slow, id, qos, expected);
        }
    }

    [Fact]
    public async Task What_a_group_has_given_to_a_client_that_may_not_have_it_any_more_goes_to_another_member()
    {
        // What it may have lies between, so each acknowledgement brings one to give back.
        const int Count = 500;
        await using SecureServer secure = await StartAsync("topics read a/#", "topics read b/#");
        await secure.AllowAsync("eve", "topics read a/#");
        await using MqttUser keeper = await ConnectAsync(secure, SecureServer.Operator, MqttProtocolVersion.V500);
        using MqttPeer slow = await MqttPeer.OpenAsync(secure.Server);
        await slow.SendAsync(ConnectOneAtATime("ada"));
        Assert.Equal(MqttPacketType.Connack, (await slow.ReadAsync()).Type);
        await slow.SubscribeAsync("$share/g/a/#", 1);
        await slow.SubscribeAsync("b/#", 1);
        for (int i = 1; i <= Count; i++)
        {
            await keeper.PublishAsync($"a/{i}", "x", 1);
            await keeper.PublishAsync($"b/{i}", "x", 1);
        }

        Assert.Equal("a/1", Topic(await slow.ReadAsync()));
        await using MqttUser other = await ConnectAsync(secure, "eve", MqttProtocolVersion.V500);
        await other.SubscribeAsync("$share/g/a/#", 1);
        await secure.AllowAsync("ada", "topics read b/#");
        ushort id = 1;
        for (int i = 1; i <= Count; i++)
        {
            id = await FinishAsync(slow, id, 1, $"b/{i}");
        }

        Assert.Equal(
            Enumerable.Range(2, Count - 1).Select(i => $"a/{i}=x/1").Order(), (await other.ReceiveAsync(Count - 1)).Order());
        await slow.ExpectNothingAsync();
        Assert.Empty(await RestOfAsync(secure, other));
    }

    [Fact]
    public async Task A_user_that_is_removed_is_disconnected_with_the_reason()
    {
        await using SecureServer secure = await StartAsync("topics read a");
        await using MqttUser user = await ConnectAsync(secure, "ada", MqttProtocolVersion.V500);
        await secure.RemoveAsync("ada");
        Assert.Equal(MqttClientDisconnectReason.NotAuthorized, (await user.Ended).Reason);
    }

    private static async Task<SecureServer> StartAsync(params string[] rules)
    {
        SecureServer secure = await SecureServer.StartAsync(MqttUser.WithMqtt);
        await secure.AllowAsync("ada", [.. rules, Marker]);
        return secure;
    }

    private static async Task<List<string>> RestOfAsync(SecureServer secure, MqttUser user)
    {
        await secure.AllowAsync("eve", "topics read a/#", Marker);
        return await user.ReceiveRestAsync();
    }

    // Acknowledges what it has, and has the next one.
    private static async Task<ushort> FinishAsync(MqttPeer slow, ushort id, int qos, string expected)
    {
        await slow.AcknowledgeAsync(qos == 1 ? MqttPacketType.Puback : MqttPacketType.Pubrec, id);
        if (qos == 2)
        {
            await slow.ExpectAsync(MqttPacketType.Pubrel, id);
            await slow.AcknowledgeAsync(MqttPacketType.Pubcomp, id);
        }

        PublishPacket next = (await slow.ReadAsync()).ToPublish(MqttVersion.V5);
        Assert.Equal(expected, Encoding.UTF8.GetString(next.Topic));
        return next.PacketId;
    }

    private static string Topic(MqttPacket packet) => Encoding.UTF8.GetString(packet.ToPublish(MqttVersion.V5).Topic);

    // Receive Maximum is property 0x21.
    private static byte[] ConnectOneAtATime(string token)
    {
        var packet = new ConnectPacket
        {
            Version = MqttVersion.V5,
            IsClean = true,
            ClientId = "slow"u8,
            Properties = new MqttProperties([0x21, 0, 1]),
            HasPassword = true,
            Password = Encoding.UTF8.GetBytes(token),
        };
        byte[] bytes = new byte[packet.Measure()];
        packet.Write(bytes);
        return bytes;
    }

    private static Task<MqttUser> ConnectAsync(
        SecureServer secure, string user, MqttProtocolVersion version, Action<MqttClientOptionsBuilder>? change = null) =>
        MqttUser.ConnectAsync(secure.Server, version, options =>
        {
            options.WithCredentials("token", user);
            change?.Invoke(options);
        });

    private static async Task PublishBothAsync(SecureServer secure)
    {
        await using MqttUser keeper = await ConnectAsync(secure, SecureServer.Operator, MqttProtocolVersion.V500);
        await keeper.PublishAsync("a", "x", 1);
        await keeper.PublishAsync("b", "x", 1);
    }
}
