using Nexo.Protocol;

namespace Nexo.Client.Tests;

/// <summary>Producers, also over lost connections.</summary>
public sealed class StreamProducerTests : StreamHarness, IAsyncLifetime
{
    private readonly FakeServer _server = new();
    private NexoClient _client = null!;
    private FakePeer _first = null!;

    public new async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        (_client, _first) = await _server.ConnectAsync();
    }

    public override async ValueTask DisposeAsync()
    {
        await _client.DisposeAsync();
        await _server.DisposeAsync();
        await base.DisposeAsync();
    }

    [Fact]
    public async Task Records_are_gathered_numbered_and_answered_each()
    {
        StreamProducer<string> producer = Producer(new() { BatchRecords = 3 });
        Task<StreamAppendResult>[] results = [.. "abcde".Select(letter => producer.AppendAsync($"{letter}").AsTask())];
        ReceivedFrame full = await _first.ReadAsync();
        (ulong id, ulong sequence, string[] values) = BatchOf(full);
        Assert.Equal((0ul, "a,b,c"), (sequence, string.Join(',', values)));
        ValueTask flush = producer.FlushAsync();
        ReceivedFrame rest = await _first.ReadAsync();
        Assert.Equal((id, 3ul, "d,e"), (BatchOf(rest).Producer, BatchOf(rest).Sequence, string.Join(',', BatchOf(rest).Values)));
        await _first.ReplyAsync(full, Appended(10));
        await _first.ReplyAsync(rest, Appended(20));
        await flush.AsTask().WaitAsync(Patience.Limit);
        Assert.Equal([10ul, 11ul, 12ul, 20ul, 21ul], (await Task.WhenAll(results)).Select(result => result.Offset));
    }

    [Fact]
    public async Task What_was_not_answered_is_sent_again_as_it_was()
    {
        StreamProducer<string> producer = Producer(new() { BatchRecords = 1 });
        Task<StreamAppendResult>[] results = [.. "abc".Select(letter => producer.AppendAsync($"{letter}").AsTask())];
        ReceivedFrame a = await _first.ReadAsync();
        ReceivedFrame b = await _first.ReadAsync();
        ReceivedFrame c = await _first.ReadAsync();
        await _first.ReplyAsync(a, Appended(0));
        await results[0].WaitAsync(Patience.Limit);
        _first.Drop();
        FakePeer second = await _server.AcceptReadyAsync();
        ReceivedFrame again = await second.ReadAsync();
        Assert.Equal(b.Body, again.Body);
        await second.ReplyAsync(again, Appended(1, AppendOutcome.Duplicate));
        ReceivedFrame last = await second.ReadAsync();
        Assert.Equal(c.Body, last.Body);
        await second.ReplyAsync(last, Appended(StreamAppendReply.UnknownOffset, AppendOutcome.Duplicate));
        await producer.FlushAsync().AsTask().WaitAsync(Patience.Limit);
        Assert.Equal((true, 1ul), ((await results[1]).IsDuplicate, (await results[1]).Offset));
        Assert.Equal((true, null), ((await results[2]).IsDuplicate, (await results[2]).Offset));
    }

    [Fact]
    public async Task Behind_one_that_could_not_be_appended_yet_all_are_sent_again_in_their_order()
    {
        StreamProducer<string> producer = Producer(new() { BatchRecords = 1 });
        Task<StreamAppendResult>[] results = [.. "abc".Select(letter => producer.AppendAsync($"{letter}").AsTask())];
        ReceivedFrame[] frames = [await _first.ReadAsync(), await _first.ReadAsync(), await _first.ReadAsync()];
        await _first.FailAsync(frames[0], ErrorCode.StorageFull);
        await FailAsync(_first, frames[1], ErrorCode.SequenceGap, 0);
        await FailAsync(_first, frames[2], ErrorCode.SequenceGap, 0);
        for (int i = 0; i < 3; i++)
        {
            ReceivedFrame again = await _first.ReadAsync();
            Assert.Equal(frames[i].Body, again.Body);
            await _first.ReplyAsync(again, Appended((ulong)i));
        }

        Assert.Equal([0ul, 1ul, 2ul], (await Task.WhenAll(results).WaitAsync(Patience.Limit)).Select(result => result.Offset));
    }

    [Fact]
    public async Task Behind_one_that_was_refused_the_others_begin_anew()
    {
        StreamProducer<string> producer = Producer(new() { BatchRecords = 1 });
        Task<StreamAppendResult>[] results = [.. "abc".Select(letter => producer.AppendAsync($"{letter}").AsTask())];
        ReceivedFrame[] frames = [await _first.ReadAsync(), await _first.ReadAsync(), await _first.ReadAsync()];
        await _first.FailAsync(frames[0], ErrorCode.ValueTooLarge);
        await FailAsync(_first, frames[1], ErrorCode.SequenceGap, 0);
        await FailAsync(_first, frames[2], ErrorCode.SequenceGap, 0);
        ulong? id = null;
        for (int i = 1; i < 3; i++)
        {
            ReceivedFrame again = await _first.ReadAsync();
            (ulong producerId, ulong sequence, string[] values) = BatchOf(again);
            Assert.NotEqual(BatchOf(frames[0]).Producer, producerId);
            Assert.Equal((id ??= producerId, (ulong)i - 1, BatchOf(frames[i]).Values[0]), (producerId, sequence, values[0]));
            await _first.ReplyAsync(again, Appended((ulong)i));
        }

        await RefusedAsync(results[0], ErrorCode.ValueTooLarge);
        Assert.Equal((1ul, 2ul), ((await results[1]).Offset, (await results[2]).Offset));
        await RefusedAsync(producer.FlushAsync().AsTask(), ErrorCode.ValueTooLarge);
        await producer.FlushAsync();
    }

    [Fact]
    public async Task A_producer_that_was_forgotten_begins_anew_unless_that_could_double()
    {
        StreamProducer<string> producer = Producer(new() { BatchRecords = 1 });
        Task<StreamAppendResult> a = producer.AppendAsync("a").AsTask();
        ReceivedFrame first = await _first.ReadAsync();
        await _first.ReplyAsync(first, Appended(0));
        await a;
        Task<StreamAppendResult> b = producer.AppendAsync("b").AsTask();
        await FailAsync(_first, await _first.ReadAsync(), ErrorCode.SequenceGap, 0);
        ReceivedFrame anew = await _first.ReadAsync();
        Assert.Equal((0ul, "b"), (BatchOf(anew).Sequence, BatchOf(anew).Values[0]));
        Assert.NotEqual(BatchOf(first).Producer, BatchOf(anew).Producer);

        // Now the answer is lost, and the producer forgotten before it asks again: nobody knows.
        _first.Drop();
        FakePeer second = await _server.AcceptReadyAsync();
        await FailAsync(second, await second.ReadAsync(), ErrorCode.SequenceGap, 9);
        NexoException error = await RefusedAsync(b, ErrorCode.SequenceGap);
        Assert.Contains("may have been appended", error.Message, StringComparison.Ordinal);
        Task<StreamAppendResult> c = producer.AppendAsync("c").AsTask();
        ReceivedFrame third = await second.ReadAsync();
        Assert.NotEqual(BatchOf(anew).Producer, BatchOf(third).Producer);
        await second.ReplyAsync(third, Appended(5));
        Assert.Equal(5ul, (await c).Offset);
    }

    [Fact]
    public async Task What_cannot_be_answered_for_too_long_fails_and_is_not_sent_again_under_another_number()
    {
        StreamProducer<string> producer = Producer(new() { BatchRecords = 1, RetryFor = TimeSpan.Zero });
        Task<StreamAppendResult>[] results = [.. "ab".Select(letter => producer.AppendAsync($"{letter}").AsTask())];
        ulong id = BatchOf(await _first.ReadAsync()).Producer;
        await _first.ReadAsync();
        _first.Drop();
        FakePeer second = await _server.AcceptReadyAsync();
        foreach (Task<StreamAppendResult> result in results)
        {
            Assert.False((await RefusedAsync(result, ClientErrorCode.ConnectionLost)).Retryable);
        }

        _ = producer.AppendAsync("c").AsTask();
        ReceivedFrame next = await second.ReadAsync();
        Assert.Equal((0ul, "c"), (BatchOf(next).Sequence, BatchOf(next).Values[0]));
        Assert.NotEqual(id, BatchOf(next).Producer);
    }

    [Fact]
    public async Task Whoever_hands_over_more_than_there_is_room_for_waits_in_his_turn()
    {
        StreamProducer<string> producer = Producer(new() { BatchRecords = 1, BufferBytes = 30 });
        string value = new('x', 20);
        ValueTask<StreamAppendResult> first = await producer.PostAsync(value);
        using var cancel = new CancellationTokenSource();
        Task<ValueTask<StreamAppendResult>> second = producer.PostAsync("never", cancellationToken: cancel.Token).AsTask();
        Task<ValueTask<StreamAppendResult>> third = producer.PostAsync("third").AsTask();
        ReceivedFrame frame = await _first.ReadAsync();
        Assert.False(second.IsCompleted || third.IsCompleted);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        Assert.False(third.IsCompleted);
        await _first.ReplyAsync(frame, Appended(0));
        Assert.Equal(0ul, (await first).Offset);
        ValueTask<StreamAppendResult> accepted = await third.WaitAsync(Patience.Limit);
        ReceivedFrame next = await _first.ReadAsync();
        Assert.Equal((1ul, "third"), (BatchOf(next).Sequence, BatchOf(next).Values[0]));
        await _first.ReplyAsync(next, Appended(1));
        Assert.Equal(1ul, (await accepted).Offset);
        await producer.FlushAsync();
    }

    [Fact]
    public async Task A_flush_waits_for_all_before_it_though_some_behind_it_are_taken_back()
    {
        StreamProducer<string> producer = Producer(new() { BatchRecords = 1, BatchesInFlight = 1, BufferBytes = 30 });
        string value = new('x', 20);
        using var cancel = new CancellationTokenSource();
        ValueTask<StreamAppendResult> first = await producer.PostAsync(value);
        Task<ValueTask<StreamAppendResult>> before = producer.PostAsync(value, cancellationToken: cancel.Token).AsTask();
        Task<ValueTask<StreamAppendResult>> second = producer.PostAsync(value).AsTask();
        Task flush = producer.FlushAsync().AsTask();
        Task<ValueTask<StreamAppendResult>> behind = producer.PostAsync(value, cancellationToken: cancel.Token).AsTask();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => before);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => behind);
        await _first.ReplyAsync(await _first.ReadAsync(), Appended(0));
        Assert.Equal(0ul, (await first).Offset);
        ReceivedFrame last = await _first.ReadAsync();
        Assert.False(flush.IsCompleted);
        await _first.ReplyAsync(last, Appended(1));
        await flush.WaitAsync(Patience.Limit);
        Assert.Equal(1ul, (await await second).Offset);
        await producer.DisposeAsync();
    }

    [Fact]
    public async Task A_batch_is_no_larger_than_the_server_takes_and_does_not_keep_others_from_room()
    {
        StreamProducer<string> producer = Producer(new() { BatchBytes = 100_000_000, BufferBytes = 1_300_000 });
        string value = new('x', 100_000);
        Task<ValueTask<StreamAppendResult>>[] posted = [.. Enumerable.Range(0, 15).Select(_ => producer.PostAsync(value).AsTask())];
        ReceivedFrame full = await _first.ReadAsync();
        Assert.Equal(10, BatchOf(full).Values.Length);

        // The fourteenth waits for room, so those that are there do not wait for others.
        ReceivedFrame rest = await _first.ReadAsync();
        Assert.Equal(2, BatchOf(rest).Values.Length);
        Assert.False(posted[12].IsCompleted);
        await _first.ReplyAsync(full, Appended(0));
        await _first.ReplyAsync(rest, Appended(10));
        Task flush = producer.FlushAsync().AsTask();
        await _first.ReplyAsync(await _first.ReadAsync(), Appended(12));
        await flush.WaitAsync(Patience.Limit);
        Assert.Equal(14ul, (await await posted[14]).Offset);
    }

    [Fact]
    public void What_cannot_be_waited_for_is_refused_at_once()
    {
        NexoStream<string> stream = _client.Stream<string>("s");
        Assert.Throws<ArgumentOutOfRangeException>(() => stream.CreateProducer(new() { Linger = TimeSpan.MaxValue }));
        Assert.Throws<ArgumentOutOfRangeException>(() => stream.CreateProducer(new() { Linger = -TimeSpan.FromTicks(1) }));
    }

    [Fact]
    public async Task Disposing_sends_what_there_is_and_takes_no_more()
    {
        StreamProducer<string> producer = Producer(new());
        Task<StreamAppendResult> result = producer.AppendAsync("a").AsTask();
        Task disposing = producer.DisposeAsync().AsTask();
        await _first.ReplyAsync(await _first.ReadAsync(), Appended(0));
        await disposing.WaitAsync(Patience.Limit);
        Assert.Equal(0ul, (await result).Offset);
        Assert.Throws<ObjectDisposedException>(() => { _ = producer.AppendAsync("b").AsTask(); });
    }

    // Nothing is sent by the clock: batches are full, or flushed.
    private StreamProducer<string> Producer(StreamProducerOptions options) =>
        _client.Stream<string>("s").CreateProducer(options with { Linger = TimeSpan.FromHours(1) });
}
