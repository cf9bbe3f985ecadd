using System.Text.Json.Serialization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Nexo.Client;
using Nexo.Protocol;

// Names are as in the document, where nobody sees that they are fields.
#pragma warning disable IDE1006

namespace Nexo.EndToEnd.Tests.Streams;

/// <summary>The examples of <c>docs/sdk-streams.md</c>, word by word (<see cref="House.ExampleTests"/> compares), against a real
/// server.</summary>
public sealed partial class StreamExamples : IAsyncLifetime
{
    private readonly CancellationTokenSource _over = new(TimeSpan.FromSeconds(30));
    private readonly CancellationToken stopping;
    private readonly List<string> shown = [];
    private TestServer _server = null!;
    private NexoClient client = null!;
    private NexoStream<Order> orders = null!;

    public StreamExamples() => stopping = _over.Token;

    public async ValueTask InitializeAsync()
    {
        _server = await TestServer.StartAsync();
        client = await NexoClient.ConnectAsync(new NexoClientOptions
        {
            Url = _server.Url,
            Serializer = new NexoJsonSerializer(StreamJson.Default),
        });
        orders = client.Stream<Order>("orders");
        await orders.CreateAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await client.DisposeAsync();
        await _server.DisposeAsync();
        _over.Dispose();
    }

    [Fact]
    public async Task Append_and_read()
    {
        {
            NexoStream<Order> orders = client.Stream<Order>("orders");
            await orders.CreateAsync();

            StreamAppendResult result = await orders.AppendAsync(new Order("A-1", 2), new() { Key = "ada" });
            Show($"at offset {result.Offset}");

            await orders.AppendBatchAsync([new Order("B-7", 1), new Order("C-3", 5)]);      // all or none
        }

        await foreach (StreamRecord<Order> record in orders.ReadAsync(new() { From = StreamFrom.Last(100) }))
        {
            Show($"{record.Offset}: {record.Value.Article}");
        }

        Assert.Equal(["at offset 0", "0: A-1", "1: B-7", "2: C-3"], shown);

        List<StreamRecord<Order>> lastTwo =
            await orders.ReadAsync(new() { Backward = true, Max = 2 }).ToListAsync(stopping);
        List<StreamRecord<Order>> ofAda = await orders.ReadAsync(new() { Key = "ada" }).ToListAsync(stopping);

        Assert.Equal([2ul, 1ul], lastTwo.Select(record => record.Offset));
        Assert.Equal(0ul, Assert.Single(ofAda).Offset);
    }

    [Fact]
    public async Task Tail()
    {
        for (int i = 0; i < 3; i++)
        {
            await orders.AppendAsync(new Order("A-1", i));
        }

        await foreach (StreamRecord<Order> record in orders.TailAsync(
            new() { From = StreamFrom.Time(DateTimeOffset.UtcNow.AddMinutes(-10)) }, stopping))
        {
            Show($"{record.Offset}: {record.Value.Count}");
            if (record.Value.Count == 2)
            {
                break;
            }
        }

        Assert.Equal(["0: 0", "1: 1", "2: 2"], shown);
    }

    [Fact]
    public async Task Produce()
    {
        Order[] many = [.. Enumerable.Range(0, 1_000).Select(i => new Order("A-1", i))];

        await using StreamProducer<Order> producer = orders.CreateProducer(new() { Linger = TimeSpan.FromMilliseconds(5) });
        foreach (Order order in many)
        {
            await producer.PostAsync(order, new() { Key = order.Article });     // waits for room alone
        }

        await producer.FlushAsync(stopping);                                    // all are appended, each once

        Assert.Equal(1_000, (await orders.StatsAsync()).Appended);
    }

    [Fact]
    public async Task Expect()
    {
        StreamAppendResult result = await orders.AppendAsync(new Order("A-1", 1), new() { ExpectedNext = 7 });
        if (result.Conflict is { } conflict)
        {
            Show($"the next offset is {conflict.Next}");
        }

        Assert.Equal(["the next offset is 0"], shown);
    }

    [Fact]
    public async Task Source_events()
    {
        NexoStream<AccountEvent> events = client.Stream<AccountEvent>("accounts");
        await events.CreateAsync();
        await events.AppendAsync(new AccountEvent("deposited", 60), new() { Key = "ada" });
        await events.AppendAsync(new AccountEvent("deposited", 999), new() { Key = "grace" });
        await events.AppendAsync(new AccountEvent("deposited", 40), new() { Key = "ada" });
        int refused = 0;
        await Task.WhenAll(Enumerable.Range(0, 20).Select(async _ =>
        {
            try
            {
                await WithdrawAsync(events, "ada", 10);
            }
            catch (InvalidOperationException)
            {
                Interlocked.Increment(ref refused);
            }
        }));

        // However they met: never more than there was.
        Account account = await Account.LoadAsync(events, "ada");
        Assert.Equal((0m, 10), (account.Balance, refused));
        Assert.Equal(13, (await events.StatsAsync()).Appended);

        async Task WithdrawAsync(NexoStream<AccountEvent> events, string id, decimal amount)
        {
            while (true)
            {
                Account account = await Account.LoadAsync(events, id);
                StreamAppendResult result = await events.AppendAsync(
                    account.Withdraw(amount), new() { Key = id, ExpectedKeyVersion = account.Version });
                if (!result.IsConflict)
                {
                    return;
                }

                // Somebody else was quicker: decide anew, by what there is now.
            }
        }
    }

    [Fact]
    public async Task Consume_in_order()
    {
        await orders.AppendBatchAsync([new Order("A-1", 1), new Order("B-7", 2)]);

        StreamGroup<Order> ledger = orders.Group("ledger");
        await ledger.CreateAsync(GroupMode.Ordered);
        await foreach (StreamDelivery<Order> delivery in ledger.ConsumeAsync(cancellationToken: stopping))
        {
            Show(delivery.Value.Article);
            await delivery.CommitAsync();           // this one, and all before it
            if (delivery.Offset == 1)
            {
                break;
            }
        }

        Assert.Equal(["A-1", "B-7"], shown);

        StreamSeekResult seek = await ledger.SeekAsync(StreamFrom.Beginning, dryRun: true);
        Show($"would replay {seek.Replayed}");

        Assert.Equal("would replay 2", shown[^1]);
    }

    [Fact]
    public async Task Consume_by_key()
    {
        await client.Stream("orders-dead").CreateAsync();
        await orders.AppendAsync(new Order("A-1", 1), new() { Key = "ada" });
        await orders.AppendAsync(new Order("A-1", -1), new() { Key = "ada" });
        using var done = CancellationTokenSource.CreateLinkedTokenSource(stopping);

        StreamGroup<Order> billing = orders.Group("billing");
        await billing.CreateAsync(
            GroupMode.SharedByKey, StreamFrom.Beginning, new() { DeliveriesMax = 5, DeadLetterStream = "orders-dead" });

        async Task LoopAsync()
        {
            await foreach (StreamDelivery<Order> delivery in billing.ConsumeAsync(cancellationToken: done.Token))
            {
                if (delivery.Value.Count < 0)
                {
                    await delivery.DeadLetterAsync("a negative count");
                    continue;
                }

                await BillAsync(delivery.Value);
                await delivery.AckAsync();
            }
        }

        Task loop = LoopAsync();
        await Poll.UntilAsync(async () => (await billing.DescribeAsync()).Lag == 0);
        await done.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => loop);
        Assert.Equal(["billed A-1"], shown);
        Assert.Equal(1, (await client.Stream("orders-dead").StatsAsync()).Appended);
    }

    [Fact]
    public async Task In_a_host()
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        IServiceCollection services = builder.Services;
        services.AddSingleton(shown);

        services.AddNexo(options =>
        {
            options.Url = _server.Url;
            options.Serializer = new NexoJsonSerializer(StreamJson.Default);
        });
        services.AddNexoConsumer<Order, OrderHandler>("orders", "billing", options =>
        {
            options.CreateGroup = GroupMode.SharedByKey;
            options.Concurrency = 16;
        });

        using IHost host = builder.Build();
        await host.StartAsync(stopping);
        await orders.AppendAsync(new Order("A-1", 1));
        await Poll.UntilAsync(() =>
        {
            lock (shown)
            {
                return shown.Count == 1;
            }
        });
        await host.StopAsync(stopping);
        Assert.Equal(["A-1"], shown);
    }

    private Task BillAsync(Order order)
    {
        Show($"billed {order.Article}");
        return Task.CompletedTask;
    }

    private void Show(string text)
    {
        lock (shown)
        {
            shown.Add(text);
        }
    }

    public sealed record Order(string Article, int Count);

    public sealed record AccountEvent(string Kind, decimal Amount);

    public sealed class Account
    {
        public decimal Balance { get; private set; }

        public ulong Version { get; private set; }      // what its next event expects

        public static async Task<Account> LoadAsync(NexoStream<AccountEvent> events, string id)
        {
            var account = new Account();
            await foreach (StreamRecord<AccountEvent> record in events.ReadAsync(new() { Key = id }))
            {
                account.Apply(record.Value, record.KeyVersion);
            }

            return account;
        }

        public AccountEvent Withdraw(decimal amount) => amount <= Balance
            ? new AccountEvent("withdrawn", amount)
            : throw new InvalidOperationException("There is not enough.");

        private void Apply(AccountEvent happened, ulong version)
        {
            Balance += happened.Kind == "deposited" ? happened.Amount : -happened.Amount;
            Version = version;
        }
    }

    [JsonSerializable(typeof(Order))]
    [JsonSerializable(typeof(AccountEvent))]
    internal sealed partial class StreamJson : JsonSerializerContext;

    internal sealed class OrderHandler(List<string> shown) : INexoRecordHandler<Order>
    {
        public Task HandleAsync(StreamRecord<Order> record, CancellationToken cancellationToken)
        {
            lock (shown)
            {
                shown.Add(record.Value.Article);
            }

            return Task.CompletedTask;
        }
    }
}
