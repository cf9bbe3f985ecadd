using Nexo.Protocol;

namespace Nexo.Client.Tests;

/// <summary>Publishing without confirmation.</summary>
public sealed class TopicPostTests : TopicHarness
{
    [Fact]
    public async Task A_post_is_a_notice_that_is_on_its_way_when_it_returns()
    {
        ValueTask posting = Topics.PostAsync("a/b", "hello", WithHeaders);
        Assert.True(posting.IsCompletedSuccessfully);
        await posting;
        Assert.True(Topics.TryPost("a/c", 5, new() { Retain = true }));
        ReceivedFrame first = await Peer.ReadAsync(Opcode.TopicPublish);
        Assert.Equal(FrameKind.Notice, first.Header.Kind);
        Assert.Equal(WithHeaders.Headers, new NexoHeaders(first.HeaderBlock));
        Assert.True(TopicPublishRequest.TryRead(first.Body, out TopicPublishRequest request));
        Assert.Equal(("a/b", "hello"), (request.Message.Topic.Text(), request.Message.Body.Text()));
        ReceivedFrame second = await Peer.ReadAsync(Opcode.TopicPublish);
        Assert.Equal((FrameKind.Notice, 0), (second.Header.Kind, second.HeaderBlock.Length));
        Assert.True(TopicPublishRequest.TryRead(second.Body, out request));
        Assert.Equal(
            ("a/c", "5", PublishFlags.Retain),
            (request.Message.Topic.Text(), request.Message.Body.Text(), request.Message.Flags));
    }

    [Fact]
    public async Task Posts_and_publishes_of_one_caller_keep_their_order()
    {
        for (int i = 0; i < 50; i++)
        {
            await Topics.PostAsync("t", 2 * i);
            _ = Topics.PublishAsync("t", (2 * i) + 1).AsTask();
        }

        for (int i = 0; i < 100; i++)
        {
            ReceivedFrame frame = await Peer.ReadAsync(Opcode.TopicPublish);
            Assert.True(TopicPublishRequest.TryRead(frame.Body, out TopicPublishRequest request));
            Assert.Equal($"{i}", request.Message.Body.Text());
            if (frame.Header.Kind == FrameKind.Request)
            {
                await Peer.ReplyAsync(frame, Published(0));
            }
        }
    }

    [Fact]
    public async Task Posts_that_are_made_together_travel_together()
    {
        long before = Client.Connection!.BatchesSent;
        for (int i = 0; i < 2_000; i++)
        {
            Assert.True(Topics.TryPost("t", i));
        }

        for (int i = 0; i < 2_000; i++)
        {
            await Peer.ReadAsync(Opcode.TopicPublish);
        }

        // How many share one is a matter of who is faster, the poster or the sender.
        Assert.InRange(Client.Connection!.BatchesSent - before, 1, 1_500);
    }

    [Fact]
    public async Task A_post_for_which_there_is_no_room_waits_and_is_sent_when_there_is()
    {
        byte[] large = new byte[200_000];
        int sent = 0;
        for (int refused = 0; refused < 5; refused++)
        {
            // Again, until the kernel's buffers are full as well.
            for (; Topics.TryPost("t", large); sent++)
            {
                Assert.True(sent < 1_000, "there was no end of room");
                refused = 0;
            }

            await Task.Delay(20, TestContext.Current.CancellationToken);
        }

        // It does not overtake, and it does not fill the memory: it waits.
        ValueTask waiting = Topics.PostAsync("last", 1);
        Assert.False(waiting.IsCompleted);
        Assert.False(Topics.TryPost("t", 2));
        using var cancel = new CancellationTokenSource();
        Task cancelled = Topics.PostAsync("cancelled", 1, null, cancel.Token).AsTask();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled.WaitAsync(Patience.Limit));
        for (int i = 0; i < sent; i++)
        {
            ReceivedFrame frame = await Peer.ReadAsync(Opcode.TopicPublish);
            Assert.True(frame.Body.Length > large.Length);
        }

        await waiting.AsTask().WaitAsync(Patience.Limit);
        ReceivedFrame last = await Peer.ReadAsync(Opcode.TopicPublish);
        Assert.True(TopicPublishRequest.TryRead(last.Body, out TopicPublishRequest request));
        Assert.Equal("last", request.Message.Topic.Text());
    }

    [Fact]
    public async Task Without_a_connection_a_post_waits_for_one_until_its_deadline()
    {
        await using var server = new FakeServer();
        await using var client = new NexoClient(server.Options);
        Assert.False(client.Topics.TryPost("t", 1));
        FakePeer peer = await server.AcceptReadyAsync();
        Task posting = client.Topics.PostAsync("t", 1).AsTask();
        await posting.WaitAsync(Patience.Limit);
        await peer.ReadAsync(Opcode.TopicPublish);

        await using var unreachable = new NexoClient(new NexoClientOptions { Url = "nexo://127.0.0.1:1" });
        NexoTopics hurried = unreachable.Topics.WithTimeout(TimeSpan.FromMilliseconds(100));
        NexoException late = await RefusedAsync(hurried.PostAsync("t", 1).AsTask(), ClientErrorCode.DeadlineExceeded);
        Assert.True(late.Retryable, "it was not sent");
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => hurried.PostAsync("t", 1, null, cancelled.Token).AsTask());
        await unreachable.DisposeAsync();
        await RefusedAsync(hurried.PostAsync("t", 1).AsTask(), ClientErrorCode.ClientClosed);
        Assert.False(hurried.TryPost("t", 1));
    }

    [Fact]
    public async Task A_post_that_no_frame_holds_is_refused_here()
    {
        byte[] huge = new byte[1_024 * 1_024];
        Assert.Equal(ErrorCode.FrameTooLarge, Assert.Throws<NexoException>(() => Topics.TryPost("t", huge)).Code);
        await Assert.ThrowsAsync<NexoException>(async () => await Topics.PostAsync("t", huge));
        Assert.True(Topics.TryPost("t", 1));
        await Peer.ReadAsync(Opcode.TopicPublish);
    }

    [Fact]
    public async Task Failures_that_the_server_reports_are_told_off_the_receiving_thread()
    {
        var failed = new TaskCompletionSource<TopicPublishFailedEventArgs>();
        using var blocked = new ManualResetEventSlim();
        NexoTopics another = Topics.WithTimeout(TimeSpan.FromSeconds(1));
        another.PublishFailed += (sender, args) =>
        {
            failed.TrySetResult(args);
            blocked.Wait(Patience.Limit);
        };
        await Peer.SendAsync(buffer =>
        {
            buffer.Begin(Opcode.Report, FrameKind.Notice, 0);
            ReportNotice.WriteStart(buffer, Opcode.TopicPublish, 0, 12);
            ErrorBody.Write(buffer, ErrorCode.RetainedFull, "full");
            buffer.End();

            // Of another broker; and a notice of a later version.
            buffer.Begin(Opcode.Report, FrameKind.Notice, 0);
            ReportNotice.WriteStart(buffer, Opcode.StoreSet, 0, 1);
            ErrorBody.Write(buffer, ErrorCode.Internal, "no");
            buffer.End();
            buffer.Begin((Opcode)0x00FF, FrameKind.Notice, 0);
            buffer.End();
        });
        TopicPublishFailedEventArgs told = await failed.Task.WaitAsync(Patience.Limit);
        Assert.Equal((12L, ErrorCode.RetainedFull, true), (told.Count, told.Error.Code, told.Error.Retryable));

        // The handler blocks, and the client goes on.
        await SettledAsync();
        blocked.Set();
    }

    [Fact]
    public async Task A_handler_of_failures_that_throws_harms_nobody()
    {
        var told = new TaskCompletionSource();
        Topics.PublishFailed += (_, args) =>
        {
            if (args.Count == 2)
            {
                told.SetResult();
            }

            throw new InvalidOperationException("a handler");
        };
        for (ulong count = 1; count <= 2; count++)
        {
            await Peer.SendAsync(buffer =>
            {
                buffer.Begin(Opcode.Report, FrameKind.Notice, 0);
                ReportNotice.WriteStart(buffer, Opcode.TopicPublish, 0, count);
                ErrorBody.Write(buffer, ErrorCode.RetainedFull, "full");
                buffer.End();
            });
        }

        await told.Task.WaitAsync(Patience.Limit);
        await SettledAsync();
    }

    [Fact]
    public async Task A_report_that_is_malformed_ends_the_connection()
    {
        Task<bool> call = Client.Store.ExistsAsync("k").AsTask();
        await Peer.ReadAsync(Opcode.StoreExists);
        await Peer.SendAsync(buffer =>
        {
            buffer.Begin(Opcode.Report, FrameKind.Notice, 0);
            buffer.WriteByte(1);
            buffer.End();
        });
        await RefusedAsync(call, ClientErrorCode.ProtocolViolation);
    }
}
