using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Nexo.Client;
using Nexo.Protocol;

namespace Nexo.EndToEnd.Tests.Streams;

/// <summary>Groups of streams from the SDK, against a real server.</summary>
public sealed class SdkGroupTests : IAsyncLifetime
{
    private readonly CancellationTokenSource _over = new(TimeSpan.FromSeconds(40));
    private TestServer _server = null!;
    private NexoClient _client = null!;
    private NexoStream<int> _stream = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await TestServer.StartAsync();
        _client = await NexoClient.ConnectAsync(_server.Url);
        _stream = _client.Stream<int>("s");
        await _stream.CreateAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _client.DisposeAsync();
        await _server.DisposeAsync();
        _over.Dispose();
    }

    [Fact]
    public async Task The_next_member_of_an_ordered_group_goes_on_where_the_one_before_had_committed()
    {
        await _stream.AppendBatchAsync([.. Enumerable.Range(0, 100)]);
        StreamGroup<int> group = _stream.Group("g");
        Assert.True((await group.CreateAsync(GroupMode.Ordered)).Created);
        Assert.Equal(ErrorCode.GroupConflict, (await RefusedAsync(group.CreateAsync(GroupMode.SharedByKey).AsTask())).Code);

        StreamMember<int> first = await group.JoinAsync();
        Assert.Equal((GroupMode.Ordered, MemberState.Active), (first.Mode, first.State.State));
        await using StreamMember<int> second = await group.JoinAsync(new() { Name = "second" });
        Assert.Equal(MemberState.Standby, second.State.State);
        List<StreamDelivery<int>> taken = await first.ReadAllAsync(_over.Token).Take(20).ToListAsync(_over.Token);
        Assert.Equal(Enumerable.Range(0, 20), taken.Select(delivery => delivery.Value));
        Assert.Equal(10ul, await taken[9].CommitAsync());
        StreamGroupDescription described = await group.DescribeAsync();
        Assert.Equal((10ul, 90L, 2), (described.Position, described.Lag, described.Members.Count));
        Assert.Contains(described.Members, member => member.Name == "second" && member.State == MemberState.Standby);

        await first.DisposeAsync();
        List<StreamDelivery<int>> rest = await second.ReadAllAsync(_over.Token).Take(90).ToListAsync(_over.Token);
        Assert.Equal(Enumerable.Range(10, 90), rest.Select(delivery => delivery.Value));
        NexoException fenced = await RefusedAsync(taken[19].CommitAsync().AsTask());
        Assert.Equal(ErrorCode.MemberFenced, fenced.Code);
        Assert.Equal(100ul, await second.CommitAsync(100));
        Assert.Equal(0, (await group.DescribeAsync()).Lag);
    }

    [Fact]
    public async Task A_seek_says_what_it_replays_and_members_go_on_from_there()
    {
        await _stream.AppendBatchAsync([.. Enumerable.Range(0, 10)]);
        StreamGroup<int> group = _stream.Group("g");
        await group.CreateAsync(GroupMode.Ordered);
        await using StreamMember<int> member = await group.JoinAsync();
        await using IAsyncEnumerator<StreamDelivery<int>> deliveries = member.ReadAllAsync(_over.Token).GetAsyncEnumerator();
        StreamDelivery<int> last = null!;
        for (int i = 0; i < 10; i++)
        {
            Assert.True(await deliveries.MoveNextAsync());
            last = deliveries.Current;
        }

        await last.CommitAsync();
        StreamSeekResult dry = await group.SeekAsync(StreamFrom.Offset(4), dryRun: true);
        Assert.Equal((10ul, 4ul, 6L), (dry.Before, dry.After, dry.Replayed));
        Assert.Equal(10ul, (await group.DescribeAsync()).Position);
        StreamSeekResult seek = await group.SeekAsync(StreamFrom.Offset(4));
        Assert.Equal(dry.Epoch + 1, seek.Epoch);
        Assert.True(await deliveries.MoveNextAsync());
        Assert.Equal((4, seek.Epoch), (deliveries.Current.Value, deliveries.Current.Epoch));
        NexoException fenced = await RefusedAsync(last.CommitAsync().AsTask());
        Assert.Equal((ErrorCode.MemberFenced, (ulong?)seek.Epoch), (fenced.Code, fenced.Epoch));
    }

    [Fact]
    public async Task Members_that_share_by_key_settle_each_record_and_what_dies_is_kept()
    {
        NexoStream<int> dead = _client.Stream<int>("dead");
        await dead.CreateAsync();
        StreamGroup<int> group = _stream.Group("g");
        StreamGroupCreation made = await group.CreateAsync(
            GroupMode.SharedByKey, null, new() { DeliveriesMax = 2, DeadLetterStream = "dead", Backoff = TimeSpan.FromMilliseconds(1) });
        Assert.Equal(("dead", 2), (made.Options.DeadLetterStream, made.Options.DeliveriesMax));
        await _stream.AppendAsync(1, new() { Key = "a" });
        await _stream.AppendAsync(2, new() { Key = "a" });
        await _stream.AppendAsync(3, new() { Key = "b" });
        var seen = new List<(int Value, int Attempt)>();
        await using StreamMember<int> member = await group.JoinAsync();
        await foreach (StreamDelivery<int> delivery in member.ReadAllAsync(_over.Token))
        {
            seen.Add((delivery.Value, delivery.Attempt));
            await (delivery.Value switch
            {
                1 => delivery.NackAsync(TimeSpan.Zero, "no use").AsTask(),
                3 when delivery.Attempt == 1 => delivery.ReleaseAsync().AsTask(),
                _ => delivery.AckAsync().AsTask(),
            });
            if (seen.Count == 5)
            {
                Assert.Equal(ErrorCode.LeaseLost, (await RefusedAsync(delivery.AckAsync().AsTask())).Code);
                break;
            }
        }

        Assert.Equal([1, 1, 2], seen.Where(item => item.Value < 3).Select(item => item.Value));
        Assert.Equal([(3, 1), (3, 2)], seen.Where(item => item.Value == 3));
        await Poll.UntilAsync(async () => (await group.DescribeAsync()).Lag == 0);
        StreamRecord<int> letter = Assert.Single(await dead.ReadAsync().ToListAsync(_over.Token));
        Assert.Equal((1, "a", "s", "0"), (letter.Value, letter.Key.ToString(), letter.Headers["nexo-stream"], letter.Headers["nexo-offset"]));
    }

    [Fact]
    public async Task A_consumer_goes_on_when_its_connection_is_cut()
    {
        await using var relay = new CutRelay(_server.Port);
        await using NexoClient client = await NexoClient.ConnectAsync(new NexoClientOptions
        {
            Url = relay.Url,
            ReconnectDelayMin = TimeSpan.FromMilliseconds(1),
            ReconnectDelayMax = TimeSpan.FromMilliseconds(5),
        });
        StreamGroup<int> group = client.Stream<int>("s").Group("g");
        await group.CreateAsync(GroupMode.Ordered);
        await _stream.AppendBatchAsync([.. Enumerable.Range(0, 300)]);
        int next = 0;
        await foreach (StreamDelivery<int> delivery in group.ConsumeAsync(cancellationToken: _over.Token))
        {
            // From the position on again, so never behind what is next.
            Assert.InRange(delivery.Value, 0, next);
            next = Math.Max(next, delivery.Value + 1);
            try
            {
                await delivery.CommitAsync();
            }
            catch (NexoException error) when (error.Code is ErrorCode.MemberFenced or ClientErrorCode.ConnectionLost)
            {
                // It comes again.
            }

            if (delivery.Value % 50 == 20)
            {
                relay.Cut();
            }

            if (delivery.Value == 299)
            {
                break;
            }
        }

        Assert.Equal(300, next);
    }

    [Theory]
    [InlineData(GroupMode.Ordered)]
    [InlineData(GroupMode.SharedByKey)]
    public async Task A_hosted_consumer_handles_all_and_leaves_the_position_behind_them(GroupMode mode)
    {
        var handled = new Handled();
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddSingleton(handled);
        builder.Services.AddNexo(_server.Url);
        builder.Services.AddNexoConsumer<int, Handler>("s", "g", options =>
        {
            options.CreateGroup = mode;
            options.RetryDelay = TimeSpan.FromMilliseconds(1);
            options.Group = mode == GroupMode.SharedByKey ? new() { Backoff = TimeSpan.FromMilliseconds(1) } : null;
        });
        using IHost host = builder.Build();
        await host.StartAsync(_over.Token);
        await _stream.AppendBatchAsync([.. Enumerable.Range(0, 200).Select(i => new StreamMessage<int>(i, new() { Key = $"{i % 7}" }))]);
        await Poll.UntilAsync(() => handled.Count >= 200);
        await Poll.UntilAsync(async () => (await _stream.Group("g").DescribeAsync()).Lag == 0);
        await host.StopAsync(_over.Token);
        Assert.Empty((await _stream.Group("g").DescribeAsync()).Members);
        if (mode == GroupMode.Ordered)
        {
            Assert.Equal(Enumerable.Range(0, 200), handled.Values);
        }
        else
        {
            Assert.All(handled.Values.GroupBy(value => value % 7), ofKey => Assert.Equal(ofKey.Order(), ofKey));
            Assert.Equal(Enumerable.Range(0, 200), handled.Values.Order());
        }
    }

    [Fact]
    public async Task Every_command_of_streams_is_reached_from_the_sdk()
    {
        await using var recorder = new OpcodeRecorder(_server);
        await using NexoClient client = await NexoClient.ConnectAsync(recorder.Url);
        NexoStream<int> stream = client.Stream<int>("all");
        await stream.CreateAsync();
        await stream.UpdateAsync(new() { Records = 1_000 });
        Assert.Equal(["all", "s"], await client.Streams.ListAsync().Select(item => item.Name).ToListAsync(_over.Token));
        await stream.AppendAsync(0);
        await stream.AppendBatchAsync([1, 2, 3]);
        Assert.Equal(4, await stream.ReadAsync().CountAsync(_over.Token));
        Assert.Equal(2, await stream.TailAsync(new() { From = StreamFrom.Offset(2) }, _over.Token).Select(item => item.Value).FirstAsync(_over.Token));
        StreamGroup<int> ordered = stream.Group("ordered");
        await ordered.CreateAsync(GroupMode.Ordered);
        await using (StreamMember<int> member = await ordered.JoinToPullAsync(new() { SessionTimeout = TimeSpan.FromSeconds(1) }))
        {
            IReadOnlyList<StreamDelivery<int>> pulled = await member.PullAsync(2, TimeSpan.FromSeconds(5));
            Assert.Equal([0, 1], pulled.Select(delivery => delivery.Value));
            await Task.Delay(TimeSpan.FromSeconds(1.5));
            Assert.Equal(2ul, await pulled[1].CommitAsync());
        }

        StreamGroup<int> shared = stream.Group("shared");
        await shared.CreateAsync(GroupMode.SharedByKey, StreamFrom.Last(2));
        await foreach (StreamDelivery<int> delivery in shared.ConsumeAsync(cancellationToken: _over.Token))
        {
            await (delivery.Value == 2 ? delivery.AckAsync().AsTask() : delivery.DeadLetterAsync("no").AsTask());
            if (delivery.Value == 3)
            {
                break;
            }
        }

        Assert.Equal(["ordered", "shared"], await stream.ListGroupsAsync().Select(item => item.Name).ToListAsync(_over.Token));
        Assert.Equal(1, (await shared.DescribeAsync()).DeadLetters);
        await shared.SeekAsync(StreamFrom.End);
        Assert.True(await shared.DeleteAsync());
        Assert.False(await shared.DeleteAsync());
        Assert.Equal(1, (await stream.StatsAsync()).Groups);
        await stream.TrimBeforeAsync(1);
        Assert.Equal((1ul, 4ul), ((await stream.DescribeAsync()).First, (await stream.DescribeAsync()).Next));
        Assert.Equal(3, await stream.DeleteAsync());

        Assert.Empty(recorder.Missing(OpcodeFacts.IsStream));
    }

    private static async Task<NexoException> RefusedAsync(Task call) => await Assert.ThrowsAsync<NexoException>(() => call);

    private sealed class Handled
    {
        private readonly List<int> _values = [];
        private readonly HashSet<int> _failed = [];

        public int Count => Values.Length;

        public int[] Values
        {
            get
            {
                lock (_values)
                {
                    return [.. _values];
                }
            }
        }

        public void Add(int value)
        {
            lock (_values)
            {
                if (value % 40 == 5 && _failed.Add(value))
                {
                    throw new InvalidOperationException("the first time");
                }

                _values.Add(value);
            }
        }
    }

    private sealed class Handler(Handled handled) : INexoRecordHandler<int>
    {
        public Task HandleAsync(StreamRecord<int> record, CancellationToken cancellationToken)
        {
            handled.Add(record.Value);
            return Task.CompletedTask;
        }
    }
}
