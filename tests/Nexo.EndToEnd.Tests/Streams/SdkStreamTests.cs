using Nexo.Client;
using Nexo.Protocol;

namespace Nexo.EndToEnd.Tests.Streams;

/// <summary>The SDK's streams against a real server.</summary>
public sealed class SdkStreamTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly CancellationTokenSource _over = new(Patience);
    private TestServer _server = null!;
    private NexoClient _client = null!;
    private NexoStream<string> _stream = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await TestServer.StartAsync();
        _client = await NexoClient.ConnectAsync(_server.Url);
        _stream = _client.Stream<string>("s");
        await _stream.CreateAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _client.DisposeAsync();
        await _server.DisposeAsync();
        _over.Dispose();
    }

    [Fact]
    public async Task A_stream_is_made_described_changed_listed_and_deleted()
    {
        NexoStream<string> other = _client.Stream<string>("orders");
        StreamCreation made = await other.CreateAsync(new() { Age = TimeSpan.FromDays(1), ProtectGroups = true });
        Assert.True(made.Created);
        Assert.Equal((1ul, TimeSpan.FromDays(1), true), (made.Definition.Revision, made.Definition.Options.Age, made.Definition.Options.ProtectGroups));
        Assert.Equal(TimeSpan.FromDays(7), made.Definition.Options.TimestampBound);
        Assert.False((await other.CreateAsync(new() { Age = TimeSpan.FromDays(1) })).Created);
        Assert.Equal(ErrorCode.StreamConflict, (await RefusedAsync(other.CreateAsync(new() { Age = TimeSpan.FromDays(2) }).AsTask())).Code);
        Assert.Equal(2ul, (await other.UpdateAsync(new() { Records = 10 }, revision: 1)).Revision);
        Assert.Equal(ErrorCode.StreamConflict, (await RefusedAsync(other.UpdateAsync(new() { Records = 11 }, revision: 1).AsTask())).Code);
        await other.AppendAsync("x");
        StreamDescription described = await other.DescribeAsync();
        Assert.Equal((2ul, 0ul, 1ul, 10L), (described.Revision, described.First, described.Next, described.Options.Records));
        Assert.Equal(["orders", "s"], await _client.Streams.ListAsync().Select(stream => stream.Name).ToListAsync(_over.Token));
        StreamSummary summary = Assert.Single(await _client.Streams.ListAsync("ord").ToListAsync(_over.Token));
        Assert.Equal((0ul, 1ul), (summary.First, summary.Next));
        Assert.Equal((2L, 1L), ((await _client.Streams.StatsAsync()).Streams, (await other.StatsAsync()).Appended));
        Assert.Equal(1, await other.DeleteAsync());
        Assert.Equal(ErrorCode.StreamNotFound, (await RefusedAsync(other.DescribeAsync().AsTask())).Code);
    }

    [Fact]
    public async Task A_record_comes_back_as_it_was_appended()
    {
        DateTimeOffset time = DateTimeOffset.FromUnixTimeMilliseconds(DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() - 5_000);
        StreamAppendResult result = await _stream.AppendAsync(
            "hello", new() { Key = "k", Timestamp = time, Headers = [new("h", "v")] });
        Assert.Equal((true, 0ul, 1ul, time), (result.IsAppended, result.Offset, result.KeyVersion, result.Timestamp));
        await _stream.AppendAsync("no key");
        await _stream.AppendTombstoneAsync("k");
        List<StreamRecord<string>> records = await _stream.ReadAsync().ToListAsync(_over.Token);
        Assert.Equal(
            [("hello", "k", false, time, true), ("no key", null, false, records[1].Timestamp, false), (null, "k", true, records[2].Timestamp, false)],
            records.Select(record =>
                ((string?)record.Value, record.Key?.ToString(), record.IsTombstone, record.Timestamp, record.HasProducerTimestamp)));
        Assert.Equal("v", records[0].Headers["h"]);
        Assert.Equal([0ul, 1ul, 2ul], records.Select(record => record.Offset));
        List<StreamRecord<string>> ofKey = await _stream.ReadAsync(new() { Key = "k" }).ToListAsync(_over.Token);
        Assert.Equal([0ul, 2ul], ofKey.Select(record => record.Offset));
        StreamRecord<ReadOnlyMemory<byte>> raw = await _client.Stream("s").ReadAsync().FirstAsync(_over.Token);
        Assert.Equal("hello"u8.ToArray(), raw.Value.ToArray());
    }

    [Fact]
    public async Task What_is_expected_and_does_not_hold_is_a_conflict_with_what_there_is()
    {
        await _stream.AppendBatchAsync(["a", "b"]);
        StreamAppendResult late = await _stream.AppendAsync("c", new() { ExpectedNext = 1 });
        Assert.Equal((true, null, new StreamConflict(2, 0)), (late.IsConflict, late.Offset, late.Conflict));
        Assert.True((await _stream.AppendAsync("c", new() { ExpectedNext = 2 })).IsAppended);

        StreamAppendResult first = await AppendExpectingAsync("k", 0);
        Assert.Equal((3ul, 4ul), (first.Offset, first.KeyVersion));
        Assert.Equal(new StreamConflict(4, 4), (await AppendExpectingAsync("k", 0)).Conflict);
        Assert.Equal(4ul, (await AppendExpectingAsync("k", 4)).Offset);
        StreamAppendResult batch = await _stream.AppendBatchAsync(
            ["x", "y"], new() { ExpectedKey = "k", ExpectedKeyVersion = 4 });
        Assert.Equal(new StreamConflict(5, 5), batch.Conflict);
        Assert.Equal(5, await _stream.ReadAsync().CountAsync(_over.Token));
        Assert.Equal(3, (await _stream.StatsAsync()).Conflicts);
    }

    [Fact]
    public async Task It_is_read_from_any_place_and_backward()
    {
        await _stream.AppendBatchAsync([.. Enumerable.Range(0, 1_000).Select(i => $"{i}")]);
        Assert.Equal(Numbers(0, 1_000), await ValuesAsync(new() { PageBytes = 1_000 }));
        Assert.Equal(Numbers(900, 100), await ValuesAsync(new() { From = StreamFrom.Offset(900) }));
        Assert.Equal(Numbers(995, 5), await ValuesAsync(new() { From = StreamFrom.Last(5) }));
        Assert.Equal(Numbers(0, 1_000).Reverse(), await ValuesAsync(new() { Backward = true, PageBytes = 1_000 }));
        Assert.Equal(Numbers(7, 3).Reverse(), await ValuesAsync(new() { Backward = true, From = StreamFrom.Offset(10), Max = 3 }));
        Assert.Equal(Numbers(0, 25), await ValuesAsync(new() { Max = 25, PageBytes = 100 }));
        Assert.Empty(await ValuesAsync(new() { From = StreamFrom.End }));
        Assert.Empty(await ValuesAsync(new() { From = StreamFrom.Time(DateTimeOffset.UtcNow.AddMinutes(1)) }));
        Assert.Equal(Numbers(0, 1_000), await ValuesAsync(new() { From = StreamFrom.Time(DateTimeOffset.UtcNow.AddMinutes(-1)) }));

        // A time before 1970 is before all.
        Assert.Equal(Numbers(0, 1_000), await ValuesAsync(new() { From = StreamFrom.Time(DateTimeOffset.MinValue) }));
        Assert.Equal(0ul, await _stream.TrimBeforeAsync(DateTimeOffset.MinValue));

        Assert.Equal(990ul, await _stream.TrimToLastAsync(TrimBy.Records, 10));
        NexoException gone = await RefusedAsync(ValuesAsync(new() { From = StreamFrom.Offset(5) }));
        Assert.Equal((ErrorCode.OffsetOutOfRange, new OffsetRange(990, 1_000)), (gone.Code, gone.ValidRange));
        Assert.Equal(Numbers(990, 10), await ValuesAsync(new() { From = StreamFrom.Offset(5), Clamp = true }));
        Assert.Equal(995ul, await _stream.TrimBeforeAsync(995));
    }

    [Fact]
    public async Task A_page_waits_for_a_first_record()
    {
        StreamPage<string> none = await _stream.ReadPageAsync(wait: TimeSpan.FromMilliseconds(20));
        Assert.Equal((0, 0ul), (none.Records.Count, none.ContinueAt));
        Task<StreamPage<string>> waiting = _stream.ReadPageAsync(wait: Patience).AsTask();
        await Poll.UntilAsync(async () => (await _stream.StatsAsync()).Readers == 1);
        await _stream.AppendAsync("x");
        Assert.Equal(["x"], (await waiting).Records.Select(record => record.Value));
    }

    [Fact]
    public async Task A_tail_gives_what_there_is_from_a_place_on_and_then_what_comes()
    {
        await _stream.AppendBatchAsync([.. Numbers(0, 5_000)]);
        Task<List<string>> all = TakeAsync(new() { From = StreamFrom.Beginning, BufferRecords = 100 }, 10_000);
        Task<List<string>> last = TakeAsync(new() { From = StreamFrom.Last(10) }, 5_010);
        Task<List<string>> since = TakeAsync(new() { From = StreamFrom.Time(DateTimeOffset.UtcNow.AddHours(-1)) }, 10_000);
        Task<List<string>> fresh = TakeAsync(null, 5_000);
        await Poll.UntilAsync(async () => (await _stream.StatsAsync()).Readers == 4);
        await _stream.AppendBatchAsync([.. Numbers(5_000, 5_000)]);
        Assert.Equal(Numbers(0, 10_000), await all);
        Assert.Equal(Numbers(4_990, 5_010), await last);
        Assert.Equal(Numbers(0, 10_000), await since);
        Assert.Equal(Numbers(5_000, 5_000), await fresh);
        await Poll.UntilAsync(async () => (await _stream.StatsAsync()).Readers == 0);
    }

    [Fact]
    public async Task A_tail_of_a_stream_that_is_deleted_ends_with_its_reason()
    {
        Task<List<string>> tail = TakeAsync(null, 1);
        await Poll.UntilAsync(async () => (await _stream.StatsAsync()).Readers == 1);
        await _stream.DeleteAsync();
        Assert.Equal(ErrorCode.StreamNotFound, (await RefusedAsync(tail)).Code);
    }

    [Fact]
    public async Task Large_records_are_followed_with_little_memory()
    {
        NexoStream<byte[]> stream = _client.Stream<byte[]>("large");
        await stream.CreateAsync();
        for (int i = 0; i < 40; i++)
        {
            await stream.AppendAsync(new byte[1_000_000 + i]);
        }

        int next = 0;
        await foreach (StreamRecord<byte[]> record in stream.TailAsync(
            new() { From = StreamFrom.Beginning, BufferBytes = 2_000_000 }, _over.Token))
        {
            Assert.Equal(1_000_000 + next, record.Value.Length);
            if (++next == 40)
            {
                break;
            }
        }
    }

    [Fact]
    public async Task A_producer_appends_in_its_order_and_tells_of_each_record_its_offset()
    {
        await using StreamProducer<string> producer = _stream.CreateProducer(new() { BatchBytes = 4_000, BufferBytes = 20_000 });
        var results = new List<Task<StreamAppendResult>>();
        for (int i = 0; i < 10_000; i++)
        {
            ValueTask<StreamAppendResult> result = await producer.PostAsync($"{i}", new() { Key = "k" });
            results.Add(result.AsTask());
        }

        await producer.FlushAsync(_over.Token);
        await Task.WhenAll(results);
        Assert.Equal(Enumerable.Range(0, 10_000).Select(i => (ulong?)i), results.Select(result => result.Result.Offset));
        Assert.Equal(10_000ul, (await producer.AppendAsync("last", cancellationToken: _over.Token)).Offset);
        Assert.Equal([.. Numbers(0, 10_000), "last"], await ValuesAsync(new()));
        Assert.Equal((1L, 0L), ((await _stream.StatsAsync()).Producers, (await _stream.StatsAsync()).Duplicates));
    }

    [Fact]
    public async Task A_producer_goes_on_after_records_that_are_refused()
    {
        await using StreamProducer<string> producer = _stream.CreateProducer(new() { BatchRecords = 1 });
        await _stream.UpdateAsync(new() { RecordBytesMax = 1_024 });
        ValueTask<StreamAppendResult>[] results =
        [
            await producer.PostAsync("a"),
            await producer.PostAsync(new string('x', 2_000)),
            await producer.PostAsync("b"),
            await producer.PostAsync("c"),
        ];
        Assert.Equal(0ul, (await results[0]).Offset);
        Assert.Equal(ErrorCode.ValueTooLarge, (await RefusedAsync(results[1].AsTask())).Code);
        Assert.Equal(1ul, (await results[2]).Offset);
        Assert.Equal(2ul, (await results[3]).Offset);
        Assert.Equal(ErrorCode.ValueTooLarge, (await RefusedAsync(producer.FlushAsync().AsTask())).Code);
        await producer.FlushAsync();
        Assert.Equal(["a", "b", "c"], await ValuesAsync(new()));
    }

    private static IEnumerable<string> Numbers(int first, int count) => Enumerable.Range(first, count).Select(i => $"{i}");

    private static async Task<NexoException> RefusedAsync(Task call) => await Assert.ThrowsAsync<NexoException>(() => call);

    private ValueTask<StreamAppendResult> AppendExpectingAsync(string key, ulong version) =>
        _stream.AppendAsync("x", new() { Key = key, ExpectedKeyVersion = version });

    private async Task<List<string>> ValuesAsync(StreamReadOptions options) =>
        await _stream.ReadAsync(options, _over.Token).Select(record => record.Value).ToListAsync(_over.Token);

    private async Task<List<string>> TakeAsync(StreamTailOptions? options, int count) =>
        await _stream.TailAsync(options, _over.Token).Take(count).Select(record => record.Value).ToListAsync(_over.Token);
}
