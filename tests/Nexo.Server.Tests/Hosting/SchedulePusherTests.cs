using System.Text;
using Nexo.Engine;
using Nexo.Engine.Queues;
using Nexo.Engine.Schedules;
using Nexo.Protocol;
using Nexo.Server.Hosting;

namespace Nexo.Server.Tests.Hosting;

/// <summary>What becomes of the messages of schedules in real queues.</summary>
public sealed class SchedulePusherTests
{
    [Fact]
    public void A_run_that_is_repeated_is_a_duplicate()
    {
        using QueueService queues = Queues();
        var pusher = new SchedulePusher(queues);

        Assert.Equal(ScheduleOutcome.Pushed, pusher.Push(Message(dueAtMs: 1)));
        Assert.Equal(ScheduleOutcome.Duplicate, pusher.Push(Message(dueAtMs: 1)));
        Assert.Equal(ScheduleOutcome.Pushed, pusher.Push(Message(dueAtMs: 2)));
        Assert.Equal((2, 0), (queues.Totals.Ready, pusher.Failures));
    }

    [Fact]
    public void The_message_says_whose_it_is_and_when_it_was_due_behind_its_own_headers()
    {
        using QueueService queues = Queues();
        new SchedulePusher(queues).Push(Message(dueAtMs: 1_750_000_000_000));
        var seen = new HeadersSeen([]);
        queues.Peek("jobs"u8, QueuePart.Ready, 0, 10, ref seen, out _, out _);

        Assert.Equal(["own=value", "nexo-schedule=tick", "nexo-due-at=1750000000000"], seen.Headers);
    }

    [Fact]
    public void A_refusal_is_told_apart_and_counted()
    {
        using QueueService queues = Queues();
        var pusher = new SchedulePusher(queues);
        queues.Update("jobs"u8, revision: 0, new QueueOptionSet { MessagesMax = 1 }, out _);
        queues.Declare("closed"u8, new QueueOptionSet(), out _);
        queues.Declare("other"u8, new QueueOptionSet(), out _);
        queues.Pause("closed"u8, QueuePausedParts.Pushes, out _);
        pusher.Push(Message(1));

        Assert.Equal(ScheduleOutcome.QueueFull, pusher.Push(Message(2)));
        Assert.Equal(ScheduleOutcome.QueuePaused, pusher.Push(Message(3, "closed")));
        Assert.Equal(ScheduleOutcome.QueueNotFound, pusher.Push(Message(4, "nowhere")));
        Assert.Equal(ScheduleOutcome.MessageRefused, pusher.Push(Message(5, "other", priority: 99)));
        Assert.Equal((4, "tick, to other: PriorityOutOfRange"), (pusher.TakeFailures(), pusher.LastFailure));
        Assert.Equal(0, pusher.TakeFailures());
    }

    private static QueueService Queues()
    {
        var queues = new QueueService(new QueueLimits { AutoCreate = false }, new EngineClock(TimeProvider.System));
        queues.Declare("jobs"u8, new QueueOptionSet(), out _);
        return queues;
    }

    private static ScheduledPush Message(long dueAtMs, string queue = "jobs", int priority = 0) => new()
    {
        Schedule = "tick"u8,
        DueAtMs = dueAtMs,
        DedupId = Encoding.UTF8.GetBytes($"nexo-schedule/tick/{dueAtMs}"),
        Queue = Encoding.UTF8.GetBytes(queue),
        Priority = priority,
        Headers = "\u0003own\u0005\0value"u8,
        Body = "body"u8,
    };

    private readonly struct HeadersSeen(List<string> headers) : IQueueKeptSink
    {
        public List<string> Headers { get; } = headers;

        public bool Add(in QueueKept message)
        {
            ReadOnlySpan<byte> block = message.Headers;
            while (HeaderBlock.TryReadNext(ref block, out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value))
            {
                Headers.Add($"{Encoding.UTF8.GetString(name)}={Encoding.UTF8.GetString(value)}");
            }

            return true;
        }
    }
}
