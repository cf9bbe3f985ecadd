using System.Text;
using Nexo.Crash.Ledger;
using Nexo.Crash.Queues;
using Nexo.Crash.Scenarios;
using Nexo.Crash.Wire;
using Nexo.Protocol;

namespace Nexo.Crash.Topics;

/// <summary>What a load on topics asks for.</summary>
internal sealed record TopicLoadOptions
{
    public int Lanes { get; init; } = 4;

    /// <summary>The disk may fail under the server: then it refuses.</summary>
    public bool LogMayFail { get; init; }

    /// <summary>What the queues are declared with instead of fsync: losses must be found.</summary>
    public Durability? LyingDurability { get; init; }
}

/// <summary>Publishers of retained messages, of messages that bindings give to queues, and of bindings, with their ledger.</summary>
internal sealed class TopicProof : Proof
{
    private const int PurgeEvery = 2;

    private readonly TopicLedger _ledger = new();
    private readonly List<TopicLoad> _loads = [];
    private readonly Random _random;
    private readonly TopicLoadOptions _options;
    private bool _isBound;

    public TopicProof(Random random, TopicLoadOptions options)
    {
        _random = random;
        _options = options;
        for (int i = 0; i < options.Lanes; i++)
        {
            _loads.Add(new TopicLoad(new TopicLane(i), _ledger, options.LogMayFail, new Random(random.Next())));
        }
    }

    public override long Acknowledged => _ledger.Durable;

    public override long Durable => _ledger.Durable;

    public override long Verified => _ledger.Verified;

    public override long Unknown => _ledger.Unknown;

    public override IEnumerable<KeyValuePair<string, long>> Facts => _ledger.Counts;

    private static IEnumerable<QueuePlan> Queues => TopicSlots.Queues.Select(queue => new QueuePlan(queue));

    public override Task<IReadOnlyList<Finding>> PrepareAsync(int port, CancellationToken cancel) =>
        Task.FromResult<IReadOnlyList<Finding>>([]);

    public override async Task RunAsync(int port, CancellationToken stop, CancellationToken cancel)
    {
        if (await TryBindAsync(port, cancel))
        {
            await Task.WhenAll(_loads.Select(load => Task.Run(() => load.RunAsync(port, stop, cancel), cancel)));
        }
    }

    public override IReadOnlyList<Finding> TakeFindings() => _ledger.TakeFindings();

    public override void Crash() => _ledger.Crash();

    public override async Task<IReadOnlyList<Finding>> VerifyAsync(int port, CancellationToken cancel)
    {
        using WireConnection connection = await WireConnection.OpenAsync(port, cancel);
        long from = TimeWindow.Now;
        TopicContents contents = await TopicContents.ReadAsync(connection, cancel);
        var seen = new TimeWindow(from, TimeWindow.Now);
        QueueContents queues = await QueueContents.ReadAsync(port, [.. Queues], cancel);
        var findings = new List<Finding>();
        Dictionary<string, string>[] slots = [.. _loads.Select(_ => new Dictionary<string, string>())];
        TakeRetained(contents, slots, findings);
        TakeBindings(contents, slots, findings);
        TakeQueued(queues, slots, findings);
        bool purges = findings.Count == 0 && (_random.Next(PurgeEvery) == 0 || _ledger.AreQueuesFull);
        foreach ((TopicLoad load, Dictionary<string, string> found) in _loads.Zip(slots))
        {
            findings.AddRange(load.Lane.Verify(found));
            load.Found(found);
            foreach (FleetingTopic fleeting in load.Fleeting)
            {
                RetainedCopy? copy = contents.Retained.FirstOrDefault(copy => copy.Topic == fleeting.Topic);
                string? value = copy is null ? null : Payload.Describe(copy.Body);
                findings.AddRange(fleeting.Verify(value, copy?.ExpiresAt ?? 0, seen) is { } finding ? [finding] : []);
            }

            _ledger.Compared(found.Count);
        }

        if (purges)
        {
            await PurgeAsync(connection, slots, cancel);
        }

        return findings;
    }

    private void TakeRetained(TopicContents contents, Dictionary<string, string>[] slots, List<Finding> findings)
    {
        foreach (RetainedCopy copy in contents.Retained)
        {
            if (!Payload.IsWhole(copy.Body))
            {
                findings.Add(new Finding(FindingKind.Corrupted, copy.Topic, Payload.Describe(copy.Body)));
            }

            string topic = copy.Topic.StartsWith(TopicSlots.BoundPrefix, StringComparison.Ordinal)
                ? copy.Topic[TopicSlots.BoundPrefix.Length..]
                : copy.Topic;
            int lane = _loads.FindIndex(load => topic.StartsWith(load.Lane.Prefix + '/', StringComparison.Ordinal));
            if (lane < 0)
            {
                findings.Add(new Finding(FindingKind.Invented, copy.Topic, "nobody has published to this topic"));
            }
            else if (!_loads[lane].Fleeting.Any(fleeting => fleeting.Topic == copy.Topic))
            {
                slots[lane].Add(TopicSlots.Retained(copy.Topic), Payload.Describe(copy.Body));
            }
        }
    }

    private void TakeBindings(TopicContents contents, Dictionary<string, string>[] slots, List<Finding> findings)
    {
        foreach (BindingCopy copy in contents.Bindings)
        {
            int lane = _loads.FindIndex(load => copy.Name.StartsWith(load.Lane.Prefix + '-', StringComparison.Ordinal));
            if (lane >= 0)
            {
                slots[lane].Add(TopicSlots.Binding(copy.Name), TopicSlots.Describe(copy.Filter, copy.Target));
            }
            else if (!TopicSlots.Queues.Contains(copy.Name))
            {
                findings.Add(new Finding(FindingKind.Invented, copy.Name, "nobody has made this binding"));
            }
        }

        if (_isBound && TopicSlots.Queues.Any(name => contents.Bindings.All(copy => copy.Name != name)))
        {
            findings.Add(new Finding(FindingKind.Lost, "bindings", "a binding that was confirmed is not there"));
        }
    }

    /// <summary>Each message is known, is there once, and lies behind those of its lane that were published before it.</summary>
    private void TakeQueued(QueueContents queues, Dictionary<string, string>[] slots, List<Finding> findings)
    {
        foreach (string queue in TopicSlots.Queues)
        {
            int[] last = new int[_loads.Count];
            foreach (KeptCopy copy in queues.Messages.Where(copy => copy.Queue == queue).OrderBy(copy => copy.Id))
            {
                if (!Payload.IsWhole(copy.Body))
                {
                    findings.Add(new Finding(FindingKind.Corrupted, queue, $"{copy}"));
                    continue;
                }

                ulong number = Payload.NumberOf(copy.Body);
                if (!_ledger.TryFind(number, out int lane, out int place))
                {
                    findings.Add(new Finding(FindingKind.Invented, queue, $"nobody has published {copy}"));
                }
                else if (!slots[lane].TryAdd(TopicSlots.Queued(queue, number), Payload.Describe(copy.Body)))
                {
                    findings.Add(new Finding(FindingKind.Twice, queue, $"{copy}"));
                }
                else if (place < last[lane])
                {
                    findings.Add(new Finding(FindingKind.Order, queue, $"{copy} lies behind one that was published later"));
                }
                else
                {
                    last[lane] = place;
                }
            }
        }

        _ledger.Count("messages of bindings found", queues.Messages.Count);
    }

    /// <summary>Before each load: the queues and their bindings. False: the server is gone, or its log has failed.</summary>
    private async Task<bool> TryBindAsync(int port, CancellationToken cancel)
    {
        try
        {
            using WireConnection connection = await WireConnection.OpenAsync(port, cancel);
            foreach (QueuePlan queue in Queues)
            {
                Durability durability = _options.LyingDurability ?? Durability.Fsync;
                Frame declared = await connection.AskAsync(
                    Opcode.QueueDeclare, Durability.ServerDefault, body => queue.WriteDeclaration(body, durability), cancel);
                Frame bound = await connection.AskAsync(
                    Opcode.BindingSet,
                    Durability.ServerDefault,
                    body => TopicSlots.WriteBinding(body, queue.Name, $"{TopicSlots.BoundPrefix}#", queue.Name, queue.Name == "grouped"),
                    cancel);
                if (declared.Error == ErrorCode.StorageFailed || bound.Error == ErrorCode.StorageFailed)
                {
                    _ledger.LogFailed();
                    return false;
                }

                if (declared.Kind != FrameKind.Reply || !BindingSetReply.TryRead(bound.Body, out BindingSetReply set))
                {
                    _ledger.Wrong(queue.Name, $"it cannot be bound: {declared.Error} {bound.Error}");
                    return false;
                }

                if (set.Created && _isBound)
                {
                    _ledger.Wrong(queue.Name, "its binding was made anew");
                }
            }

            _isBound = true;
            return true;
        }
        catch (WireEndedException)
        {
            return false;
        }
    }

    /// <summary>What lay in the queues is gone for good, when that is confirmed.</summary>
    private async Task PurgeAsync(WireConnection connection, Dictionary<string, string>[] slots, CancellationToken cancel)
    {
        foreach (string queue in TopicSlots.Queues)
        {
            byte[] name = Encoding.UTF8.GetBytes(queue);
            Frame answer = await connection.AskAsync(
                Opcode.QueuePurge,
                Durability.ServerDefault,
                body => new QueuePurgeRequest { Parts = PurgeParts.Ready, Name = name }.Write(body),
                cancel);
            if (answer.Error == ErrorCode.QueueNotFound)
            {
                return;
            }

            if (answer.Kind != FrameKind.Reply)
            {
                throw new WireEndedException($"a purge was answered with {answer.ErrorText}");
            }

            string suffix = $" in {queue}";
            foreach (Dictionary<string, string> found in slots)
            {
                foreach (string slot in found.Keys.Where(slot => slot.EndsWith(suffix, StringComparison.Ordinal)).ToArray())
                {
                    found.Remove(slot);
                }
            }
        }

        _ledger.Purged();
    }
}
