using System.Globalization;
using Nexo.Protocol;

namespace Nexo.Client.Tests;

public sealed class DisconnectTests
{
    [Fact]
    public async Task A_client_that_is_disposed_sends_what_it_had_to_and_says_goodbye()
    {
        await using var server = new FakeServer();
        (NexoClient client, FakePeer peer) = await server.ConnectAsync();
        Task<bool> call = client.Store.ExistsAsync("k").AsTask();
        await peer.ReadAsync(Opcode.StoreExists);
        for (int i = 0; i < 100; i++)
        {
            await client.Topics.PostAsync("t", i);
        }

        await client.DisposeAsync();
        for (int i = 0; i < 100; i++)
        {
            await peer.ReadAsync(Opcode.TopicPublish);
        }

        ReceivedFrame goodbye = await peer.ReadAsync(Opcode.GoAway);
        Assert.Equal((FrameKind.Notice, 0u), (goodbye.Header.Kind, goodbye.Correlation));
        Assert.True(ErrorBody.TryRead(goodbye.Body, out ErrorBody reason));
        Assert.Equal(ErrorCode.None, reason.Code);
        await peer.ReadToEndAsync();
        NexoException error = await Assert.ThrowsAsync<NexoException>(() => call.WaitAsync(Patience.Limit));
        Assert.Equal(ClientErrorCode.ClientClosed, error.Code);
    }

    [Fact]
    public async Task A_server_that_takes_no_goodbye_does_not_hold_up_the_end()
    {
        await using var server = new FakeServer();
        (NexoClient client, FakePeer peer) = await server.ConnectAsync();
        for (byte[] large = new byte[200_000]; client.Topics.TryPost("t", large);)
        {
        }

        await client.DisposeAsync().AsTask().WaitAsync(Patience.Limit);
        Assert.Equal(NexoConnectionState.Closed, client.State);
        peer.Drop();
    }

    [Fact]
    public async Task Calls_in_flight_fail_at_once_and_say_whether_they_may_be_tried_again()
    {
        await using var server = new FakeServer();
        (NexoClient client, FakePeer peer) = await server.ConnectAsync();
        await using NexoClient owned = client;
        NexoStore store = client.Store;
        (Task Call, bool Retryable)[] calls =
        [
            (store.GetAsync<string>("k").AsTask(), true),
            (store.SetAsync("k", "v").AsTask(), true),
            (store.SetAsync("k", "v", new() { When = StoreWhen.IfAbsent }).AsTask(), false),
            (store.SetAsync("k", "v", new() { When = StoreWhen.IfVersion(3) }).AsTask(), false),
            (store.SwapAsync("k", "v").AsTask(), false),
            (store.TakeAsync<string>("k").AsTask(), false),
            (store.DeleteAsync("k").AsTask(), true),
            (store.DeleteAsync("k", StoreWhen.IfVersion(3)).AsTask(), false),
            (store.IncrementAsync("k").AsTask(), false),
            (store.AppendAsync("k", "x"u8.ToArray()).AsTask(), false),
            (store.HashIncrementAsync("k", "f").AsTask(), false),
            (store.ExpireAsync("k", TimeSpan.FromSeconds(1)).AsTask(), true),
            (store.ScanPageAsync("k").AsTask(), true),
        ];
        foreach (var _ in calls)
        {
            await peer.ReadAsync();
        }

        peer.Drop();
        foreach ((Task call, bool retryable) in calls)
        {
            NexoException error = await Assert.ThrowsAsync<NexoException>(() => call.WaitAsync(Patience.Limit));
            Assert.Equal(ClientErrorCode.ConnectionLost, error.Code);
            Assert.True(retryable == error.Retryable, error.Message);
        }
    }

    [Fact]
    public async Task A_request_that_was_never_written_may_be_tried_again_whatever_it_is()
    {
        await using var server = new FakeServer();
        (NexoClient client, FakePeer peer) =
            await server.ConnectAsync(FakeServer.DefaultHello with { FrameBytesMax = 64 << 20 });
        await using NexoClient owned = client;

        // The server does not read: the socket fills up with the first call, the second stays behind it.
        Task<long> writing = client.Store.AppendAsync("k", new byte[32 << 20]).AsTask();
        Task<long> waiting = client.Store.IncrementAsync("n").AsTask();
        Assert.False(writing.IsCompleted);
        peer.Drop();
        NexoException written = await Assert.ThrowsAsync<NexoException>(() => writing.WaitAsync(Patience.Limit));
        Assert.False(written.Retryable, written.Message);
        NexoException unwritten = await Assert.ThrowsAsync<NexoException>(() => waiting.WaitAsync(Patience.Limit));
        Assert.True(unwritten.Retryable, unwritten.Message);
        Assert.Contains("had not been sent", unwritten.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_lost_connection_is_made_again_and_a_restart_of_the_server_is_seen()
    {
        await using var server = new FakeServer();
        var changes = new List<NexoStateChangedEventArgs>();
        (NexoClient client, FakePeer peer) = await server.ConnectAsync();
        await using NexoClient owned = client;
        client.StateChanged += (_, change) => changes.Add(change);
        peer.Drop();
        FakePeer second = await server.AcceptReadyAsync();
        Task<bool> call = client.Store.ExistsAsync("k").AsTask();
        await second.ReplyAsync(await second.ReadAsync(), Bodies.Count(1));
        Assert.True(await call.WaitAsync(Patience.Limit));

        second.Drop();
        FakePeer third = await server.AcceptReadyAsync(FakeServer.DefaultHello with { ServerId = Guid.NewGuid() });
        call = client.Store.ExistsAsync("k").AsTask();
        await third.ReplyAsync(await third.ReadAsync(), Bodies.Count(0));
        Assert.False(await call.WaitAsync(Patience.Limit));

        Assert.Equal(
            "Connecting False, Connected False, Connecting False, Connected True",
            string.Join(", ", changes.Select(change => $"{change.Current} {change.ServerChanged}")));
        Assert.NotNull(changes[0].Reason);
    }

    [Fact]
    public async Task Pauses_between_attempts_are_random_below_a_ceiling_that_doubles()
    {
        var time = new HurriedTime();
        await using var server = new FakeServer();
        await server.DisposeAsync();
        NexoClientOptions options = server.Options with
        {
            TimeProvider = time,
            ReconnectDelayMin = TimeSpan.FromMilliseconds(10),
            ReconnectDelayMax = TimeSpan.FromMilliseconds(640),
            ConnectTimeout = HurriedTime.Unhurried,
        };
        await using var client = new NexoClient(options);
        await Assert.ThrowsAsync<NexoException>(async () => await client.OpenAsync());
        TimeSpan[] pauses = await time.PausesAsync(24);
        for (int i = 0; i < pauses.Length; i++)
        {
            double ceiling = Math.Min(10 * Math.Pow(2, i + 1), 640);
            Assert.InRange(pauses[i].TotalMilliseconds, 0, ceiling);
        }

        string shown =
            string.Join(' ', pauses.Select(p => p.TotalMilliseconds.ToString("F0", CultureInfo.InvariantCulture)));

        // 18 draws from 0 to 640: that none is above 160 has a chance of one in 10^11.
        Assert.True(pauses[6..].Max().TotalMilliseconds > 160, shown);
        Assert.True(pauses.Distinct().Count() > 12, shown);
    }

    [Fact]
    public async Task Disposing_the_client_ends_its_calls_and_later_ones_fail_at_once()
    {
        await using var server = new FakeServer();
        (NexoClient client, FakePeer peer) = await server.ConnectAsync();
        Task<bool> call = client.Store.ExistsAsync("k").AsTask();
        await peer.ReadAsync();
        await client.DisposeAsync();
        await client.DisposeAsync();
        NexoException error = await Assert.ThrowsAsync<NexoException>(() => call.WaitAsync(Patience.Limit));
        Assert.Equal(ClientErrorCode.ClientClosed, error.Code);
        error = await Assert.ThrowsAsync<NexoException>(async () => await client.Store.ExistsAsync("k"));
        Assert.Equal(ClientErrorCode.ClientClosed, error.Code);
        await peer.ReadToEndAsync();
        Assert.Equal(NexoConnectionState.Closed, client.State);
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await client.OpenAsync());
    }

    [Fact]
    public async Task A_goaway_lets_calls_in_flight_finish_and_sends_new_ones_elsewhere()
    {
        await using var server = new FakeServer();
        (NexoClient client, FakePeer old) = await server.ConnectAsync();
        await using NexoClient owned = client;
        Task<long> finishing = client.Store.IncrementAsync("n").AsTask();
        ReceivedFrame request = await old.ReadAsync();
        await old.GoAwayAsync();
        FakePeer fresh = await server.AcceptReadyAsync();
        Task<bool> next = client.Store.ExistsAsync("k").AsTask();
        await fresh.ReplyAsync(await fresh.ReadAsync(Opcode.StoreExists), Bodies.Count(1));
        Assert.True(await next.WaitAsync(Patience.Limit));
        Assert.False(finishing.IsCompleted);
        await old.ReplyAsync(request, Bodies.Number(5));
        Assert.Equal(5, await finishing.WaitAsync(Patience.Limit));

        // Nothing is owed on the old one any more: the client closes it.
        await old.ReadToEndAsync();
    }

    [Fact]
    public async Task Pings_of_the_server_are_answered_and_unknown_requests_refused()
    {
        await using var server = new FakeServer();
        (NexoClient client, FakePeer peer) = await server.ConnectAsync();
        await using NexoClient owned = client;
        await peer.SendAsync(buffer =>
        {
            buffer.Begin(Opcode.Ping, FrameKind.Request, 77);
            buffer.End();
            buffer.Begin((Opcode)0x0777, FrameKind.Request, 78);
            buffer.End();
        });
        ReceivedFrame pong = await peer.ReadAsync(Opcode.Ping);
        Assert.Equal((FrameKind.Reply, 77u, 0), (pong.Header.Kind, pong.Correlation, pong.Body.Length));
        ReceivedFrame refusal = await peer.ReadAsync((Opcode)0x0777);
        Assert.Equal((FrameKind.Error, 78u), (refusal.Header.Kind, refusal.Correlation));
        Assert.True(ErrorBody.TryRead(refusal.Body, out ErrorBody error));
        Assert.Equal(ErrorCode.UnknownOpcode, error.Code);
    }

    [Fact]
    public async Task An_idle_client_pings_at_half_the_servers_idle_timeout()
    {
        await using var server = new FakeServer();
        (NexoClient client, FakePeer peer) =
            await server.ConnectAsync(FakeServer.DefaultHello with { IdleTimeoutMs = 120 });
        await using NexoClient owned = client;
        for (int i = 0; i < 3; i++)
        {
            ReceivedFrame ping = await peer.ReadAsync(Opcode.Ping);
            Assert.Equal(FrameKind.Request, ping.Header.Kind);
            await peer.ReplyAsync(ping);
        }

        Task<TimeSpan> own = client.PingAsync().AsTask();
        await peer.ReplyAsync(await peer.ReadAsync(Opcode.Ping));
        Assert.True(await own.WaitAsync(Patience.Limit) > TimeSpan.Zero);
    }
}
