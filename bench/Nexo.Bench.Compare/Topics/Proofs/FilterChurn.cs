using System.Diagnostics;
using Nexo.Cli.Bench;
using Nexo.Cli.Bench.Topics;

namespace Nexo.Bench.Compare.Topics.Proofs;

/// <summary>
/// Connections that subscribe to a filter and give it up again, over and over, on a thread of their own. Every other filter has
/// wildcards and the same first level as the topics that are published to meanwhile, so a server cannot keep what it has
/// remembered of them.
/// </summary>
internal sealed class FilterChurn : IDisposable
{
    private const int ReceiveBytes = 64 * 1_024;
    private const int InFlightMax = 512;
    private static readonly TimeSpan AnsweredWithin = TimeSpan.FromSeconds(30);

    private readonly ReadinessQueue _ready = new();
    private readonly TopicTally _tally = new(TopicMessageHead.Size, streams: 0);
    private readonly TopicConnection[] _connections;
    private readonly byte[] _received = GC.AllocateUninitializedArray<byte>(ReceiveBytes, pinned: true);
    private long _asked;

    public FilterChurn(TopicDialect dialect, BenchConnector connector, int connections) =>
        _connections =
        [
            .. Enumerable.Range(0, connections)
                .Select(i => new TopicConnection(i, connector.Connect(out _), _ready, _tally, dialect.NewSession())),
        ];

    /// <summary>Filters whose subscription has been answered: each is given up before the next one of its connection.</summary>
    public long Subscribed => (Answered + 1) / 2;

    public long Unsubscribed => Answered / 2;

    private long Answered => Volatile.Read(ref _asked) - _tally.AnswersAwaited;

    /// <summary>So many subscribed and as many unsubscribed, evenly over a time or as fast as the server answers.</summary>
    public Task StartAsync(int changes, TimeSpan duration) => Task.Factory.StartNew(
        () => Run(changes, duration), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    public void Dispose()
    {
        Array.ForEach(_connections, connection => connection.Dispose());
        _ready.Dispose();
    }

    private void Run(int changes, TimeSpan duration)
    {
        long startedAt = Stopwatch.GetTimestamp();
        long answeredAt = startedAt;
        long awaited = 0;
        int begun = 0;
        while (begun < changes)
        {
            long due = (long)(changes * (Stopwatch.GetElapsedTime(startedAt) / duration)) + 1;
            for (; begun < Math.Min(due, changes) && _tally.AnswersAwaited < InFlightMax; begun++)
            {
                Change(begun);
            }

            ReadAnswers(waitMs: 1);
            if (_tally.AnswersAwaited < awaited || _tally.AnswersAwaited == 0)
            {
                answeredAt = Stopwatch.GetTimestamp();
            }
            else if (Stopwatch.GetElapsedTime(answeredAt) > AnsweredWithin)
            {
                throw new CompareFailure($"{_tally.AnswersAwaited} changes of filters were not answered.");
            }

            awaited = _tally.AnswersAwaited;
        }

        long endedAt = Stopwatch.GetTimestamp();
        while (_tally.AnswersAwaited > 0 && Stopwatch.GetElapsedTime(endedAt) < AnsweredWithin)
        {
            ReadAnswers(waitMs: 10);
        }
    }

    private void Change(int number)
    {
        string[] filter = [number % 2 == 0 ? $"bench/churn/{number}" : $"bench/+/churn/{number}/#"];
        TopicConnection connection = _connections[number % _connections.Length];
        connection.Subscribe(filter);
        connection.Unsubscribe(filter);
        Volatile.Write(ref _asked, _asked + 2);
    }

    private void ReadAnswers(int waitMs)
    {
        int count = _ready.Wait(waitMs);
        for (int i = 0; i < count; i++)
        {
            int id = _ready.Event(i, out bool onlyWritable);
            if (id == ReadinessQueue.TimerId)
            {
                continue;
            }

            if (onlyWritable)
            {
                _connections[id].SendRest();
            }
            else
            {
                _connections[id].ReceiveOnce(_received);
            }
        }
    }
}
