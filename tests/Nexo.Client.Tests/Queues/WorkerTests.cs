using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Nexo.Protocol;

namespace Nexo.Client.Tests;

public sealed class WorkerTests : WorkerHarness
{
    [Fact]
    public async Task A_job_is_handled_in_a_scope_of_its_own_and_acked()
    {
        NexoJobContext? seen = null;
        Handled.Does["b"] = (context, _) =>
        {
            seen = context;
            return Task.CompletedTask;
        };
        await StartAsync();
        Assert.True(QueueConsumeRequest.TryRead(Consume.Body, out QueueConsumeRequest request));
        Assert.Equal((4u, 30_000u, Name), (request.Credits, request.LeaseMs, request.Queue.Text()));
        await GiveAsync(new Given(1, "a"));
        await SettleAsync(Peer, Opcode.QueueAck, 1);
        await GiveAsync(new Given(2, "b", Attempt: 3) { Priority = 4, Group = "g", Headers = [new("h", "v")] });
        await SettleAsync(Peer, Opcode.QueueAck, 2);
        Assert.Equal(["a", "b"], Handled.Started);
        Assert.Equal((2, 0), (Handled.ScopesMade, Handled.ScopesOpen));
        Assert.Equal((2ul, 3, true, 4, "g", "v", Name), (seen!.MessageId, seen.Attempt, seen.Redelivered, seen.Priority, seen.Group.ToString(), seen.Headers["h"], seen.Queue));
    }

    [Fact]
    public async Task A_failed_job_is_nacked_with_the_exception_as_its_reason()
    {
        Handled.Does["bad"] = (_, _) => throw new InvalidOperationException("no route to " + new string('é', 5_000));
        await StartAsync();
        await GiveAsync(new Given(1, "bad"));
        ReceivedFrame frame = await Peer.ReadAsync(Opcode.QueueNack);
        Assert.Equal([1], Ids(frame));
        Assert.True(QueueNackRequest.TryRead(frame.Body, out QueueNackRequest nack));
        Assert.Equal(NackAction.Backoff, nack.Action);
        Assert.StartsWith("System.InvalidOperationException: no route to éé", nack.Reason.Text(), StringComparison.Ordinal);
        Assert.InRange(nack.Reason.Length, 4_090, 4_096);
        Assert.DoesNotContain('\uFFFD', nack.Reason.Text());
        await Peer.ReplyAsync(frame, Codes(ErrorCode.None));
    }

    [Fact]
    public async Task A_job_that_is_rejected_or_cannot_be_read_is_a_dead_letter()
    {
        Handled.Does["never"] = (_, _) => throw new NexoRejectException("unknown customer");
        await StartAsync();
        await GiveAsync(new Given(1, "never"));
        await AssertDeadAsync(Peer, "unknown customer");

        await using ServiceProvider services = new ServiceCollection().AddSingleton(Client)
            .AddNexoWorker<long, Numbers>("numbers", options => options.Lease = TimeSpan.FromSeconds(30)).BuildServiceProvider();
        IHostedService numbers = Assert.Single(services.GetServices<IHostedService>());
        await numbers.StartAsync(CancellationToken.None);
        ReceivedFrame consume = await Peer.ReadAsync(Opcode.QueueConsume);
        await Peer.ReplyAsync(consume);
        await PushAsync(Peer, consume, new Given(1, "many"));
        await AssertDeadAsync(Peer, "could not be read as System.Int64");
    }

    [Fact]
    public async Task A_job_whose_handler_cannot_read_something_else_has_failed_and_is_tried_again()
    {
        Handled.Does["reads"] = (_, _) =>
            throw new NexoException(ClientErrorCode.ValueUnreadable, "a value of the store", retryable: false);
        await StartAsync();
        await GiveAsync(new Given(1, "reads"));
        await SettleAsync(Peer, Opcode.QueueNack, 1);
    }

    [Fact]
    public async Task No_more_jobs_run_at_once_than_may()
    {
        TaskCompletionSource first = Handled.Hold("1");
        TaskCompletionSource second = Handled.Hold("2");
        await StartAsync();
        await GiveAsync(new Given(1, "1"), new Given(2, "2"), new Given(3, "3"), new Given(4, "4"));
        await Handled.WhenStartedAsync(2);
        second.SetResult();
        await SettleAsync(Peer, Opcode.QueueAck, 2);
        await SettleAsync(Peer, Opcode.QueueAck, 3);
        await SettleAsync(Peer, Opcode.QueueAck, 4);
        Assert.Equal("34", string.Concat(Handled.Started.Skip(2)));
        first.SetResult();
        await SettleAsync(Peer, Opcode.QueueAck, 1);
    }

    [Fact]
    public async Task A_stop_lets_what_runs_end_and_gives_back_what_waits()
    {
        TaskCompletionSource first = Handled.Hold("1");
        TaskCompletionSource second = Handled.Hold("2");
        await StartAsync();
        await GiveAsync(new Given(1, "1"), new Given(2, "2"), new Given(3, "3"));
        await Handled.WhenStartedAsync(2);
        Task stopping = StopAsync();
        await EndWhenStoppedAsync(Peer, Consume);
        await SettleAsync(Peer, Opcode.QueueNack, 3);
        first.SetResult();
        await SettleAsync(Peer, Opcode.QueueAck, 1);
        Assert.False(stopping.IsCompleted);
        second.SetResult();
        await SettleAsync(Peer, Opcode.QueueAck, 2);
        await stopping.WaitAsync(Patience.Limit);
        Assert.Equal(2, Handled.Started.Count);
    }

    [Fact]
    public async Task After_the_grace_jobs_are_cancelled_and_given_back_also_those_that_do_not_listen()
    {
        var deaf = new TaskCompletionSource();
        Handled.Hold("listens");
        Handled.Does["deaf"] = (_, _) => deaf.Task;
        await StartAsync(options => options.Grace = TimeSpan.FromMilliseconds(50));
        await GiveAsync(new Given(1, "listens"), new Given(2, "deaf"));
        await Handled.WhenStartedAsync(2);
        Task stopping = StopAsync();
        await EndWhenStoppedAsync(Peer, Consume);
        ReceivedFrame released = await Peer.ReadAsync(Opcode.QueueNack);
        Assert.Equal([1], Ids(released));
        Assert.True(QueueNackRequest.TryRead(released.Body, out QueueNackRequest nack));
        Assert.Equal(NackAction.GiveBack, nack.Action);
        await Peer.ReplyAsync(released, Codes(ErrorCode.None));
        await SettleAsync(Peer, Opcode.QueueNack, 2);
        await stopping.WaitAsync(Patience.Limit);

        // Too late: its message is another's, and the server is not bothered with it.
        deaf.SetResult();
        Task<TimeSpan> ping = Client.PingAsync().AsTask();
        await Peer.ReplyAsync(await Peer.ReadAsync(Opcode.Ping));
        await ping.WaitAsync(Patience.Limit);
    }

    [Fact]
    public async Task The_hosts_own_limit_cuts_the_grace_short()
    {
        Handled.Hold("1");
        await StartAsync(options => options.Grace = TimeSpan.FromHours(1));
        await GiveAsync(new Given(1, "1"));
        await Handled.WhenStartedAsync(1);
        using var limit = new CancellationTokenSource();
        Task stopping = StopAsync(limit.Token);
        await EndWhenStoppedAsync(Peer, Consume);
        Assert.False(stopping.IsCompleted);
        await limit.CancelAsync();
        await SettleAsync(Peer, Opcode.QueueNack, 1);
        await stopping.WaitAsync(Patience.Limit);
    }

    [Fact]
    public async Task A_job_that_takes_longer_than_it_may_is_cancelled_and_has_failed()
    {
        Handled.Hold("slow");
        await StartAsync(options => options.JobTimeout = TimeSpan.FromMilliseconds(50));
        await GiveAsync(new Given(1, "slow"));
        ReceivedFrame frame = await Peer.ReadAsync(Opcode.QueueNack);
        Assert.True(QueueNackRequest.TryRead(frame.Body, out QueueNackRequest nack));
        Assert.Equal(
            (NackAction.Backoff, "The job took longer than 00:00:00.0500000."), (nack.Action, nack.Reason.Text()));
        await Peer.ReplyAsync(frame, Codes(ErrorCode.None));
    }

    [Fact]
    public async Task A_job_that_answers_its_request_pushes_the_reply_before_it_is_acked()
    {
        Handled.Does["ask"] = async (context, cancel) => await context.ReplyAsync("answer", cancel);
        await StartAsync();
        await GiveAsync(new Given(1, "ask") { Headers = [new("reply-to", "nexo.reply.1"), new("correlation-id", "77")] });
        ReceivedFrame reply = await Peer.ReadAsync(Opcode.QueuePush);
        Assert.True(QueuePushRequest.TryRead(reply.Body, out QueuePushRequest request));
        Assert.Equal(("nexo.reply.1", "answer"), (request.Queue.Text(), request.Message.Body.Text()));
        Assert.Equal([new("correlation-id", "77")], new NexoHeaders(reply.HeaderBlock));
        await Peer.ReplyAsync(reply, buffer => new QueuePushReply(PushOutcome.Accepted, 1).Write(buffer));
        await SettleAsync(Peer, Opcode.QueueAck, 1);

        // Nobody asked for a reply: the job has failed, and says so.
        await GiveAsync(new Given(2, "ask"));
        ReceivedFrame nack = await Peer.ReadAsync(Opcode.QueueNack);
        Assert.Equal([2], Ids(nack));
        await Peer.ReplyAsync(nack, Codes(ErrorCode.None));
    }

    [Fact]
    public async Task The_span_of_a_job_is_a_child_of_the_one_that_pushed_it()
    {
        var spans = new List<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == ClientTelemetry.ActivitySourceName,
            Sample = (ref ActivityCreationOptions<ActivityContext> options) => options.Kind == ActivityKind.Consumer
                ? ActivitySamplingResult.AllData
                : ActivitySamplingResult.None,
            ActivityStopped = span =>
            {
                lock (spans)
                {
                    spans.Add(span);
                }
            },
        };
        ActivitySource.AddActivityListener(listener);
        var parent = new ActivityContext(ActivityTraceId.CreateRandom(), ActivitySpanId.CreateRandom(), ActivityTraceFlags.Recorded);
        string traceparent = $"00-{parent.TraceId}-{parent.SpanId}-01";
        Activity? current = null;
        Handled.Does["traced"] = (_, _) =>
        {
            current = Activity.Current;
            throw new TimeoutException("too slow");
        };
        await StartAsync();
        await GiveAsync(new Given(1, "traced") { Headers = [new("traceparent", traceparent)] });
        await SettleAsync(Peer, Opcode.QueueNack, 1);
        Activity? span = null;
        using var patience = new CancellationTokenSource(Patience.Limit);
        while (span is null)
        {
            await Task.Delay(5, patience.Token);
            lock (spans)
            {
                span = spans.Find(one => one.TraceId == parent.TraceId);
            }
        }

        Assert.Same(span, current);
        Assert.Equal(("process emails", parent.SpanId), (span.OperationName, span.ParentSpanId));
        Assert.Equal(("emails", 1ul), (span.GetTagItem("messaging.destination.name"), span.GetTagItem("messaging.message.id")));
        Assert.Equal(("System.TimeoutException", ActivityStatusCode.Error), (span.GetTagItem("error.type"), span.Status));
    }

    [Fact]
    public void Options_that_cannot_work_are_refused_by_name()
    {
        foreach ((Action<NexoWorkerOptions> set, string name) in new (Action<NexoWorkerOptions>, string)[]
        {
            (options => options.Concurrency = 0, "Concurrency"),
            (options => options.Prefetch = 1, "Prefetch"),
            (options => options.Grace = TimeSpan.FromSeconds(-1), "Grace"),
            (options => options.JobTimeout = TimeSpan.Zero, "JobTimeout"),
        })
        {
            using ServiceProvider services = new ServiceCollection().AddSingleton(Client)
                .AddNexoWorker<string, Handler>(Name, options =>
                {
                    options.Concurrency = 2;
                    set(options);
                }).BuildServiceProvider();
            Assert.Equal(name, Assert.Throws<ArgumentOutOfRangeException>(() => services.GetServices<IHostedService>().ToArray()).ParamName);
        }
    }

    private static async Task AssertDeadAsync(FakePeer peer, string reason)
    {
        ReceivedFrame frame = await peer.ReadAsync(Opcode.QueueDeadLetter);
        Assert.Equal([1], Ids(frame));
        Assert.True(QueueDeadLetterRequest.TryRead(frame.Body, out QueueDeadLetterRequest dead));
        Assert.Contains(reason, dead.Reason.Text(), StringComparison.Ordinal);
        await peer.ReplyAsync(frame, Codes(ErrorCode.None));
    }

    private sealed class Numbers : INexoJobHandler<long>
    {
        public Task HandleAsync(long job, NexoJobContext context, CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
