using System.Text.Json.Serialization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Nexo.Client;
using Nexo.Protocol;

// Names are as in the document, where nobody sees that they are fields.
#pragma warning disable IDE1006

namespace Nexo.EndToEnd.Tests.Topics;

/// <summary>The examples of <c>docs/sdk-topics.md</c>, word by word (<see cref="House.ExampleTests"/> compares), against a real
/// server.</summary>
public sealed partial class TopicExamples : IAsyncLifetime
{
    private readonly CancellationTokenSource _over = new(TimeSpan.FromSeconds(30));
    private readonly CancellationToken stopping;
    private readonly List<string> shown = [];
    private TestServer _server = null!;
    private NexoClient client = null!;

    public TopicExamples() => stopping = _over.Token;

    public async ValueTask InitializeAsync()
    {
        _server = await TestServer.StartAsync();
        client = await NexoClient.ConnectAsync(new NexoClientOptions
        {
            Url = _server.Url,
            Serializer = new NexoJsonSerializer(AppJson.Default),
        });
    }

    public async ValueTask DisposeAsync()
    {
        await client.DisposeAsync();
        await _server.DisposeAsync();
        _over.Dispose();
    }

    [Fact]
    public async Task Publish_and_subscribe()
    {
        async Task LoopAsync()
        {
            await foreach (TopicMessage<Reading> message in client.Topics.SubscribeAsync<Reading>("rooms/+/climate"))
            {
                Show($"{message.Topic}: {message.Body.Celsius} °C");
                if (message.Body.Celsius > 40)
                {
                    break;
                }
            }
        }

        Task loop = LoopAsync();
        await Poll.UntilAsync(() => client.Topics.StatsAsync().AsTask().GetAwaiter().GetResult().Subscriptions == 1);

        TopicPublishResult result = await client.Topics.PublishAsync("rooms/kitchen/climate", new Reading(21.5));
        Show($"{result.Receivers} have it");

        await client.Topics.PublishAsync("rooms/boiler/climate", new Reading(61));
        await loop;
        Assert.Equal(
            ["1 have it", "rooms/boiler/climate: 61 °C", "rooms/kitchen/climate: 21.5 °C"], shown.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Handle()
    {
        await using TopicSubscription chat = await client.Topics.SubscribeAsync<string>(
            ["chat/lobby", "chat/announcements/#"],
            async (message, cancel) => await ShowAsync(message.Topic, message.Body, cancel),
            new() { OnError = error => Show(error.Message) },
            stopping);

        await chat.AddAsync("chat/room-7");
        await chat.RemoveAsync("chat/lobby");

        await client.Topics.PublishAsync("chat/lobby", "nobody");
        await client.Topics.PublishAsync("chat/room-7", "hello");
        await Poll.UntilAsync(() => Shown() == 1);
        Assert.Equal(["chat/room-7 hello"], shown);
    }

    [Fact]
    public async Task Retain()
    {
        await client.Topics.PublishAsync("devices/7/state", "online", new() { Retain = true });
        await client.Topics.PublishAsync(
            "devices/7/token", "abc", new() { Retain = true, Ttl = TimeSpan.FromMinutes(5) });

        await foreach (TopicMessage<string> message in client.Topics.SubscribeAsync<string>("devices/+/state"))
        {
            Show($"{message.Topic} is {message.Body}, retained: {message.IsRetained}");
            break;
        }

        Assert.Equal(["devices/7/state is online, retained: True"], shown);

        RetainedMessage<string>? state = await client.Topics.Retained.GetAsync<string>("devices/7/state");
        long gone = await client.Topics.Retained.ClearAsync("devices/7/#");

        Assert.Equal(("online", 2L), (state?.Body, gone));
    }

    [Fact]
    public async Task Slow()
    {
        var prices = new TopicSubscribeOptions
        {
            WhenSlow = SlowPolicy.DropOldest,
            BufferMessages = 1_000,
            OnGap = gap => Show(gap.Reconnected ? "reconnected" : $"{gap.Missed} missed"),
        };
        TopicSubscription<decimal> subscription =
            await client.Topics.OpenSubscriptionAsync<decimal>("prices/#", prices, stopping);
        await client.Topics.PublishAsync("prices/nexo", 7.5m);
        await foreach (TopicMessage<decimal> message in subscription.ReadAllAsync(stopping))
        {
            Assert.Equal((7.5m, 0L), (message.Body, message.MissedBefore));
            break;
        }

        await subscription.DisposeAsync();
    }

    [Fact]
    public async Task Post()
    {
        byte[][] frames = [[1], [2, 3]];
        await using TopicSubscription<ReadOnlyMemory<byte>> screen =
            await client.Topics.OpenSubscriptionAsync<ReadOnlyMemory<byte>>("camera/1", cancellationToken: stopping);

        client.Topics.PublishFailed += (_, failed) => Show($"{failed.Count} failed: {failed.Error.Message}");
        foreach (byte[] frame in frames)
        {
            await client.Topics.PostAsync("camera/1", frame, cancellationToken: stopping);
        }

        int bytes = 0;
        await foreach (TopicMessage<ReadOnlyMemory<byte>> message in screen.ReadAllAsync(stopping))
        {
            bytes += message.Body.Length;
            if (bytes == 3)
            {
                break;
            }
        }
    }

    [Fact]
    public async Task Ask()
    {
        await using TopicSubscription answering = await client.Topics.SubscribeAsync<Order>(
            "$share/pricing/quotes",
            async (order, cancel) => await order.ReplyAsync(new Quote(order.Body.Article, 10 * order.Body.Count), cancel));

        Quote quote = await client.Topics.RequestAsync<Order, Quote>(
            "quotes", new Order("A-1", 3), TimeSpan.FromSeconds(10));

        Assert.Equal(new Quote("A-1", 30), quote);
    }

    [Fact]
    public async Task Presence()
    {
        await client.Topics.SetWillAsync(
            "devices/7/state", "offline", new() { Retain = true, Delay = TimeSpan.FromSeconds(10) });

        Assert.True(await client.Topics.ClearWillAsync());
    }

    [Fact]
    public async Task Bind()
    {
        await client.Topics.Bindings.SetAsync(
            new TopicBinding("order-mails", "orders/+/paid", BindingTarget.Queue, "emails") { KeyByTopic = true });

        TopicPublishResult paid = await client.Topics.PublishAsync("orders/42/paid", new Order("A-1", 3));
        Show($"kept in {paid.Bindings} queue");

        Assert.Equal(["kept in 1 queue"], shown);
        Assert.Equal(new Order("A-1", 3), Assert.Single(await client.Queue<Order>("emails").PullAsync()).Body);
    }

    [Fact]
    public async Task Host()
    {
        IServiceCollection services = new ServiceCollection();
        services.AddSingleton(shown);

        services.AddNexo(options =>
        {
            options.Url = _server.Url;
            options.Serializer = new NexoJsonSerializer(AppJson.Default);
        });
        services.AddNexoSubscriber<Reading, ReadingHandler>("rooms/+/climate");

        await using ServiceProvider provider = services.BuildServiceProvider();
        IHostedService subscriber = Assert.Single(provider.GetServices<IHostedService>());
        await subscriber.StartAsync(stopping);
        await Poll.UntilAsync(() => client.Topics.StatsAsync().AsTask().GetAwaiter().GetResult().Subscriptions == 1);
        await client.Topics.PublishAsync("rooms/kitchen/climate", new Reading(21.5));
        await Poll.UntilAsync(() => Shown() == 1);
        await subscriber.StopAsync(stopping);
        Assert.Equal(["rooms/kitchen/climate was read"], shown);
    }

    private void Show(string text)
    {
        lock (shown)
        {
            shown.Add(text);
        }
    }

    private int Shown()
    {
        lock (shown)
        {
            return shown.Count;
        }
    }

    private Task ShowAsync(string topic, string text, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        Show($"{topic} {text}");
        return Task.CompletedTask;
    }

    public sealed record Reading(double Celsius);

    public sealed record Order(string Article, int Count);

    public sealed record Quote(string Article, int Price);

    [JsonSerializable(typeof(Reading))]
    [JsonSerializable(typeof(Order))]
    [JsonSerializable(typeof(Quote))]
    internal sealed partial class AppJson : JsonSerializerContext;

    internal sealed class ReadingHandler(List<string> shown) : INexoTopicHandler<Reading>
    {
        public Task HandleAsync(TopicMessage<Reading> message, CancellationToken cancellationToken)
        {
            shown.Add($"{message.Topic} was read");
            return Task.CompletedTask;
        }
    }
}
