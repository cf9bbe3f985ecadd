using System.Buffers;
using Nexo.Protocol;

namespace Nexo.Client.Tests;

public sealed class DeadlineTests
{
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(60);

    [Fact]
    public async Task A_call_without_an_answer_ends_at_its_deadline_and_the_server_is_told()
    {
        await using var server = new FakeServer();
        (NexoClient client, FakePeer peer) = await server.ConnectAsync();
        await using NexoClient owned = client;
        Task<string?> read = client.Store.WithTimeout(Short).GetAsync<string>("k").AsTask();
        ReceivedFrame request = await peer.ReadAsync(Opcode.StoreGet);
        NexoException error = await Assert.ThrowsAsync<NexoException>(() => read.WaitAsync(Patience.Limit));
        Assert.Equal(ClientErrorCode.DeadlineExceeded, error.Code);
        Assert.True(error.Retryable);
        ReceivedFrame cancel = await peer.ReadAsync(Opcode.Cancel);
        Assert.Equal((FrameKind.Notice, request.Correlation), (cancel.Header.Kind, cancel.Correlation));

        Task<long> write = client.Store.WithTimeout(Short).IncrementAsync("n").AsTask();
        error = await Assert.ThrowsAsync<NexoException>(() => write.WaitAsync(Patience.Limit));
        Assert.False(error.Retryable);
    }

    [Fact]
    public async Task A_cancelled_call_ends_at_once_and_its_slot_is_kept_until_the_server_has_answered()
    {
        await using var server = new FakeServer();
        (NexoClient client, FakePeer peer) =
            await server.ConnectAsync(FakeServer.DefaultHello with { InFlightMax = 1 });
        await using NexoClient owned = client;
        using var source = new CancellationTokenSource();
        Task<string?> call = client.Store.GetAsync<string>("k", source.Token).AsTask();
        ReceivedFrame request = await peer.ReadAsync(Opcode.StoreGet);
        await source.CancelAsync();
        OperationCanceledException error =
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call.WaitAsync(Patience.Limit));
        Assert.Equal(source.Token, error.CancellationToken);
        Assert.Equal(request.Correlation, (await peer.ReadAsync(Opcode.Cancel)).Correlation);

        // The only place is still taken: the next call waits for it.
        Task<string?> next = client.Store.GetAsync<string>("next").AsTask();
        Task<ReceivedFrame> nextRequest = peer.ReadAsync(Opcode.StoreGet);
        await Task.Delay(40, TestContext.Current.CancellationToken);
        Assert.False(nextRequest.IsCompleted);

        // The late answer frees it, and is nobody's.
        await peer.ReplyAsync(request, Bodies.Value("late"));
        ReceivedFrame second = await nextRequest;
        Assert.NotEqual(request.Correlation, second.Correlation);
        await peer.ReplyAsync(second, Bodies.Value("right"));
        Assert.Equal("right", await next.WaitAsync(Patience.Limit));
    }

    [Fact]
    public async Task A_cancelled_error_of_the_server_frees_the_slot_too()
    {
        await using var server = new FakeServer();
        (NexoClient client, FakePeer peer) =
            await server.ConnectAsync(FakeServer.DefaultHello with { InFlightMax = 1 });
        await using NexoClient owned = client;
        using var source = new CancellationTokenSource();
        Task<long> call = client.Store.ClearAsync("p", source.Token).AsTask();
        ReceivedFrame request = await peer.ReadAsync(Opcode.StoreClear);
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call.WaitAsync(Patience.Limit));
        await peer.ReadAsync(Opcode.Cancel);
        await peer.FailAsync(request, ErrorCode.Cancelled);
        Task<bool> next = client.Store.ExistsAsync("k").AsTask();
        await peer.ReplyAsync(await peer.ReadAsync(Opcode.StoreExists), Bodies.Count(0));
        Assert.False(await next.WaitAsync(Patience.Limit));
    }

    [Fact]
    public async Task A_token_that_is_cancelled_already_sends_nothing()
    {
        await using var server = new FakeServer();
        (NexoClient client, FakePeer peer) = await server.ConnectAsync();
        await using NexoClient owned = client;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await client.Store.ExistsAsync("never", new CancellationToken(canceled: true)));
        Task<bool> call = client.Store.ExistsAsync("k").AsTask();
        ReceivedFrame first = await peer.ReadAsync();
        Assert.Equal("k", first.Body.Text());
        await peer.ReplyAsync(first, Bodies.Count(1));
        await call.WaitAsync(Patience.Limit);
    }

    [Fact]
    public async Task Calls_wait_for_a_connection_until_their_deadline_or_their_token()
    {
        await using var server = new FakeServer();
        await using var client = new NexoClient(server.Options);
        Task<bool> overdue = client.Store.WithTimeout(Short).ExistsAsync("a").AsTask();
        using var source = new CancellationTokenSource();
        Task<bool> cancelled = client.Store.ExistsAsync("b", source.Token).AsTask();
        Task<bool> patient = client.Store.ExistsAsync("c").AsTask();
        NexoException error = await Assert.ThrowsAsync<NexoException>(() => overdue.WaitAsync(Patience.Limit));
        Assert.Equal(ClientErrorCode.DeadlineExceeded, error.Code);
        Assert.True(error.Retryable);
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled.WaitAsync(Patience.Limit));

        // The third is sent as soon as there is a connection; of the two others nothing is.
        FakePeer peer = await server.AcceptReadyAsync();
        ReceivedFrame request = await peer.ReadAsync();
        Assert.Equal("c", request.Body.Text());
        await peer.ReplyAsync(request, Bodies.Count(1));
        Assert.True(await patient.WaitAsync(Patience.Limit));
    }

    [Fact]
    public async Task A_buffer_of_the_callers_is_not_written_to_after_its_call_has_ended()
    {
        await using var server = new FakeServer();
        (NexoClient client, FakePeer peer) = await server.ConnectAsync();
        await using NexoClient owned = client;
        var destination = new ArrayBufferWriter<byte>();
        Task<StoreLookup> call = client.Store.WithTimeout(Short).GetAsync("k", destination).AsTask();
        ReceivedFrame request = await peer.ReadAsync();
        await Assert.ThrowsAsync<NexoException>(() => call.WaitAsync(Patience.Limit));
        await peer.ReplyAsync(request, Bodies.Value("late"));
        Task<bool> after = client.Store.ExistsAsync("k").AsTask();
        await peer.ReadAsync(Opcode.Cancel);
        await peer.ReplyAsync(await peer.ReadAsync(Opcode.StoreExists), Bodies.Count(1));
        await after.WaitAsync(Patience.Limit);
        Assert.Equal(0, destination.WrittenCount);
    }

    [Fact]
    public async Task A_connection_that_owes_answers_and_does_not_answer_a_ping_either_is_given_up()
    {
        await using var server = new FakeServer();
        (NexoClient client, FakePeer peer) = await server.ConnectAsync(change: o => o with { RequestTimeout = Short });
        await using NexoClient owned = client;
        Task<bool> call = client.Store.WithTimeout(Timeout.InfiniteTimeSpan).ExistsAsync("k").AsTask();
        await peer.ReadAsync(Opcode.StoreExists);
        await peer.ReadAsync(Opcode.Ping);
        NexoException error = await Assert.ThrowsAsync<NexoException>(() => call.WaitAsync(Patience.Limit));
        Assert.Equal(ClientErrorCode.ConnectionLost, error.Code);
        Assert.Contains("no longer answers", error.Message, StringComparison.Ordinal);
        await server.AcceptReadyAsync();
    }
}
