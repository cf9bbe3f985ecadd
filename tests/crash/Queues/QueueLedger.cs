using Nexo.Crash.Ledger;
using Nexo.Protocol;

namespace Nexo.Crash.Queues;

/// <summary>
/// What was sent to the queues, what was answered and what was delivered, and so what may be there after a crash. For all
/// connections together; thread-safe. A moment of the ledger is a number that goes up with all that happens.
/// </summary>
internal sealed partial class QueueLedger
{
    private const int FindingsMax = 20;

    private readonly Lock _gate = new();
    private readonly Dictionary<ulong, TrackedMessage> _messages = [];
    private readonly Dictionary<(string Queue, string Group), GroupOrder> _groups = [];
    private readonly HashSet<ulong> _finished = [];
    private readonly List<Finding> _findings = [];
    private long _moment;

    /// <summary>All that the ledger had met by this moment is on disk: something that was sent after it was confirmed.</summary>
    private long _durableUpTo;
    private int _alive;

    /// <summary>Counts the runs of the server.</summary>
    public int Run { get; private set; } = 1;

    public long Acknowledged { get; private set; }

    public long Durable { get; private set; }

    /// <summary>Requests of this run of the server that were refused because the log had failed.</summary>
    public long Unknown { get; private set; }

    public long Verified { get; private set; }

    /// <summary>Facts for the report.</summary>
    public SortedDictionary<string, long> Counts { get; } = new(StringComparer.Ordinal);

    /// <summary>Messages that are not settled, or so.</summary>
    public int Alive
    {
        get
        {
            lock (_gate)
            {
                return _alive;
            }
        }
    }

    /// <summary>A moment for a request that is about to be sent.</summary>
    public long Stamp()
    {
        lock (_gate)
        {
            return ++_moment;
        }
    }

    /// <summary>Wrong answers and deliveries so far; each is given once.</summary>
    public IReadOnlyList<Finding> TakeFindings()
    {
        lock (_gate)
        {
            List<Finding> all = [.. _findings];
            _findings.Clear();
            return all;
        }
    }

    /// <summary>A request that is no message's was answered with the failure of the log.</summary>
    public void LogFailed()
    {
        lock (_gate)
        {
            Unknown++;
        }
    }

    /// <summary>The server refused what it must do.</summary>
    public void Refused(string queue, string text)
    {
        lock (_gate)
        {
            Report(FindingKind.Service, queue, text);
        }
    }

    /// <summary>A message is about to be pushed for the first time.</summary>
    public void Pushing(TrackedMessage message)
    {
        lock (_gate)
        {
            _messages.Add(message.Number, message);
            _alive++;
        }
    }

    /// <summary>A push is about to be repeated under its dedup id. False: nobody can say what must be answered.</summary>
    public bool TryRepeat(TrackedMessage message)
    {
        lock (_gate)
        {
            if (message.Place == Place.Gone && message.ConfirmedAt is null && !message.NeverWas)
            {
                // Settled perhaps, and remembered then, or lost with its push.
                return false;
            }

            if (message.NeverWas && message.Place == Place.Gone)
            {
                message.Place = Place.Alive;
                _alive++;
            }

            return true;
        }
    }

    /// <summary>The answer to a push, its first or one that repeats it under its dedup id.</summary>
    public void Pushed(TrackedMessage message, bool isRepeat, ErrorCode error, QueuePushReply reply, long stamp)
    {
        lock (_gate)
        {
            if (error != ErrorCode.None)
            {
                PushRefused(message, isRepeat, error);
                return;
            }

            Acknowledged++;
            if (reply.Outcome == PushOutcome.Duplicate)
            {
                PushedBefore(message, isRepeat, reply);
            }
            else if (reply.Outcome != PushOutcome.Accepted)
            {
                Report(FindingKind.Answer, message, $"a push was answered with {reply}");
            }
            else
            {
                Confirm(message.Queue, stamp);
                Accepted(message, reply.MessageId);
            }
        }
    }

    /// <summary>A message came to a consumer; null: none that it can work with.</summary>
    public TrackedDelivery? Delivered(QueuePlan queue, in DeliveredMessage delivery)
    {
        lock (_gate)
        {
            if (Identify(queue.Name, delivery.Body) is not { } message)
            {
                return null;
            }

            Count("deliveries");
            Count("redeliveries", delivery.Attempt > 1 ? 1 : 0);
            CheckDelivery(message, queue, delivery);
            return new TrackedDelivery(message, delivery.MessageId, delivery.Lease, delivery.Attempt, Run)
            {
                LeaseEndsAt = delivery.LeaseEndsAt,
            };
        }
    }

    private void PushRefused(TrackedMessage message, bool isRepeat, ErrorCode error)
    {
        if (error == ErrorCode.StorageFailed)
        {
            // It may be in the log although its commit was not reported durable.
            Unknown++;
            return;
        }

        if (error is not ErrorCode.StorageFull || isRepeat)
        {
            Report(FindingKind.Answer, message, $"a push was refused: {error}");
        }

        message.PushIsOver = true;
    }

    /// <summary>An answer is there that says that all before it is on disk.</summary>
    private void Confirm(QueuePlan queue, long stamp)
    {
        if (queue.Durability == Durability.Fsync)
        {
            Durable++;
            _durableUpTo = Math.Max(_durableUpTo, stamp);
        }
    }

    private void PushedBefore(TrackedMessage message, bool isRepeat, QueuePushReply reply)
    {
        Count("duplicates");
        if (!isRepeat)
        {
            Report(FindingKind.Answer, message, $"a first push was answered as a duplicate of {reply.MessageId}");
        }
        else if (message.FirstId != 0 && message.FirstId != reply.MessageId)
        {
            Report(FindingKind.Answer, message, $"a duplicate was answered with {reply.MessageId}, not {message.FirstId}");
        }
        else if (message.NeverWas)
        {
            Report(FindingKind.Lost, message, $"a duplicate of {reply.MessageId}, which is not there");
        }
        else if (message.ConfirmedAt is null)
        {
            Accepted(message, reply.MessageId);
        }
    }

    private void Accepted(TrackedMessage message, ulong id)
    {
        if (message.Id != 0 && message.FirstId != id)
        {
            Report(FindingKind.Answer, message, $"it was accepted as {id}");
        }

        message.PushIsOver = true;
        message.NeverWas = false;
        message.ConfirmedAt = TimeWindow.Now;
        message.FirstId = id;
        if (message.Id == 0)
        {
            message.Id = id;
        }

        if (GroupOf(message) is { } group)
        {
            group.Add(message);
            if (message.MetAt == 0 && group.DeliveredMax > id)
            {
                Report(FindingKind.Order, message, $"{group.DeliveredMax} of its group was delivered before it");
            }
        }
    }

    private TrackedMessage? Identify(string queue, ReadOnlySpan<byte> body)
    {
        if (!Payload.IsWhole(body) || body.Length < Payload.BytesMin)
        {
            Report(FindingKind.Corrupted, queue, $"a body that is {Payload.Describe(body)}");
            return null;
        }

        ulong number = Payload.NumberOf(body);
        if (!_messages.TryGetValue(number, out TrackedMessage? message))
        {
            Report(
                _finished.Contains(number) ? FindingKind.Again : FindingKind.Invented,
                queue,
                $"message {number:x}, which {(_finished.Contains(number) ? "was settled long ago" : "nobody has pushed")}");
            return null;
        }

        if (!body.SequenceEqual(message.Body()))
        {
            Report(FindingKind.Corrupted, message, $"its body is {Payload.Describe(body)}");
        }

        return message;
    }

    private GroupOrder? GroupOf(TrackedMessage message)
    {
        if (message.Group.Length == 0)
        {
            return null;
        }

        (string, string) key = (message.Queue.Name, message.Group);
        if (!_groups.TryGetValue(key, out GroupOrder? order))
        {
            _groups.Add(key, order = new GroupOrder());
        }

        return order;
    }

    private void Count(string what, int by = 1) => Counts[what] = Counts.GetValueOrDefault(what) + by;

    private void Report(FindingKind kind, TrackedMessage message, string text) =>
        Report(kind, message.Queue.Name, $"{text}: {message}");

    private void Report(FindingKind kind, string queue, string text)
    {
        if (_findings.Count < FindingsMax)
        {
            _findings.Add(new Finding(kind, queue, text));
        }
    }
}
