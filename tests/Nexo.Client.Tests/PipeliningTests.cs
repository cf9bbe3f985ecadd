using CsCheck;
using Nexo.Protocol;

namespace Nexo.Client.Tests;

public sealed class PipeliningTests
{
    [Fact]
    public async Task Concurrent_callers_share_few_writes_and_answers_find_their_callers_in_any_order()
    {
        await using var server = new FakeServer();
        (NexoClient client, FakePeer peer) = await server.ConnectAsync();
        await using NexoClient owned = client;
        Task<string?>[] calls =
            [.. Enumerable.Range(0, 100).Select(i => client.Store.GetAsync<string>($"key-{i}").AsTask())];

        var frames = new List<ReceivedFrame>();
        for (int i = 0; i < calls.Length; i++)
        {
            frames.Add(await peer.ReadAsync(Opcode.StoreGet));
        }

        Assert.Equal(100, frames.Select(frame => frame.Correlation).Distinct().Count());
        Assert.DoesNotContain(frames, frame => frame.Correlation == 0);

        // How many share one is a matter of who is faster, the callers or the sender.
        Assert.InRange(client.Connection!.BatchesSent, 1, 90);

        frames.Reverse();
        foreach (ReceivedFrame frame in frames)
        {
            await peer.ReplyAsync(frame, Bodies.Value("value of " + frame.Body.Text()));
        }

        string?[] values = await Task.WhenAll(calls).WaitAsync(Patience.Limit);
        Assert.Equal(Enumerable.Range(0, 100).Select(i => $"value of key-{i}"), values);
    }

    [Fact]
    public async Task A_lone_callers_request_has_left_when_the_call_returns()
    {
        await using var server = new FakeServer();
        (NexoClient client, FakePeer peer) = await server.ConnectAsync();
        await using NexoClient owned = client;
        var blocked = new ManualResetEventSlim();
        ThreadPool.GetMinThreads(out int workers, out int _);
        for (int i = 0; i < workers * 4; i++)
        {
            // No thread of the pool is free: only the caller's own can send.
            ThreadPool.UnsafeQueueUserWorkItem(_ => blocked.Wait(), null);
        }

        bool sent = false;
        var caller = new Thread(() =>
        {
            ValueTask<bool> call = client.Store.ExistsAsync("k");
            sent = SpinWait.SpinUntil(() => peer.Available > 0, TimeSpan.FromMilliseconds(100));
            _ = call.AsTask();
        });
        caller.Start();
        caller.Join();
        blocked.Set();
        Assert.True(sent);
    }

    [Fact]
    public async Task Answers_cut_at_any_place_are_understood()
    {
        await using var server = new FakeServer();
        (NexoClient client, FakePeer peer) = await server.ConnectAsync();
        await using NexoClient owned = client;
        for (int piece = 1; piece <= 40; piece++)
        {
            Task<string?> first = client.Store.GetAsync<string>("a").AsTask();
            Task<string?> second = client.Store.GetAsync<string>("b").AsTask();
            ReceivedFrame[] frames = [await peer.ReadAsync(), await peer.ReadAsync()];
            using var answers = new FrameBuffer();
            FakePeer.WriteReply(answers, frames[0], Bodies.Value("of " + frames[0].Body.Text()));
            FakePeer.WriteReply(answers, frames[1], Bodies.Value("of " + frames[1].Body.Text()));
            await peer.SendRawAsync(answers.Written, piece);
            Assert.Equal("of a", await first.WaitAsync(Patience.Limit));
            Assert.Equal("of b", await second.WaitAsync(Patience.Limit));
        }
    }

    [Fact]
    public async Task No_more_requests_are_in_flight_than_the_server_allows_and_the_others_wait()
    {
        await using var server = new FakeServer();
        (NexoClient client, FakePeer peer) =
            await server.ConnectAsync(FakeServer.DefaultHello with { InFlightMax = 4 });
        await using NexoClient owned = client;
        Task<bool>[] calls = [.. Enumerable.Range(0, 10).Select(i => client.Store.ExistsAsync($"{i}").AsTask())];
        var open = new Queue<ReceivedFrame>();
        for (int i = 0; i < 4; i++)
        {
            open.Enqueue(await peer.ReadAsync());
        }

        Task<ReceivedFrame> next = peer.ReadAsync();
        await Task.Delay(50, TestContext.Current.CancellationToken);
        Assert.False(next.IsCompleted);
        for (int i = 4; i < 10; i++)
        {
            // One answer makes room for one more, in the order of the callers.
            await peer.ReplyAsync(open.Dequeue(), Bodies.Count(1));
            ReceivedFrame frame = await next;
            Assert.Equal($"{i}", frame.Body.Text());
            open.Enqueue(frame);
            next = i < 9 ? peer.ReadAsync() : next;
        }

        foreach (ReceivedFrame frame in open)
        {
            await peer.ReplyAsync(frame, Bodies.Count(1));
        }

        Assert.All(await Task.WhenAll(calls).WaitAsync(Patience.Limit), Assert.True);
    }

    [Fact]
    public async Task A_caller_that_blocks_in_its_continuation_does_not_hold_up_the_others()
    {
        await using var server = new FakeServer();
        (NexoClient client, FakePeer peer) = await server.ConnectAsync();
        await using NexoClient owned = client;
        var blocked = new ManualResetEventSlim();
        Func<Task> block = async () =>
        {
            await client.Store.ExistsAsync("first").ConfigureAwait(false);
            blocked.Wait();
        };
        Task blocking = block();
        await peer.ReplyAsync(await peer.ReadAsync(), Bodies.Count(1));
        Task<bool> second = client.Store.ExistsAsync("second").AsTask();
        await peer.ReplyAsync(await peer.ReadAsync(), Bodies.Count(1));
        Assert.True(await second.WaitAsync(Patience.Limit));
        blocked.Set();
        await blocking.WaitAsync(Patience.Limit);
    }

    [Fact]
    public void Slots_are_unique_while_in_use_and_their_correlations_change_when_they_are_used_again() =>
        Gen.Int[0, 99].Array[1, 400].Sample(steps =>
        {
            var table = new SlotTable();
            var used = new List<(int Index, uint Correlation)>();
            var last = new Dictionary<int, uint>();
            foreach (int step in steps)
            {
                if (step < 60 || used.Count == 0)
                {
                    int index = table.Add(Operation<EmptyReader, bool>.Rent(default), out uint correlation);
                    Assert.NotEqual(0u, correlation);
                    Assert.DoesNotContain(used, slot => slot.Index == index);
                    Assert.NotEqual(last.GetValueOrDefault(index), correlation);
                    last[index] = correlation;
                    used.Add((index, correlation));
                }
                else
                {
                    (int index, uint correlation) = used[step % used.Count];
                    Assert.True(table.TryFind(correlation, out int found));
                    Assert.Equal(index, found);
                    table.Release(index);
                    Assert.False(table.TryFind(correlation, out found));
                    used.RemoveAt(step % used.Count);
                }
            }
        });
}
