using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Nexo.Client;
using Nexo.Protocol;

namespace Nexo.EndToEnd.Tests.Streams;

/// <summary>Handlers whose record is another member's by then.</summary>
public sealed class SdkGroupLossTests : IAsyncLifetime
{
    private readonly Works _works = new();
    private readonly CancellationTokenSource _over = new(TimeSpan.FromSeconds(20));
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

    [Theory]
    [InlineData(GroupMode.Ordered)]
    [InlineData(GroupMode.SharedByKey)]
    public async Task A_handler_is_cancelled_when_its_connection_is_lost_and_its_record_comes_again(GroupMode mode)
    {
        await using var relay = new CutRelay(_server.Port);
        using IHost host = await HostAsync(relay.Url, mode);
        await _stream.AppendAsync(1);
        Work first = await _works.NextAsync(_over.Token);
        Assert.False(first.Cancelled.IsCompleted);
        relay.Cut();
        await first.Cancelled.WaitAsync(_over.Token);
        Work again = await _works.NextAsync(_over.Token);
        Assert.Equal(first.Value, again.Value);
        again.End();
        await Poll.UntilAsync(async () => (await _stream.Group("g").DescribeAsync()).Lag == 0);
        await host.StopAsync(_over.Token);
        Assert.False(again.Cancelled.IsCompleted);
    }

    [Theory]
    [InlineData(GroupMode.Ordered)]
    [InlineData(GroupMode.SharedByKey)]
    public async Task A_handler_is_cancelled_when_the_group_is_sought_and_what_it_did_counts_no_more(GroupMode mode)
    {
        using IHost host = await HostAsync(_server.Url, mode);
        await _stream.AppendBatchAsync([1, 2]);
        Work first = await _works.NextAsync(_over.Token);
        await _stream.Group("g").SeekAsync(StreamFrom.Offset(1));
        await first.Cancelled.WaitAsync(_over.Token);

        // Of a shared group the other was given to it too, and comes again.
        Work next = await _works.NextAsync(_over.Token);
        while (next.Cancelled.IsCompleted || next.Value == 1)
        {
            next = await _works.NextAsync(_over.Token);
        }

        Assert.Equal(2, next.Value);
        next.End();
        await Poll.UntilAsync(async () =>
        {
            _works.EndAll();
            return (await _stream.Group("g").DescribeAsync()).Lag == 0;
        });
        await host.StopAsync(_over.Token);
    }

    private async Task<IHost> HostAsync(string url, GroupMode mode)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddSingleton(_works);
        builder.Services.AddNexo(options =>
        {
            options.Url = url;
            options.ReconnectDelayMin = TimeSpan.FromMilliseconds(1);
            options.ReconnectDelayMax = TimeSpan.FromMilliseconds(5);
        });
        builder.Services.AddNexoConsumer<int, Handler>("s", "g", options =>
        {
            options.CreateGroup = mode;
            options.Concurrency = 4;
        });
        IHost host = builder.Build();
        await host.StartAsync(_over.Token);
        return host;
    }

    /// <summary>One call of the handler, which lasts until it is ended or cancelled.</summary>
    private sealed class Work(int value)
    {
        private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _cancelled = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public int Value => value;

        public Task Cancelled => _cancelled.Task;

        public void End() => _ended.TrySetResult();

        public async Task RunAsync(CancellationToken cancel)
        {
            try
            {
                await _ended.Task.WaitAsync(cancel);
            }
            catch (OperationCanceledException)
            {
                _cancelled.TrySetResult();
                throw;
            }
        }
    }

    private sealed class Works
    {
        private readonly System.Threading.Channels.Channel<Work> _begun = System.Threading.Channels.Channel.CreateUnbounded<Work>();
        private readonly System.Collections.Concurrent.ConcurrentBag<Work> _all = [];

        public ValueTask<Work> NextAsync(CancellationToken cancel) => _begun.Reader.ReadAsync(cancel);

        public Task RunAsync(int value, CancellationToken cancel)
        {
            var work = new Work(value);
            _all.Add(work);
            _begun.Writer.TryWrite(work);
            return work.RunAsync(cancel);
        }

        public void EndAll()
        {
            foreach (Work work in _all)
            {
                work.End();
            }
        }
    }

    private sealed class Handler(Works works) : INexoRecordHandler<int>
    {
        public Task HandleAsync(StreamRecord<int> record, CancellationToken cancellationToken) =>
            works.RunAsync(record.Value, cancellationToken);
    }
}
