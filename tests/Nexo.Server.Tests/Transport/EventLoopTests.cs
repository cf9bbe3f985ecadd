using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Nexo.Server.Transport;

namespace Nexo.Server.Tests.Transport;

/// <summary>Real sockets on real loops.</summary>
public sealed class EventLoopTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    public static bool HasEpoll => OperatingSystem.IsLinux();

    [Theory(Skip = "there is no epoll here", SkipUnless = nameof(HasEpoll))]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(4_096)]
    [InlineData(BlockPool.BlockBytes)]
    [InlineData(3 * BlockPool.BlockBytes + 17)]
    public async Task What_a_client_sends_comes_back_whole(int bytes)
    {
        await using var harness = new LoopHarness();
        (Socket client, LoopConnection connection) = await harness.ConnectAsync();
        Task echo = harness.Echo(connection);

        byte[] sent = Random.Shared.GetItems([.. Enumerable.Range(0, 256).Select(i => (byte)i)], bytes);
        for (int round = 0; round < 3; round++)
        {
            await SendAllAsync(client, sent);
            Assert.Equal(sent, await ReceiveAsync(client, bytes));
        }

        client.Shutdown(SocketShutdown.Send);
        await echo.WaitAsync(Patience);
    }

    [Fact(Skip = "there is no epoll here", SkipUnless = nameof(HasEpoll))]
    public async Task Bytes_and_the_end_that_come_together_are_both_seen()
    {
        await using var harness = new LoopHarness();
        (Socket client, LoopConnection connection) = await harness.ConnectAsync();
        await SendAllAsync(client, [1, 2, 3]);
        client.Shutdown(SocketShutdown.Send);

        ReadResult read = await connection.Input.ReadAsync().AsTask().WaitAsync(Patience);
        Assert.Equal([1, 2, 3], read.Buffer.ToArray());
        connection.Input.AdvanceTo(read.Buffer.End);
        read = await connection.Input.ReadAsync().AsTask().WaitAsync(Patience);
        Assert.True(read.IsCompleted);
        await WhenCancelledAsync(connection.ConnectionClosed);
    }

    [Fact(Skip = "there is no epoll here", SkipUnless = nameof(HasEpoll))]
    public async Task A_part_that_is_not_consumed_comes_again_with_what_follows_it()
    {
        await using var harness = new LoopHarness();
        (Socket client, LoopConnection connection) = await harness.ConnectAsync();
        await SendAllAsync(client, [1, 2, 3]);
        ReadResult read = await connection.Input.ReadAsync();
        connection.Input.AdvanceTo(read.Buffer.GetPosition(1), read.Buffer.End);

        Task<ReadResult> next = connection.Input.ReadAsync().AsTask();
        Assert.False(next.IsCompleted);
        await SendAllAsync(client, [4]);
        read = await next.WaitAsync(Patience);
        Assert.Equal([2, 3, 4], read.Buffer.ToArray());

        connection.Input.AdvanceTo(read.Buffer.GetPosition(2));
        read = await connection.Input.ReadAsync();
        Assert.Equal([4], read.Buffer.ToArray());
        connection.Input.AdvanceTo(read.Buffer.End);
    }

    [Fact(Skip = "there is no epoll here", SkipUnless = nameof(HasEpoll))]
    public async Task A_reader_that_waits_for_something_else_keeps_its_bytes_while_the_loop_serves_others()
    {
        await using var harness = new LoopHarness();
        (Socket slowClient, LoopConnection slow) = await harness.ConnectAsync();
        (Socket client, LoopConnection other) = await harness.ConnectAsync();
        Task echo = harness.Echo(other);

        await SendAllAsync(slowClient, [1, 2, 3, 4]);
        ReadResult held = await slow.Input.ReadAsync();
        for (int i = 0; i < 100; i++)
        {
            await SendAllAsync(client, [9, 9, 9, 9, 9, 9]);
            await ReceiveAsync(client, 6);
        }

        Assert.Equal([1, 2, 3, 4], held.Buffer.ToArray());
        slow.Input.AdvanceTo(held.Buffer.End);
        client.Shutdown(SocketShutdown.Send);
        await echo.WaitAsync(Patience);
    }

    [Fact(Skip = "there is no epoll here", SkipUnless = nameof(HasEpoll))]
    public async Task A_wait_for_bytes_can_be_ended_before_and_after_it_begins()
    {
        await using var harness = new LoopHarness();
        (Socket client, LoopConnection connection) = await harness.ConnectAsync();
        Task<ReadResult> waiting = connection.Input.ReadAsync().AsTask();
        connection.Input.CancelPendingRead();
        Assert.True((await waiting).IsCanceled);

        connection.Input.CancelPendingRead();
        Assert.True((await connection.Input.ReadAsync()).IsCanceled);

        waiting = connection.Input.ReadAsync().AsTask();
        await SendAllAsync(client, [5]);
        ReadResult read = await waiting.WaitAsync(Patience);
        Assert.False(read.IsCanceled);
        Assert.Equal([5], read.Buffer.ToArray());
        connection.Input.AdvanceTo(read.Buffer.End);
    }

    [Fact(Skip = "there is no epoll here", SkipUnless = nameof(HasEpoll))]
    public async Task A_flush_waits_until_the_peer_takes_the_bytes_and_can_be_ended()
    {
        await using var harness = new LoopHarness();
        (Socket client, LoopConnection connection) = await harness.ConnectAsync();
        const int Bytes = 16 * 1_024 * 1_024;
        connection.Output.Write(new byte[Bytes]);
        Task<FlushResult> flush = connection.Output.FlushAsync().AsTask();
        Assert.False(flush.IsCompleted);
        Assert.Equal(Bytes, (await ReceiveAsync(client, Bytes)).Length);
        Assert.False((await flush.WaitAsync(Patience)).IsCanceled);

        connection.Output.Write(new byte[Bytes]);
        flush = connection.Output.FlushAsync().AsTask();
        connection.Output.CancelPendingFlush();
        Assert.True((await flush.WaitAsync(Patience)).IsCanceled);
    }

    [Fact(Skip = "there is no epoll here", SkipUnless = nameof(HasEpoll))]
    public async Task A_broken_connection_is_an_io_error_to_who_reads_and_the_end_to_who_aborts()
    {
        await using var harness = new LoopHarness();
        (Socket client, LoopConnection connection) = await harness.ConnectAsync();
        Task<ReadResult> waiting = connection.Input.ReadAsync().AsTask();
        client.LingerState = new LingerOption(true, 0);
        client.Dispose();
        await Assert.ThrowsAsync<ConnectionResetException>(() => waiting.WaitAsync(Patience));

        (_, LoopConnection aborted) = await harness.ConnectAsync();
        waiting = aborted.Input.ReadAsync().AsTask();
        aborted.Abort();
        Assert.True((await waiting.WaitAsync(Patience)).IsCompleted);
        await WhenCancelledAsync(aborted.ConnectionClosed);
    }

    [Fact(Skip = "there is no epoll here", SkipUnless = nameof(HasEpoll))]
    public async Task Connections_that_move_between_loops_lose_no_byte_and_no_wake_up()
    {
        await using var harness = new LoopHarness(loopsMax: 3);
        var sockets = new List<Socket>();
        var echoes = new List<Task>();
        for (int i = 0; i < 8; i++)
        {
            (Socket client, LoopConnection connection) = await harness.ConnectAsync();
            sockets.Add(client);
            echoes.Add(harness.Echo(connection));
        }

        using var stop = new CancellationTokenSource();
        Task moving = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                harness.Loops.SplitNow();
                await Task.Yield();
                harness.Loops.MergeNow();
            }
        });
        await Task.WhenAll(sockets.Select(socket => Task.Run(() => PlayAsync(socket)))).WaitAsync(Patience);
        await stop.CancelAsync();
        await moving;
        await Task.WhenAll(echoes).WaitAsync(Patience);
    }

    [Fact(Skip = "there is no epoll here", SkipUnless = nameof(HasEpoll))]
    public async Task Bytes_come_and_go_on_the_loop_without_an_allocation()
    {
        await using var harness = new LoopHarness();
        (Socket client, LoopConnection connection) = await harness.ConnectAsync();
        Task<long[]> allocated = AnswerAsync(connection, windows: 8, rounds: 500);
        for (int i = 0; i < 8 * 500; i++)
        {
            await SendAllAsync(client, [1, 2, 3, 4]);
            await ReceiveAsync(client, 4);
        }

        // What is allocated once (an event that a contended lock makes, a tier of the compiler) falls into one window; what
        // a round costs falls into all of them.
        Assert.Equal(0, (await allocated.WaitAsync(Patience)).Min());
    }

    // What each window of rounds has allocated on the loop's thread.
    private static async Task<long[]> AnswerAsync(LoopConnection connection, int windows, int rounds)
    {
        long[] allocated = new long[windows];
        for (int window = 0; window < windows; window++)
        {
            long before = 0;
            for (int i = 0; i < rounds; i++)
            {
                ReadResult read = await connection.Input.ReadAsync();
                before = i == 0 ? GC.GetAllocatedBytesForCurrentThread() : before;
                ((SocketOutput)connection.Output).TrySend(read.Buffer.FirstSpan);
                connection.Input.AdvanceTo(read.Buffer.End);
            }

            allocated[window] = GC.GetAllocatedBytesForCurrentThread() - before;
        }

        return allocated;
    }

    private static async Task PlayAsync(Socket client)
    {
        for (int i = 1; i < 2_000; i++)
        {
            byte[] sent = [.. Enumerable.Range(i, (i * 37 % 200) + 1).Select(n => (byte)n)];
            await SendAllAsync(client, sent);
            Assert.Equal(sent, await ReceiveAsync(client, sent.Length));
        }

        client.Shutdown(SocketShutdown.Send);
    }

    private static async Task SendAllAsync(Socket socket, byte[] bytes)
    {
        for (int sent = 0; sent < bytes.Length;)
        {
            sent += await socket.SendAsync(bytes.AsMemory(sent));
        }
    }

    private static async Task<byte[]> ReceiveAsync(Socket socket, int count)
    {
        using var timeout = new CancellationTokenSource(Patience);
        byte[] bytes = new byte[count];
        for (int received = 0; received < count;)
        {
            int part = await socket.ReceiveAsync(bytes.AsMemory(received), timeout.Token);
            Assert.NotEqual(0, part);
            received += part;
        }

        return bytes;
    }

    private static async Task WhenCancelledAsync(CancellationToken token)
    {
        var cancelled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using CancellationTokenRegistration registration = token.Register(cancelled.SetResult);
        await cancelled.Task.WaitAsync(Patience, CancellationToken.None);
    }
}
