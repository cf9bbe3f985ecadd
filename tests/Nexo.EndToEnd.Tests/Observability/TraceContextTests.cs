using System.Diagnostics;
using System.Text;
using MQTTnet;
using Nexo.Client;
using Nexo.EndToEnd.Tests.Mqtt;
using Nexo.EndToEnd.Tests.Native;
using Nexo.EndToEnd.Tests.Topics;
using Nexo.Protocol;

namespace Nexo.EndToEnd.Tests.Observability;

/// <summary>The W3C context that a client sends goes with its message, whatever way that takes.</summary>
public sealed class TraceContextTests : IDisposable
{
    private readonly ActivitySource _source = new($"{nameof(TraceContextTests)}-{Guid.NewGuid()}");
    private readonly ActivityListener _listener;

    public TraceContextTests()
    {
        _listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == _source.Name,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
        };
        ActivitySource.AddActivityListener(_listener);
    }

    public void Dispose()
    {
        _listener.Dispose();
        _source.Dispose();
    }

    [Fact]
    public async Task From_a_push_to_each_delivery_and_with_a_dead_letter_that_moves_and_comes_back()
    {
        await using TestServer server = await TestServer.StartAsync();
        await using NexoClient client = await NexoClient.ConnectAsync(server.Url);
        NexoQueue<string> jobs = client.Queue<string>("jobs");
        NexoQueue<string> dead = client.Queue<string>("dead");
        await jobs.DeclareAsync(new() { DeadLetterQueue = "dead" });
        using Activity root = Begin();
        await jobs.PushAsync("one");
        QueueDelivery<string> first = await OneAsync(jobs);
        AssertOf(root, first.TraceContext);
        await first.DeadLetterAsync("broken");
        await Poll.UntilAsync(async () => await dead.DeadLetters.RedriveAsync() == 1);
        AssertOf(root, (await OneAsync(jobs)).TraceContext);
    }

    [Fact]
    public async Task From_a_publish_to_subscribers_of_both_protocols_and_through_bindings_to_a_queue_and_a_stream()
    {
        await using TestServer server = await TestServer.StartAsync(MqttUser.WithMqtt);
        await using NexoClient client = await NexoClient.ConnectAsync(server.Url);
        NexoQueue<string> jobs = client.Queue<string>("jobs");
        NexoStream<string> events = client.Stream<string>("events");
        await jobs.DeclareAsync();
        await events.CreateAsync();
        using RawPeer binder = await RawPeer.GreetAsync(server);
        Assert.Equal(FrameKind.Reply, (await binder.BindAsync("to-jobs", "rooms/#", "jobs")).Header.Kind);
        Assert.Equal(FrameKind.Reply, (await binder.BindAsync("to-events", "rooms/#", "events", BindingTarget.Stream)).Header.Kind);
        await using var mqtt = await MqttUser.ConnectAsync(server);
        await mqtt.SubscribeAsync("rooms/7");
        await using IAsyncEnumerator<TopicMessage<string>> heard =
            client.Topics.SubscribeAsync<string>("rooms/+").GetAsyncEnumerator();
        ValueTask<bool> hears = heard.MoveNextAsync();
        await Poll.UntilAsync(() => server.Native.Topics.Stats.Subscriptions == 2);
        using Activity root = Begin();
        await client.Topics.PublishAsync("rooms/7", "hot");

        Assert.True(await hears);
        AssertOf(root, heard.Current.TraceContext);
        AssertOf(root, (await OneAsync(jobs)).TraceContext);
        AssertOf(root, (await events.ReadAsync().FirstAsync()).TraceContext);
        MqttApplicationMessage told = await mqtt.ReceiveAsync();
        AssertOf(root, Parse(Encoding.UTF8.GetString(told.UserProperties.Single(one => one.Name == "traceparent").ValueBuffer.Span)));
    }

    [Fact]
    public async Task From_a_client_of_mqtt_to_a_queue_that_its_topic_is_bound_to()
    {
        await using TestServer server = await TestServer.StartAsync(MqttUser.WithMqtt);
        await using NexoClient client = await NexoClient.ConnectAsync(server.Url);
        NexoQueue<string> jobs = client.Queue<string>("jobs");
        await jobs.DeclareAsync();
        using RawPeer binder = await RawPeer.GreetAsync(server);
        Assert.Equal(FrameKind.Reply, (await binder.BindAsync("to-jobs", "rooms/#", "jobs")).Header.Kind);
        await using var mqtt = await MqttUser.ConnectAsync(server);
        using Activity root = Begin();
        await mqtt.PublishAsync(
            "rooms/7", "\"hot\"", 1, change: message => message.WithUserProperty("traceparent", Encoding.UTF8.GetBytes(root.Id!)));
        Assert.Equal(root.TraceId, (await OneAsync(jobs)).TraceContext.TraceId);
    }

    [Fact]
    public async Task From_a_schedule_to_each_of_its_runs()
    {
        await using TestServer server = await TestServer.StartAsync();
        await using NexoClient client = await NexoClient.ConnectAsync(server.Url);
        using Activity root = Begin();
        await client.Schedules.SetAsync(
            "often", "@every 1s", "jobs", "run", new() { Headers = [new("traceparent", root.Id!)] });
        Assert.Equal(root.TraceId, (await OneAsync(client.Queue<string>("jobs"))).TraceContext.TraceId);
    }

    private static ActivityContext Parse(string traceParent) => ActivityContext.Parse(traceParent, "vendor=1") is var context
        ? new ActivityContext(context.TraceId, context.SpanId, context.TraceFlags, context.TraceState, isRemote: true)
        : default;

    private Activity Begin()
    {
        Activity root = _source.StartActivity("root")!;
        root.TraceStateString = "vendor=1";
        return root;
    }

    private static void AssertOf(Activity root, ActivityContext context)
    {
        Assert.Equal(root.TraceId, context.TraceId);
        Assert.Equal("vendor=1", context.TraceState);
        Assert.True(context.IsRemote);
    }

    private static async Task<QueueDelivery<string>> OneAsync(NexoQueue<string> queue) =>
        Assert.Single(await queue.PullAsync(1, wait: TimeSpan.FromSeconds(20)));
}
