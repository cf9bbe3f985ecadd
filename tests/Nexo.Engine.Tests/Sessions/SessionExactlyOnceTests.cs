using System.Globalization;
using Nexo.Engine.Sessions;
using Nexo.Engine.Tests.Queues.Model;
using Nexo.Engine.Tests.Streams;
using Nexo.Storage;
using Xunit;

namespace Nexo.Engine.Tests.Sessions;

/// <summary>
/// A publisher and a subscriber with memories of their own, and a server between them that loses power again and again: what is sent
/// exactly once arrives exactly once, and what is sent at least once arrives.
/// </summary>
public sealed class SessionExactlyOnceTests
{
    [Fact]
    public void Messages_arrive_as_often_as_they_were_promised_to_whatever_power_is_lost()
    {
        for (int seed = 0; seed < ModelRounds.Of(60); seed++)
        {
            new World(seed).Run();
        }
    }

    private sealed class World(int seed)
    {
        private const int Messages = 60;

        private readonly Random _random = new(seed);
        private readonly DurableMemoryLog _log = new();
        private readonly List<string> _got = [];
        private readonly HashSet<ushort> _gotIds = [];

        // What the publisher has sent and heard nothing of: first the message, then, when the server has it, that its id may be forgotten.
        private readonly Dictionary<ushort, (string Body, bool IsReleasing)> _outgoing = [];
        private readonly List<(Lsn At, Action Arrive)> _replies = [];
        private SessionHarness _harness = null!;
        private SessionHarness.Holder _publisher = null!;
        private SessionHarness.Holder _subscriber = null!;
        private int _published;

        public void Run()
        {
            _harness = new SessionHarness(log: _log);
            Connect();
            _log.MakeDurable();
            for (int step = 0; step < 10_000 && (_published < Messages || _outgoing.Count > 0); step++)
            {
                Step();
            }

            Connect();
            for (int i = 0; i < 20; i++)
            {
                _log.MakeDurable();
                Answer();
                Receive(isLossless: true);
                _log.MakeDurable();
            }

            Assert.Equal(Messages, _published);
            string[] once = [.. Enumerable.Range(1, Messages).Select(number => $"once-{number}")];
            Assert.True(
                _got.Count == Messages,
                $"seed {seed}: {string.Join(' ', once.Except(_got))} are missing of {_got.Count}; left {string.Join(' ', _outgoing)}");
            Assert.Equal(once.Order(), _got.Where(body => body.StartsWith("once", StringComparison.Ordinal)).Order());
            Assert.Empty(_outgoing);
            Assert.Equal(0, _subscriber.Session.Messages);
            _harness.Service.Check();
            _harness.Dispose();
        }

        private void Step()
        {
            switch (_random.Next(12))
            {
                case < 4 when _published < Messages && _outgoing.Count < 5:
                    Publish();
                    break;
                case < 7:
                    Receive(isLossless: false);
                    break;
                case < 9:
                    _log.MakeDurable(SomeEnd());
                    Answer();
                    break;
                case 9:
                    Connect();
                    break;
                case 10 when _random.Next(3) == 0:
                    LosePower();
                    break;
                default:
                    break;
            }
        }

        private void Publish()
        {
            ushort id = (ushort)Enumerable.Range(1, 6).First(free => !_outgoing.ContainsKey((ushort)free));
            string body = string.Create(CultureInfo.InvariantCulture, $"once-{++_published}");
            _outgoing[id] = (body, false);
            Hand(id, body);
        }

        // What the server does with a message: the id, and what comes of it, in one.
        private void Hand(ushort id, string body)
        {
            Lsn before = _log.AppendedLsn;
            Assert.Equal(SessionStatus.Ok, _publisher.Link.BeginInbound(id, out bool isNew, out bool waits));
            Assert.True(waits);
            if (isNew)
            {
                Assert.Equal(0, _harness.Send(_subscriber.Session, body, quality: 2));
                Groups.Add((before, _log.AppendedLsn));
            }

            _replies.Add((_log.AppendedLsn, () => OnTaken(id, body)));
        }

        private void OnTaken(ushort id, string body)
        {
            if (_outgoing.TryGetValue(id, out (string Body, bool IsReleasing) sent) && sent.Body == body)
            {
                _outgoing[id] = (body, true);
                Release(id);
            }
        }

        private List<(Lsn From, Lsn To)> Groups { get; } = [];

        private void Release(ushort id)
        {
            _publisher.Link.EndInbound(id, out _);
            string body = _outgoing[id].Body;
            _replies.Add((_log.AppendedLsn, () => OnReleased(id, body)));
        }

        private void OnReleased(ushort id, string body)
        {
            if (_outgoing.TryGetValue(id, out (string Body, bool IsReleasing) sent) && sent.Body == body)
            {
                _outgoing.Remove(id);
            }
        }

        /// <summary>Sends the replies whose news are on disk.</summary>
        private void Answer()
        {
            for (int i = 0; i < _replies.Count; i++)
            {
                if (_replies[i].At <= _log.DurableLsn)
                {
                    Action arrive = _replies[i].Arrive;
                    _replies.RemoveAt(i--);
                    arrive();
                }
            }
        }

        private void Receive(bool isLossless)
        {
            while ((isLossless || _random.Next(4) != 0) && _subscriber.Next() is { } text)
            {
                string[] parts = text.Split(' ');
                ushort id = ushort.Parse(parts[0], CultureInfo.InvariantCulture);
                bool isRelease = parts[1] == "release";
                if (!isRelease && _gotIds.Add(id))
                {
                    _got.Add(parts[^1]["t=".Length..]);
                }

                if (isRelease)
                {
                    Forget(id);
                }
                else if (isLossless || _random.Next(4) != 0)
                {
                    _subscriber.Link.Received(id, out _);
                    _replies.Add((_log.AppendedLsn, () => Forget(id)));
                    Answer();
                }
            }
        }

        private void Forget(ushort id)
        {
            _gotIds.Remove(id);
            _subscriber.Link.Complete(id);
        }

        private void Connect()
        {
            // Replies of the old connections are lost.
            _replies.Clear();
            _publisher = _harness.Connect("p", SessionLimits.Never);
            _subscriber = _harness.Connect("s", SessionLimits.Never);
            Resend();
        }

        private void Resend()
        {
            foreach ((ushort id, (string body, bool isReleasing)) in _outgoing.ToArray())
            {
                if (isReleasing)
                {
                    Release(id);
                }
                else
                {
                    Hand(id, body);
                }
            }
        }

        private void LosePower()
        {
            Lsn cut = SomeEnd();
            Groups.Clear();
            _log.Crash(cut);
            _harness = _harness.Restart();
            Connect();
            _log.MakeDurable();
        }

        /// <summary>Some record behind those that are durable. What is handed over together the log keeps in one commit.</summary>
        private Lsn SomeEnd()
        {
            ulong more = _log.AppendedLsn.Value - _log.DurableLsn.Value;
            var end = new Lsn(_log.DurableLsn.Value + (ulong)_random.NextInt64((long)more + 1));
            foreach ((Lsn from, Lsn to) in Groups)
            {
                end = end > from && end < to ? from : end;
            }

            return end;
        }
    }
}
