using System.Text;
using Nexo.Cli.Terminal;
using Nexo.Client.Tests;
using Nexo.Protocol;
using Xunit;

namespace Nexo.Cli.Tests.Queues;

/// <summary>What <c>consume</c> asks a server for, and what it does when that answers badly.</summary>
public sealed class ConsumeTests : IAsyncDisposable
{
    private const uint LongestLeaseMs = 12 * 60 * 60 * 1_000;

    private readonly FakeServer _server = new();
    private readonly CancellationTokenSource _interrupt = new();

    public async ValueTask DisposeAsync()
    {
        _interrupt.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task Looking_at_what_is_there_takes_it_for_the_longest_and_gives_it_back()
    {
        (Task<CliResult> running, FakePeer peer) = await RunAsync("--no-ack", "--count", "0");
        ReceivedFrame pull = await peer.ReadAsync(Opcode.QueuePull);
        Assert.True(QueuePullRequest.TryRead(pull.Body, out QueuePullRequest request));
        Assert.Equal((32u, LongestLeaseMs), (request.MessagesMax, request.LeaseMs));
        await peer.ReplyAsync(pull, Deliveries(1, 2));
        await peer.ReplyAsync(await peer.ReadAsync(Opcode.QueuePull), Deliveries());
        await SettleAsync(peer, Opcode.QueueNack, 2);
        CliResult result = await running.WaitAsync(Patience.Limit);
        Assert.Equal((ExitCode.Ok, "body 1\nbody 2\n"), (result.ExitCode, result.Output));
    }

    [Fact]
    public async Task Looking_at_what_comes_extends_it_while_it_is_looked_at()
    {
        (Task<CliResult> running, FakePeer peer) = await RunAsync("--no-ack", "--follow", "--lease", "1s");
        ReceivedFrame consume = await peer.ReadAsync(Opcode.QueueConsume);
        await peer.ReplyAsync(consume);
        await PushAsync(peer, consume, 1);

        // It was printed by the second at the latest, and is kept all the same.
        for (int i = 0; i < 3; i++)
        {
            ReceivedFrame extend = await peer.ReadAsync(Opcode.QueueExtend);
            await peer.ReplyAsync(extend, buffer =>
            {
                QueueExtendReply.WriteStart(buffer, 1);
                QueueExtendReply.WriteItem(buffer, ErrorCode.None, 5);
            });
        }

        CliResult result = await InterruptAsync(running, peer, consume, released: 1);
        Assert.Equal("body 1\n", result.Output);
    }

    [Fact]
    public async Task Commands_are_given_one_message_at_a_time_of_what_is_there()
    {
        (Task<CliResult> running, FakePeer peer) =
            await RunAsync("--exec", "cat", "--count", "2", "--prefetch", "8", "--lease", "30s");
        for (ulong id = 1; id <= 2; id++)
        {
            ReceivedFrame pull = await peer.ReadAsync(Opcode.QueuePull);
            Assert.True(QueuePullRequest.TryRead(pull.Body, out QueuePullRequest request));
            Assert.Equal(1u, request.MessagesMax);
            await peer.ReplyAsync(pull, Deliveries(id));
            await SettleAsync(peer, Opcode.QueueAck, 1);
        }

        CliResult result = await running.WaitAsync(Patience.Limit);
        Assert.Equal((ExitCode.Ok, "body 1body 2"), (result.ExitCode, result.Output));
    }

    [Fact]
    public async Task A_command_outlives_an_extension_that_failed()
    {
        string go = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        (Task<CliResult> running, FakePeer peer) =
            await RunAsync("--exec", $"until [ -e {go} ]; do sleep 0.05; done; echo done", "--lease", "1s");
        await peer.ReplyAsync(await peer.ReadAsync(Opcode.QueuePull), Deliveries(1));
        await peer.FailAsync(await peer.ReadAsync(Opcode.QueueExtend), ErrorCode.StorageFailed);
        ReceivedFrame extend = await peer.ReadAsync(Opcode.QueueExtend);
        await File.WriteAllTextAsync(go, "");
        await peer.FailAsync(extend, ErrorCode.Internal);
        ReceivedFrame next = await peer.ReadAsync();
        while (next.Opcode == Opcode.QueueExtend)
        {
            await peer.FailAsync(next, ErrorCode.Internal);
            next = await peer.ReadAsync();
        }

        Assert.Equal(Opcode.QueueAck, next.Opcode);
        await peer.ReplyAsync(next, Codes(1));
        CliResult result = await running.WaitAsync(Patience.Limit);
        File.Delete(go);
        Assert.Equal((ExitCode.Ok, "done\n"), (result.ExitCode, result.Output));
    }

    [Fact]
    public async Task A_worker_outlives_the_connection_over_which_it_settled()
    {
        (Task<CliResult> running, FakePeer peer) = await RunAsync("--follow", "--exec", "cat", "--lease", "30s");
        ReceivedFrame consume = await peer.ReadAsync(Opcode.QueueConsume);
        await peer.ReplyAsync(consume);
        await PushAsync(peer, consume, 1);
        await peer.ReadAsync(Opcode.QueueAck);

        // Whether it was settled nobody knows; the exit code tells it in the end.
        peer.Drop();

        FakePeer second = await _server.AcceptReadyAsync();
        consume = await second.ReadAsync(Opcode.QueueConsume);
        await second.ReplyAsync(consume);
        await PushAsync(second, consume, 2);
        await SettleAsync(second, Opcode.QueueAck, 1);
        CliResult result = await InterruptAsync(running, second, consume);
        Assert.Equal((ExitCode.Negative, "body 1body 2"), (result.ExitCode, result.Output));
    }

    [Fact]
    public async Task A_command_that_leaves_a_process_behind_is_over_when_it_ends()
    {
        (Task<CliResult> running, FakePeer peer) =
            await RunAsync("--exec", "sleep 30 & echo started", "--lease", "30s");
        await peer.ReplyAsync(await peer.ReadAsync(Opcode.QueuePull), Deliveries(1));
        await SettleAsync(peer, Opcode.QueueAck, 1);
        CliResult result = await running.WaitAsync(Patience.Limit);
        Assert.Equal((ExitCode.Ok, "started\n"), (result.ExitCode, result.Output));
    }

    private static Action<FrameBuffer> Deliveries(params ulong[] ids) => buffer =>
    {
        DeliveryList.WriteStart(buffer, (uint)ids.Length);
        foreach (ulong id in ids)
        {
            new DeliveredMessage { MessageId = id, Lease = 1, Attempt = 1, Body = Encoding.UTF8.GetBytes($"body {id}") }
                .Write(buffer);
        }
    };

    private static Action<FrameBuffer> Codes(int count) => buffer =>
    {
        PerItemReply.WriteStart(buffer, (uint)count);
        for (int i = 0; i < count; i++)
        {
            PerItemReply.WriteItem(buffer, ErrorCode.None);
        }
    };

    private static Task PushAsync(FakePeer peer, ReceivedFrame consume, params ulong[] ids) => peer.SendAsync(buffer =>
    {
        buffer.Begin(Opcode.QueueConsume, FrameKind.Push, consume.Correlation);
        Deliveries(ids)(buffer);
        buffer.End();
    });

    private static async Task SettleAsync(FakePeer peer, Opcode opcode, int count) =>
        await peer.ReplyAsync(await peer.ReadAsync(opcode), Codes(count));

    /// <summary>Runs <c>consume</c> until it has connected.</summary>
    private async Task<(Task<CliResult> Running, FakePeer Peer)> RunAsync(params string[] options)
    {
        Task<CliResult> running =
            CliRunner.For(_server.Url).Run(["queue", "consume", "jobs", .. options], null, _interrupt.Token);
        return (running, await _server.AcceptReadyAsync());
    }

    /// <summary>Ctrl-C, answered as a server does.</summary>
    private async Task<CliResult> InterruptAsync(Task<CliResult> running, FakePeer peer, ReceivedFrame consume, int released = 0)
    {
        await _interrupt.CancelAsync();
        ReceivedFrame frame = await peer.ReadAsync();
        while (frame.Opcode == Opcode.QueueExtend)
        {
            frame = await peer.ReadAsync();
        }

        Assert.Equal(Opcode.Stop, frame.Opcode);
        await peer.SendAsync(buffer =>
            ErrorBody.WriteFrame(buffer, Opcode.QueueConsume, FrameKind.End, consume.Correlation, ErrorCode.None, ""));
        if (released > 0)
        {
            await SettleAsync(peer, Opcode.QueueNack, released);
        }

        return await running.WaitAsync(Patience.Limit);
    }
}
