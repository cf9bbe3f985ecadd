using Nexo.Protocol;

namespace Nexo.Client.Tests;

/// <summary>Reading and following streams, also over lost connections.</summary>
public sealed class StreamReadTests : StreamHarness, IAsyncLifetime
{
    private readonly FakeServer _server = new();
    private NexoClient _client = null!;
    private FakePeer _first = null!;

    private NexoStream<string> Other => _client.Stream<string>("s");

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
    public async Task Pages_are_asked_for_ahead_and_end_where_the_stream_does()
    {
        await using IAsyncEnumerator<StreamRecord<string>> records = Stream.ReadAsync().GetAsyncEnumerator();
        Task<bool> moving = records.MoveNextAsync().AsTask();
        ReceivedFrame first = await Peer.ReadAsync(Opcode.StreamRead);
        Assert.Equal(new StreamPosition(PositionKind.Beginning), FromOf(first));
        await Peer.ReplyAsync(first, Page(3, 9, 5, 3, 4));
        Assert.True(await moving.WaitAsync(Patience.Limit));

        // Though nobody has asked for the record behind them.
        ReceivedFrame second = await Peer.ReadAsync(Opcode.StreamRead);
        Assert.Equal(new StreamPosition(PositionKind.Offset, 5), FromOf(second));
        Assert.Equal(4ul, await NextAsync(records));
        await Peer.ReplyAsync(second, Page(3, 9, 9, 7));
        Assert.Equal(7ul, await NextAsync(records));
        Assert.False(await records.MoveNextAsync().AsTask().WaitAsync(Patience.Limit));
    }

    [Fact]
    public async Task A_read_goes_on_where_it_was_when_the_connection_is_lost()
    {
        await using IAsyncEnumerator<StreamRecord<string>> records =
            Other.ReadAsync(new() { Backward = true, Clamp = true }).GetAsyncEnumerator();
        Task<bool> moving = records.MoveNextAsync().AsTask();
        ReceivedFrame frame = await _first.ReadAsync(Opcode.StreamRead);
        const PositionFlags Flags = PositionFlags.Backward | PositionFlags.Clamp;
        Assert.Equal(new StreamPosition(PositionKind.End, 0, Flags), FromOf(frame));
        await _first.ReplyAsync(frame, Page(0, 4, 2, 3, 2));
        Assert.True(await moving.WaitAsync(Patience.Limit));
        await _first.ReadAsync(Opcode.StreamRead);
        _first.Drop();
        FakePeer second = await _server.AcceptReadyAsync();
        ReceivedFrame again = await second.ReadAsync(Opcode.StreamRead);
        Assert.Equal(new StreamPosition(PositionKind.Offset, 2, Flags), FromOf(again));
        await second.ReplyAsync(again, Page(0, 9, 0, 1, 0));
        Assert.Equal((2ul, 1ul, 0ul), (await NextAsync(records), await NextAsync(records), await NextAsync(records)));
        Assert.False(await records.MoveNextAsync().AsTask().WaitAsync(Patience.Limit));
    }

    [Fact]
    public async Task Backward_what_has_gone_meanwhile_is_the_end()
    {
        Task<List<StreamRecord<string>>> reading = Stream.ReadAsync(new() { Backward = true }).ToListAsync().AsTask();
        ReceivedFrame first = await Peer.ReadAsync();
        Assert.Equal(PositionFlags.Backward, FromOf(first).Flags);
        await Peer.ReplyAsync(first, Page(0, 9, 7, 8, 7));
        ReceivedFrame second = await Peer.ReadAsync();
        Assert.Equal(PositionFlags.Backward | PositionFlags.Clamp, FromOf(second).Flags);
        await Peer.ReplyAsync(second, Page(8, 9, 8));
        Assert.Equal(["8", "7"], (await reading.WaitAsync(Patience.Limit)).Select(record => record.Value));
    }

    [Fact]
    public async Task No_more_is_asked_for_than_is_wanted()
    {
        Task<List<StreamRecord<string>>> reading = Stream.ReadAsync(new() { Max = 3 }).ToListAsync().AsTask();
        await Peer.ReplyAsync(await Peer.ReadAsync(), Page(0, 9, 2, 0, 1));
        ReceivedFrame second = await Peer.ReadAsync();
        Assert.True(StreamReadRequest.TryRead(second.Body, out StreamReadRequest request));
        Assert.Equal(1u, request.RecordsMax);
        await Peer.ReplyAsync(second, Page(0, 9, 3, 2));
        Assert.Equal(["0", "1", "2"], (await reading.WaitAsync(Patience.Limit)).Select(record => record.Value));
        Assert.Empty(await Stream.ReadAsync(new() { Max = 0 }).ToListAsync());
    }

    [Fact]
    public async Task A_tail_is_opened_again_behind_what_came()
    {
        await using IAsyncEnumerator<StreamRecord<string>> records = Other.TailAsync().GetAsyncEnumerator();
        Task<bool> moving = records.MoveNextAsync().AsTask();
        await AcceptTailAsync(_first, new StreamPosition(PositionKind.End), new OffsetRange(0, 10));

        // Nothing came yet, but others may have appended meanwhile: from where the end was.
        _first.Drop();
        FakePeer second = await _server.AcceptReadyAsync();
        ReceivedFrame again = await AcceptTailAsync(second, new StreamPosition(PositionKind.Offset, 10), new OffsetRange(0, 12));
        await PushAsync(second, again, 11, 10);
        await PushAsync(second, again, 15, 11, 12);
        await EndAsync(second, again, ErrorCode.ShuttingDown);
        Assert.True(await moving.WaitAsync(Patience.Limit));
        Assert.Equal((10ul, 11ul, 12ul), (records.Current.Offset, await NextAsync(records), await NextAsync(records)));
        moving = records.MoveNextAsync().AsTask();
        ReceivedFrame third = await AcceptTailAsync(second, new StreamPosition(PositionKind.Offset, 15), new OffsetRange(0, 16));
        await PushAsync(second, third, 16, 15);
        Assert.True(await moving.WaitAsync(Patience.Limit));
        Assert.Equal(15ul, records.Current.Offset);
    }

    [Theory]
    [InlineData(4, 6ul)]
    [InlineData(100, 2ul)]
    public async Task The_last_ones_are_counted_once(int last, ulong again)
    {
        await using IAsyncEnumerator<StreamRecord<string>> records =
            Other.TailAsync(new() { From = StreamFrom.Last((ulong)last) }).GetAsyncEnumerator();
        Task<bool> moving = records.MoveNextAsync().AsTask();
        await AcceptTailAsync(_first, new StreamPosition(PositionKind.Last, (ulong)last), new OffsetRange(2, 10));
        _first.Drop();
        FakePeer second = await _server.AcceptReadyAsync();
        await AcceptTailAsync(second, new StreamPosition(PositionKind.Offset, again), new OffsetRange(2, 90));
        Assert.False(moving.IsCompleted);
        await _client.DisposeAsync();
        await Assert.ThrowsAsync<NexoException>(() => moving);
    }

    [Fact]
    public async Task A_time_is_looked_up_before_it_is_followed()
    {
        var time = DateTimeOffset.FromUnixTimeMilliseconds(5_000);
        await using IAsyncEnumerator<StreamRecord<string>> records =
            Stream.TailAsync(new() { From = StreamFrom.Time(time) }).GetAsyncEnumerator();
        Task<bool> moving = records.MoveNextAsync().AsTask();
        ReceivedFrame read = await Peer.ReadAsync(Opcode.StreamRead);
        Assert.Equal(new StreamPosition(PositionKind.Time, 5_000), FromOf(read));
        await Peer.ReplyAsync(read, Page(0, 9, 4, 3));

        // What was found may have gone by then.
        ReceivedFrame late = await Peer.ReadAsync(Opcode.StreamTail);
        await FailAsync(Peer, late, ErrorCode.OffsetOutOfRange, 7, 9);
        read = await Peer.ReadAsync(Opcode.StreamRead);
        Assert.Equal(new StreamPosition(PositionKind.Time, 5_000), FromOf(read));
        await Peer.ReplyAsync(read, Page(7, 9, 8, 7));
        ReceivedFrame tail = await AcceptTailAsync(Peer, new StreamPosition(PositionKind.Offset, 7), new OffsetRange(0, 9));
        await PushAsync(Peer, tail, 8, 7);
        Assert.True(await moving.WaitAsync(Patience.Limit));
    }

    [Fact]
    public async Task A_tail_is_given_credits_as_it_is_read_and_more_when_records_are_small()
    {
        await using IAsyncEnumerator<StreamRecord<string>> records =
            Stream.TailAsync(new() { From = StreamFrom.Beginning, BufferRecords = 100 }).GetAsyncEnumerator();
        Task<bool> moving = records.MoveNextAsync().AsTask();
        ReceivedFrame tail = await AcceptTailAsync(Peer, new StreamPosition(PositionKind.Beginning), new OffsetRange(0, 99));
        Assert.True(StreamTailRequest.TryRead(tail.Body, out StreamTailRequest request));
        Assert.Equal(16u, request.Credits);
        await PushAsync(Peer, tail, 16, [.. Enumerable.Range(0, 16).Select(i => (ulong)i)]);
        Assert.True(await moving.WaitAsync(Patience.Limit));
        for (int i = 1; i < 16; i++)
        {
            await NextAsync(records);
        }

        moving = records.MoveNextAsync().AsTask();
        ReceivedFrame credit = await Peer.ReadAsync(Opcode.Credit);
        Assert.True(CreditNotice.TryRead(credit.Body, out CreditNotice notice));
        Assert.Equal(100u, notice.Credits);
        await PushAsync(Peer, tail, 17, 16);
        Assert.True(await moving.WaitAsync(Patience.Limit));
    }

    [Fact]
    public async Task What_was_not_paid_for_ends_the_connection()
    {
        await using IAsyncEnumerator<StreamRecord<string>> records = Stream.TailAsync().GetAsyncEnumerator();
        Task<bool> moving = records.MoveNextAsync().AsTask();
        ReceivedFrame tail = await AcceptTailAsync(Peer, new StreamPosition(PositionKind.End), new OffsetRange(0, 0));
        await PushAsync(Peer, tail, 17, [.. Enumerable.Range(0, 17).Select(i => (ulong)i)]);
        await Peer.ReadToEndAsync();
        await RefusedAsync(moving, ClientErrorCode.ProtocolViolation);
    }

    [Fact]
    public async Task A_tail_whose_records_have_gone_ends_with_what_there_is()
    {
        await using IAsyncEnumerator<StreamRecord<string>> records = Stream.TailAsync().GetAsyncEnumerator();
        Task<bool> moving = records.MoveNextAsync().AsTask();
        ReceivedFrame tail = await AcceptTailAsync(Peer, new StreamPosition(PositionKind.End), new OffsetRange(0, 0));
        await EndAsync(Peer, tail, ErrorCode.OffsetOutOfRange, 50, 60);
        Assert.Equal(new OffsetRange(50, 60), (await RefusedAsync(moving, ErrorCode.OffsetOutOfRange)).ValidRange);
    }

    [Fact]
    public async Task Leaving_a_tail_stops_it()
    {
        await using (IAsyncEnumerator<StreamRecord<string>> records = Stream.TailAsync().GetAsyncEnumerator())
        {
            Task<bool> moving = records.MoveNextAsync().AsTask();
            ReceivedFrame tail = await AcceptTailAsync(Peer, new StreamPosition(PositionKind.End), new OffsetRange(0, 0));
            await PushAsync(Peer, tail, 1, 0);
            Assert.True(await moving.WaitAsync(Patience.Limit));
        }

        await Peer.ReadAsync(Opcode.Stop);
    }
}
