using MQTTnet;
using MQTTnet.Protocol;

namespace Nexo.EndToEnd.Tests.Mqtt;

/// <summary>Wills with a delay, and whose they are.</summary>
public sealed class MqttWillTests
{
    private const uint LongDelay = 3_600;

    [Fact]
    public async Task A_will_waits_for_its_delay_and_is_forgotten_when_its_client_is_back()
    {
        await using TestServer server = await TestServer.StartAsync(MqttUser.WithMqtt);
        await using MqttUser watcher = await WatchAsync(server);
        MqttUser lost = await ConnectAsync(server, "lost", delay: 1, expiry: 60);
        MqttUser back = await ConnectAsync(server, "back", delay: 1, expiry: 60);
        var clock = System.Diagnostics.Stopwatch.StartNew();
        lost.Client.Dispose();
        back.Client.Dispose();
        await using MqttUser again = await MqttUser.ConnectAsync(
            server, change: o => o.WithClientId("back").WithCleanStart(false).WithSessionExpiryInterval(60));
        Assert.Equal(["will/lost=gone/1"], await watcher.ReceiveAsync(1));
        Assert.InRange(clock.Elapsed.TotalSeconds, 0.9, 15);
        await Task.Delay(TimeSpan.FromSeconds(0.5));
        Assert.Empty(await watcher.ReceiveRestAsync());
    }

    [Fact]
    public async Task A_session_that_ends_before_the_delay_brings_the_will()
    {
        await using TestServer server = await TestServer.StartAsync(options =>
        {
            options = MqttUser.WithMqtt(options);
            return options with { Mqtt = options.Mqtt with { SessionExpiryMaxMs = 1_000 } };
        });
        await using MqttUser watcher = await WatchAsync(server);

        // It has asked for more than it is given.
        MqttUser capped = await ConnectAsync(server, "capped", LongDelay, expiry: 2 * LongDelay);
        Assert.Equal(1u, capped.Welcome.SessionExpiryInterval);
        capped.Client.Dispose();
        Assert.Equal(["will/capped=gone/1"], await watcher.ReceiveAsync(1));
        Assert.Equal(0, server.Native.Topics.Wills.Count);
    }

    [Fact]
    public async Task A_client_that_shortens_its_session_when_it_goes_has_its_will_when_that_ends()
    {
        await using TestServer server = await TestServer.StartAsync(MqttUser.WithMqtt);
        await using MqttUser watcher = await WatchAsync(server);
        MqttUser ending = await ConnectAsync(server, "ending", LongDelay, expiry: 2 * LongDelay);
        await ending.Client.DisconnectAsync(new MqttClientDisconnectOptionsBuilder()
            .WithReason(MqttClientDisconnectOptionsReason.DisconnectWithWillMessage).WithSessionExpiryInterval(1).Build());
        Assert.Equal(["will/ending=gone/1"], await watcher.ReceiveAsync(1));
        Assert.Equal(0, server.Native.Topics.Wills.Count);
    }

    [Fact]
    public async Task A_clean_start_brings_the_will_of_the_session_that_it_ends()
    {
        await using TestServer server = await TestServer.StartAsync(MqttUser.WithMqtt);
        await using MqttUser watcher = await WatchAsync(server);
        MqttUser lost = await ConnectAsync(server, "c", LongDelay, expiry: 2 * LongDelay);
        lost.Client.Dispose();
        await Poll.UntilAsync(() => server.Native.Sessions.Stats.Connected == 0);
        await using MqttUser clean = await MqttUser.ConnectAsync(server, change: o => o.WithClientId("c").WithCleanStart());
        Assert.Equal(["will/c=gone/1"], await watcher.ReceiveAsync(1));
    }

    [Fact]
    public async Task The_will_of_a_client_is_its_own_to_its_subscriptions_without_local_messages()
    {
        await using TestServer server = await TestServer.StartAsync(MqttUser.WithMqtt);
        await using MqttUser watcher = await WatchAsync(server);
        MqttUser lost = await ConnectAsync(server, "own", delay: 0, expiry: 60);
        await lost.SubscribeAsync("will/#", 1, one => one.WithNoLocal());
        lost.Client.Dispose();
        Assert.Equal(["will/own=gone/1"], await watcher.ReceiveAsync(1));
        Assert.Equal(0, server.Native.Sessions.Stats.Queued);
    }

    private static async Task<MqttUser> WatchAsync(TestServer server)
    {
        MqttUser watcher = await MqttUser.ConnectAsync(server);
        await watcher.SubscribeAsync("will/#", 1);
        return watcher;
    }

    private static Task<MqttUser> ConnectAsync(TestServer server, string client, uint delay, uint expiry) =>
        MqttUser.ConnectAsync(server, change: options => options
            .WithClientId(client)
            .WithCleanStart(false)
            .WithSessionExpiryInterval(expiry)
            .WithWillTopic($"will/{client}")
            .WithWillPayload("gone")
            .WithWillDelayInterval(delay)
            .WithWillQualityOfServiceLevel(MqttQualityOfServiceLevel.AtLeastOnce));
}
