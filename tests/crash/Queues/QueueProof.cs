using System.Text;
using Nexo.Crash.Ledger;
using Nexo.Crash.Scenarios;
using Nexo.Crash.Wire;
using Nexo.Protocol;

namespace Nexo.Crash.Queues;

/// <summary>Publishers and consumers of all kinds on queues of all kinds, with their ledger.</summary>
internal sealed class QueueProof : Proof
{
    /// <summary>Dead letters are redriven in one of so many loads.</summary>
    private const int RedriveEvery = 2;

    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan DrainWithin = TimeSpan.FromSeconds(60);

    private readonly QueueLedger _ledger = new();
    private readonly IReadOnlyList<QueuePlan> _queues = QueuePlan.All;
    private readonly IReadOnlyList<QueuePlan> _pushed = [.. QueuePlan.All.Where(queue => !queue.IsHome)];
    private readonly List<PublisherLoad> _publishers = [];
    private readonly List<ConsumerLoad> _consumers = [];
    private readonly Random _random;
    private readonly QueueLoadOptions _options;

    public QueueProof(Random random, QueueLoadOptions options)
    {
        _random = random;
        _options = options;
        for (int i = 0; i < options.Publishers; i++)
        {
            _publishers.Add(new PublisherLoad(i, _ledger, _pushed, new Random(random.Next())));
        }

        for (int i = 0; i < options.Consumers; i++)
        {
            _consumers.Add(new ConsumerLoad(_ledger, _pushed, new Random(random.Next()), isGood: false));
        }
    }

    public override long Acknowledged => _ledger.Acknowledged;

    public override long Durable => _ledger.Durable;

    public override long Verified => _ledger.Verified;

    public override long Unknown => _ledger.Unknown;

    public override IEnumerable<KeyValuePair<string, long>> Facts => _ledger.Counts;

    public override Task<IReadOnlyList<Finding>> PrepareAsync(int port, CancellationToken cancel) =>
        Task.FromResult<IReadOnlyList<Finding>>([]);

    public override async Task RunAsync(int port, CancellationToken stop, CancellationToken cancel)
    {
        if (!await TryDeclareAsync(port, cancel))
        {
            return;
        }

        List<Task> all =
        [
            .. _publishers.Select(load => Task.Run(() => load.RunAsync(port, _options.AliveMax, stop, cancel), cancel)),
            .. _consumers.Select(load => Task.Run(() => load.RunAsync(port, stop, cancel), cancel)),
        ];
        if (_random.Next(RedriveEvery) == 0)
        {
            int afterMs = _random.Next(100);
            all.Add(Task.Run(() => RedriveAsync(port, afterMs, cancel), cancel));
        }

        await Task.WhenAll(all);
    }

    public override IReadOnlyList<Finding> TakeFindings() => _ledger.TakeFindings();

    public override void Crash() => _ledger.Crash();

    public override async Task<IReadOnlyList<Finding>> VerifyAsync(int port, CancellationToken cancel) =>
        _ledger.Audit(await QueueContents.ReadAsync(port, _queues, cancel));

    /// <summary>Good consumers take what is left: each message that was acknowledged to its publisher comes to one of them.</summary>
    public override async Task<IReadOnlyList<Finding>> EndAsync(int port, CancellationToken cancel)
    {
        List<ConsumerLoad> consumers =
            [.. _consumers.Select(_ => new ConsumerLoad(_ledger, _pushed, new Random(_random.Next()), isGood: true))];
        using var stop = new CancellationTokenSource();
        Task drain = Task.WhenAll(consumers.Select(load => Task.Run(() => load.RunAsync(port, stop.Token, cancel), cancel)));
        long start = TimeProvider.System.GetTimestamp();
        while (_ledger.Unsettled().Count > 0
            && TimeProvider.System.GetElapsedTime(start) < DrainWithin
            && !drain.IsCompleted)
        {
            await Task.Delay(50, cancel);
        }

        await stop.CancelAsync();
        await drain;
        return
        [
            .. _ledger.TakeFindings(),
            .. _ledger.Unsettled().Take(5).Select(message =>
                new Finding(FindingKind.Lost, message.Queue.Name, $"it never came to a good consumer: {message}")),
        ];
    }

    /// <summary>
    /// Before each load: what was declared once must still be so. False: the server is gone, or its log has failed.
    /// </summary>
    private async Task<bool> TryDeclareAsync(int port, CancellationToken cancel)
    {
        try
        {
            using WireConnection connection = await WireConnection.OpenAsync(port, cancel);
            foreach (QueuePlan queue in _queues)
            {
                Durability durability = _options.LyingDurability ?? queue.Durability;
                Frame answer = await connection.AskAsync(
                    Opcode.QueueDeclare,
                    Durability.ServerDefault,
                    body => queue.WriteDeclaration(body, durability),
                    cancel);
                if (answer.Error == ErrorCode.StorageFailed)
                {
                    _ledger.LogFailed();
                    return false;
                }

                if (answer.Kind != FrameKind.Reply)
                {
                    _ledger.Refused(queue.Name, $"it cannot be declared: {answer.ErrorText}");
                    return false;
                }
            }

            return true;
        }
        catch (WireEndedException)
        {
            return false;
        }
    }

    private async Task RedriveAsync(int port, int afterMs, CancellationToken cancel)
    {
        await Task.Delay(afterMs, cancel);
        try
        {
            using WireConnection connection = await WireConnection.OpenAsync(port, cancel);
            QueuePlan[] homes = [.. _queues.Where(home => _queues.Any(queue => queue.Home == home.Name))];
            QueuePlan home = homes[_random.Next(homes.Length)];
            _ledger.Redriving(home);
            byte[] name = Encoding.UTF8.GetBytes(home.Name);
            using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            deadline.CancelAfter(AnswerWithin);
            await connection.AskAsync(
                Opcode.QueueDeadRedrive,
                Durability.ServerDefault,
                body => QueueDeadRedriveRequest.WriteStart(body, 0, 0, name, []),
                deadline.Token);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            _ledger.Refused("dead letters", $"a redrive was not answered within {AnswerWithin.TotalSeconds} s");
        }
        catch (WireEndedException)
        {
            // Some of them are redriven, the others are not.
        }
    }
}
