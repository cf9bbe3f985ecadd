using System.Text;
using CsCheck;
using Nexo.Engine.Tests.Queues.Model;
using Nexo.Engine.Tests.Store;
using Nexo.Engine.Topics;
using Nexo.Storage;
using Xunit;

namespace Nexo.Engine.Tests.Topics;

/// <summary>
/// Random commands on what is retained and bound, with crashes, snapshots and jumps of the wall clock between them: every answer is
/// the model's, and what is recovered is what the model was when the last record that survived was written.
/// </summary>
public sealed class TopicCrashModelTests
{
    [Fact]
    public void Recovered_topics_are_what_the_model_was_at_the_end_of_the_log()
    {
        Gen.Int[0, int.MaxValue].Array[30, 400].Sample(
            seeds => new Life().Run(seeds), iter: ModelRounds.Of(150), threads: 1);
    }

    /// <summary>What there is to be: topics with what they hold, bindings with what they are.</summary>
    private sealed class Model
    {
        public SortedDictionary<string, (string Text, long DeadlineMs)> Retained { get; } = new(StringComparer.Ordinal);

        public SortedDictionary<string, string> Bindings { get; } = new(StringComparer.Ordinal);

        public Model Copy()
        {
            var copy = new Model();
            foreach ((string topic, (string Text, long DeadlineMs) value) in Retained)
            {
                copy.Retained.Add(topic, value);
            }

            foreach ((string name, string binding) in Bindings)
            {
                copy.Bindings.Add(name, binding);
            }

            return copy;
        }

        public string[] Contents(long nowMs) =>
        [
            .. Retained.Where(pair => IsThere(pair.Value.DeadlineMs, nowMs)).Select(pair =>
                $"{pair.Key}={pair.Value.Text}{(pair.Value.DeadlineMs == 0 ? "" : $" for {pair.Value.DeadlineMs - nowMs}")}"),
        ];

        public static bool IsThere(long deadlineMs, long nowMs) => deadlineMs == 0 || deadlineMs > nowMs;
    }

    private sealed class Life
    {
        private const long HourMs = 3_600_000;
        private const int RetainedMax = 14;

        private static readonly string[] Topics =
            ["a", "a/b", "a/b/c", "a/c", "a-", "b", "b/c", "b//", "/", "c/d/e", "c/d/f", "ä", "a0", "x/1", "x/2", "x/3", "x/4", "x/5"];

        private static readonly string[] Filters = ["#", "a/#", "+/+", "x/+", "a/b", "c/d/+", "+", "b//", "none"];

        private readonly MemoryLog _log = new();
        private readonly List<(Lsn End, Model Model)> _undurable = [];
        private KeptHarness _harness;
        private Model _model = new();
        private (Lsn Position, RecordList Records)? _snapshot;
        private (Lsn Position, TopicSnapshot Snapshot, RecordList Records)? _running;

        public Life()
        {
            var limits = new TopicLimits
            {
                RetainedMax = RetainedMax,
                BindingsMax = 4,
                RetainedTuning = new RetainedTuning
                {
                    PageBytes = 16 * 1_024,
                    HoldLooksMax = 3,
                    HoldMessagesMax = 3,
                    HoldBytesMax = 200,
                },
            };
            _harness = new KeptHarness(limits, _log);
            MakeDurable();
        }

        private long NowMs => _harness.Clock.NowMs;

        public void Run(int[] seeds)
        {
            foreach (int seed in seeds)
            {
                Step(new Random(seed));
                _undurable.Add((_log.End, _model.Copy()));
            }

            Crash(new Random(seeds[0]));
            _harness.Dispose();
        }

        private void Step(Random random)
        {
            if (random.Next(3) == 0)
            {
                GoOnWithSnapshot();
            }

            switch (random.Next(40))
            {
                case 0:
                    Crash(random);
                    break;
                case 1:
                    _harness.Time.WallJumpMs += random.Next(2) == 0 ? HourMs : -HourMs;
                    break;
                case 2 when _running is null:
                    _running = (_log.End, _harness.Service.BeginSnapshot(_log.End), new RecordList());
                    break;
                case < 5:
                    MakeDurable();
                    break;
                case < 8:
                    _harness.Time.Advance(random.Next(60));
                    break;
                case < 11:
                    _harness.Service.Tick();
                    Compare();
                    break;
                case < 14:
                    Bind(random);
                    break;
                case < 16:
                    Unbind(random);
                    break;
                case < 18:
                    Clear(Filters[random.Next(Filters.Length)]);
                    break;
                default:
                    Publish(random);
                    break;
            }
        }

        private void Publish(Random random)
        {
            string topic = Topics[random.Next(Topics.Length)];
            string body = random.Next(5) == 0 ? string.Empty : new string((char)('a' + random.Next(26)), 1 + random.Next(90));
            string headers = random.Next(4) == 0 ? "header" : string.Empty;
            long? ttlMs = random.Next(3) == 0 ? 1 + random.Next(200) : null;
            bool isNew = !_model.Retained.ContainsKey(topic);
            bool isFull = _model.Retained.Values.Count(value => Model.IsThere(value.DeadlineMs, NowMs)) >= RetainedMax;
            bool mayBeFull = _model.Retained.Count >= RetainedMax;
            TopicStatus status = _harness.Publish(topic, body, headers: headers, ttlMs: ttlMs);
            if (body.Length == 0)
            {
                Assert.Equal(TopicStatus.Ok, status);
                _model.Retained.Remove(topic);
                return;
            }

            // What is due may be in the way for as long as nobody has come to remove it.
            Assert.True(status == TopicStatus.Ok || (status == TopicStatus.RetainedFull && mayBeFull), $"{topic}: {status}");
            Assert.False(status == TopicStatus.Ok && isNew && isFull, $"{topic} is one too many");
            if (status == TopicStatus.Ok)
            {
                string text = headers.Length == 0 ? body : $"{body} ({headers})";
                _model.Retained[topic] = (text, ttlMs is { } ttl ? NowMs + ttl : 0);
            }
        }

        private void Clear(string filter)
        {
            long removed = RetainedTests.Clear(_harness, filter);
            string[] gone =
            [
                .. _model.Retained.Keys.Where(
                    topic => TopicRules.Matches(Encoding.UTF8.GetBytes(filter), Encoding.UTF8.GetBytes(topic))),
            ];
            Assert.Equal(gone.Count(topic => Model.IsThere(_model.Retained[topic].DeadlineMs, NowMs)), removed);
            Array.ForEach(gone, topic => _model.Retained.Remove(topic));
        }

        private void Bind(Random random)
        {
            string name = $"n{random.Next(6)}";
            string filter = Filters[random.Next(Filters.Length)];
            string target = $"q{random.Next(2)}";
            string binding = $"{name}: {filter} -> Queue {target}";
            TopicStatus expected = _model.Bindings.TryGetValue(name, out string? there)
                ? there == binding ? TopicStatus.Ok : TopicStatus.BindingConflict
                : _model.Bindings.Count == 4 ? TopicStatus.TooManyBindings : TopicStatus.Ok;
            Assert.Equal(expected, _harness.Bind(name, filter, target));
            if (expected == TopicStatus.Ok)
            {
                _model.Bindings[name] = binding;
            }
        }

        private void Unbind(Random random)
        {
            string name = $"n{random.Next(6)}";
            TopicStatus expected = _model.Bindings.Remove(name) ? TopicStatus.Ok : TopicStatus.BindingNotFound;
            Assert.Equal(expected, _harness.Service.DeleteBinding(Encoding.UTF8.GetBytes(name), out _));
        }

        private void Compare()
        {
            Assert.Equal(_model.Contents(NowMs), _harness.Retained(pageItems: 2));
            Assert.Equal(_model.Bindings.Values, _harness.Bindings());
            string[] gone = [.. _model.Retained.Keys.Where(topic => !Model.IsThere(_model.Retained[topic].DeadlineMs, NowMs))];
            Array.ForEach(gone, topic => _model.Retained.Remove(topic));

            // By its filter each binding is asked, as before the crash.
            _harness.Targets.Pushed.Clear();
            _harness.Publish("a/b", "asked", retain: false);
            string[] asked = [.. _model.Bindings.Values.Where(
                binding => TopicRules.Matches(Encoding.UTF8.GetBytes(binding.Split(' ')[1]), "a/b"u8)).Select(
                binding => $"Queue {binding.Split(' ')[^1]}: a/b=asked").Distinct().Order()];
            Assert.Equal(asked, _harness.Targets.Pushed.Order());
        }

        private void MakeDurable()
        {
            _undurable.Clear();
            _undurable.Add((_log.End, _model.Copy()));
        }

        private void GoOnWithSnapshot()
        {
            if (_running is var (position, snapshot, records) && !snapshot.MoveNext(records))
            {
                MakeDurable();
                _snapshot = (position, records);
                _running = null;
            }
        }

        /// <summary>Loses some of what is not durable, up to the border between two commands.</summary>
        private void Crash(Random random)
        {
            (Lsn end, Model model) = _undurable[random.Next(_undurable.Count)];
            _log.Cut(end);
            _harness.Time.Advance(random.Next(4) == 0 ? random.Next(500) : random.Next(3));
            _harness = _harness.Restart(_snapshot?.Records, _snapshot?.Position ?? Lsn.None);
            _model = model.Copy();
            _running = null;
            Compare();
            _harness.Service.Retained.Check();
            _undurable.Clear();
            _undurable.Add((end, model));
        }
    }
}
