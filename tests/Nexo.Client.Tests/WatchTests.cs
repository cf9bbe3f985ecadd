using Nexo.Protocol;

namespace Nexo.Client.Tests;

public sealed class WatchTests
{
    [Fact]
    public async Task Changes_arrive_in_order_and_credits_are_given_back_by_halves()
    {
        await using var server = new FakeServer();
        (NexoClient client, FakePeer peer) = await server.ConnectAsync(change: o => o with { WatchBuffer = 8 });
        await using NexoClient owned = client;
        Task<StoreWatch> opening = client.Store.OpenWatchAsync("user:").AsTask();
        ReceivedFrame request = await peer.ReadAsync(Opcode.StoreWatch);
        Assert.True(WatchRequest.TryRead(request.Body, out WatchRequest watch));
        Assert.Equal((8u, "user:"), (watch.Credits, watch.Prefix.Text()));
        await peer.ReplyAsync(request);
        StoreWatch opened = await opening.WaitAsync(Patience.Limit);
        await using IAsyncEnumerator<StoreChangeEvent> changes = opened.ReadAllAsync().GetAsyncEnumerator();
        for (int i = 0; i < 8; i++)
        {
            await peer.PushAsync(request, StoreChange.Set, $"user:{i}", (ulong)i + 1);
        }

        for (int i = 0; i < 8; i++)
        {
            Assert.True(await changes.MoveNextAsync().AsTask().WaitAsync(Patience.Limit));
            Assert.Equal(new StoreChangeEvent(StoreChange.Set, $"user:{i}", (ulong)i + 1, 0), changes.Current);
        }

        for (int i = 0; i < 2; i++)
        {
            ReceivedFrame credit = await peer.ReadAsync(Opcode.Credit);
            Assert.True(CreditNotice.TryRead(credit.Body, out CreditNotice notice));
            Assert.Equal((4u, request.Correlation), (notice.Credits, credit.Correlation));
        }

        await opened.DisposeAsync();
        Assert.Equal(request.Correlation, (await peer.ReadAsync(Opcode.Stop)).Correlation);
        Assert.False(await changes.MoveNextAsync().AsTask().WaitAsync(Patience.Limit));
    }

    [Fact]
    public async Task What_the_server_dropped_is_told()
    {
        await using var server = new FakeServer();
        (NexoClient client, FakePeer peer) = await server.ConnectAsync();
        await using NexoClient owned = client;
        await using IAsyncEnumerator<StoreChangeEvent> changes = client.Store.WatchAsync("p").GetAsyncEnumerator();
        Task<bool> moving = changes.MoveNextAsync().AsTask();
        ReceivedFrame request = await peer.ReadAsync(Opcode.StoreWatch);
        await peer.ReplyAsync(request);
        await peer.PushAsync(request, StoreChange.Missed, string.Empty, 12);
        await peer.PushAsync(request, StoreChange.Expired, "p1", 3);
        Assert.True(await moving.WaitAsync(Patience.Limit));
        Assert.Equal((true, 12L), (changes.Current.IsGap, changes.Current.Missed));
        Assert.True(await changes.MoveNextAsync().AsTask().WaitAsync(Patience.Limit));
        Assert.Equal((StoreChange.Expired, "p1"), (changes.Current.Change, changes.Current.Key.ToString()));
    }

    [Fact]
    public async Task After_a_reconnect_the_watch_is_open_again_behind_a_gap_of_unknown_size()
    {
        await using var server = new FakeServer();
        (NexoClient client, FakePeer peer) = await server.ConnectAsync();
        await using NexoClient owned = client;
        await using IAsyncEnumerator<StoreChangeEvent> changes = client.Store.WatchAsync("p").GetAsyncEnumerator();
        Task<bool> moving = changes.MoveNextAsync().AsTask();
        ReceivedFrame request = await peer.ReadAsync(Opcode.StoreWatch);
        await peer.ReplyAsync(request);
        await peer.PushAsync(request, StoreChange.Set, "before", 1);
        Assert.True(await moving.WaitAsync(Patience.Limit));
        moving = changes.MoveNextAsync().AsTask();
        peer.Drop();

        FakePeer second = await server.AcceptReadyAsync();
        ReceivedFrame again = await second.ReadAsync(Opcode.StoreWatch);
        Assert.Equal(request.Body, again.Body);
        await second.ReplyAsync(again);
        await second.PushAsync(again, StoreChange.Set, "after", 2);
        Assert.True(await moving.WaitAsync(Patience.Limit));
        Assert.Equal(StoreChangeEvent.MissedUnknown, changes.Current.Missed);
        Assert.True(await changes.MoveNextAsync().AsTask().WaitAsync(Patience.Limit));
        Assert.Equal("after", changes.Current.Key.ToString());

        // A GOAWAY moves it too.
        moving = changes.MoveNextAsync().AsTask();
        await second.GoAwayAsync();
        FakePeer third = await server.AcceptReadyAsync();
        await third.ReplyAsync(await third.ReadAsync(Opcode.StoreWatch));
        Assert.True(await moving.WaitAsync(Patience.Limit));
        Assert.True(changes.Current.IsGap);
    }

    [Fact]
    public async Task A_watch_that_the_server_ends_for_good_ends_with_its_error()
    {
        await using var server = new FakeServer();
        (NexoClient client, FakePeer peer) = await server.ConnectAsync();
        await using NexoClient owned = client;
        await using IAsyncEnumerator<StoreChangeEvent> changes = client.Store.WatchAsync("p").GetAsyncEnumerator();
        Task<bool> moving = changes.MoveNextAsync().AsTask();
        ReceivedFrame request = await peer.ReadAsync(Opcode.StoreWatch);
        await peer.ReplyAsync(request);
        await peer.SendAsync(buffer => ErrorBody.WriteFrame(
            buffer, Opcode.StoreWatch, FrameKind.End, request.Correlation, ErrorCode.Internal, "broken"));
        NexoException error = await Assert.ThrowsAsync<NexoException>(() => moving.WaitAsync(Patience.Limit));
        Assert.Equal(ErrorCode.Internal, error.Code);
    }

    [Fact]
    public async Task Pushes_that_were_not_paid_for_end_the_connection_rather_than_fill_the_memory()
    {
        await using var server = new FakeServer();
        (NexoClient client, FakePeer peer) = await server.ConnectAsync(change: o => o with { WatchBuffer = 4 });
        await using NexoClient owned = client;
        Task<StoreWatch> opening = client.Store.OpenWatchAsync().AsTask();
        ReceivedFrame request = await peer.ReadAsync(Opcode.StoreWatch);
        await peer.ReplyAsync(request);
        await opening.WaitAsync(Patience.Limit);
        Task<bool> call = client.Store.ExistsAsync("k").AsTask();
        await peer.ReadAsync(Opcode.StoreExists);
        for (int i = 0; i < 5; i++)
        {
            await peer.PushAsync(request, StoreChange.Set, "k", 1);
        }

        NexoException error = await Assert.ThrowsAsync<NexoException>(() => call.WaitAsync(Patience.Limit));
        Assert.Equal(ClientErrorCode.ProtocolViolation, error.Code);
    }

    [Fact]
    public async Task A_watch_that_opens_after_its_caller_has_gone_is_stopped()
    {
        await using var server = new FakeServer();
        (NexoClient client, FakePeer peer) = await server.ConnectAsync();
        await using NexoClient owned = client;
        using var source = new CancellationTokenSource();
        Task<StoreWatch> opening = client.Store.OpenWatchAsync("p", source.Token).AsTask();
        ReceivedFrame request = await peer.ReadAsync(Opcode.StoreWatch);
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => opening.WaitAsync(Patience.Limit));
        await peer.ReadAsync(Opcode.Cancel);
        await peer.ReplyAsync(request);
        Assert.Equal(request.Correlation, (await peer.ReadAsync(Opcode.Stop)).Correlation);

        // What was pushed before the STOP arrived is passed over, and the END frees the slot.
        await peer.PushAsync(request, StoreChange.Set, "p", 1);
        await peer.SendAsync(buffer => ErrorBody.WriteFrame(
            buffer, Opcode.StoreWatch, FrameKind.End, request.Correlation, ErrorCode.None, string.Empty));
        Task<bool> call = client.Store.ExistsAsync("k").AsTask();
        await peer.ReplyAsync(await peer.ReadAsync(Opcode.StoreExists), Bodies.Count(1));
        Assert.True(await call.WaitAsync(Patience.Limit));
    }
}
