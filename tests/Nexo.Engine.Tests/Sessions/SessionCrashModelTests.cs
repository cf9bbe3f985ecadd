using CsCheck;
using Nexo.Engine.Sessions;
using Nexo.Engine.Tests.Queues.Model;
using Nexo.Engine.Tests.Store;
using Nexo.Engine.Tests.Streams;
using Nexo.Storage;
using Xunit;

namespace Nexo.Engine.Tests.Sessions;

/// <summary>
/// Random commands on a few sessions, with takeovers, snapshots, jumps of the wall clock, and crashes behind any record: every answer is
/// the model's, and what is recovered is what the model was before or after the command that wrote the last record that survived.
/// </summary>
public sealed class SessionCrashModelTests
{
    [Fact]
    public void Recovered_sessions_are_what_the_model_was_at_the_end_of_the_log()
    {
        Gen.Int[0, int.MaxValue].Array[30, 300].Sample(
            seeds => new Life().Run(seeds), iter: ModelRounds.Of(150), threads: 1);
    }

    private sealed record Message(
        ulong Number, string Body, bool ExactlyOnce, bool Retain, uint Identifier, long DeadlineMs, bool Received);

    /// <summary>What a session is to be.</summary>
    private sealed class Modelled
    {
        public uint Expiry { get; set; }

        public long DeadlineMs { get; set; }

        public ulong Last { get; set; }

        public ulong Sent { get; set; }

        public SortedDictionary<string, (byte Options, uint Identifier)> Subscriptions { get; } = new(StringComparer.Ordinal);

        public SortedSet<ushort> Inbound { get; } = [];

        public List<Message> Messages { get; set; } = [];

        public Modelled Copy()
        {
            var copy = new Modelled { Expiry = Expiry, DeadlineMs = DeadlineMs, Last = Last, Sent = Sent, Messages = [.. Messages] };
            foreach ((string filter, (byte, uint) options) in Subscriptions)
            {
                copy.Subscriptions.Add(filter, options);
            }

            copy.Inbound.UnionWith(Inbound);
            return copy;
        }

        /// <summary>As text of a session that was recovered now.</summary>
        public string Recovered(long nowMs)
        {
            bool wasConnected = DeadlineMs == 0;
            ulong sent = wasConnected ? Last : Sent;
            long deadline = !wasConnected ? DeadlineMs : nowMs + (Expiry * 1_000L);
            IEnumerable<string> subscriptions = Subscriptions.Select(pair => $"{pair.Key}:{pair.Value}").Order(StringComparer.Ordinal);
            return Text(Last, Expiry, deadline, subscriptions, Inbound)
                + string.Concat(Messages.Select(message => Text(message, message.Number <= sent)));
        }

        public static string Text(ulong last, uint expiry, long deadline, IEnumerable<string> subscriptions, IEnumerable<ushort> inbound) =>
            $"last {last} expiry {expiry} until {deadline} [{string.Join(' ', subscriptions)}] in [{string.Join(' ', inbound)}]";

        public static string Text(Message message, bool wasSent) => message.Received
            ? $"; {message.Number} received"
            : $"; {message.Number} {(message.ExactlyOnce ? 2 : 1)}{(message.Retain ? "r" : "")}{(wasSent ? "s" : "")} "
                + $"#{message.Identifier} {message.Body} until {message.DeadlineMs}";
    }

    private sealed class Model
    {
        public SortedDictionary<string, Modelled> Sessions { get; } = new(StringComparer.Ordinal);

        public Model Copy()
        {
            var copy = new Model();
            foreach ((string client, Modelled session) in Sessions)
            {
                copy.Sessions.Add(client, session.Copy());
            }

            return copy;
        }

        public string Recovered(long nowMs) => string.Join(
            '\n',
            Sessions.Where(pair => pair.Value.DeadlineMs != 0 || pair.Value.Expiry != 0).Select(
                pair => $"{pair.Key}: {pair.Value.Recovered(nowMs)}"));
    }

    private sealed class Life
    {
        private const int MessagesMax = 8;

        private static readonly string[] Clients = ["a", "b", "c", "d"];
        private static readonly string[] Filters = ["x", "x/#", "y"];

        private readonly DurableMemoryLog _log = new() { IsImmediate = true };

        // The state behind each of the last records: first as all is durable, then after each command.
        private readonly List<(ulong End, Model Model, long AtMs)> _states = [];
        private readonly Dictionary<string, SessionHarness.Holder> _holders = [];
        private SessionHarness _harness;
        private Model _model = new();
        private (Lsn Position, RecordList Records)? _snapshot;
        private (Lsn Position, SessionSnapshot Snapshot, RecordList Records)? _running;
        private ulong _bodies;

        public Life()
        {
            var limits = new SessionLimits
            {
                MessagesPerSessionMax = MessagesMax,
                SliceMessagesMax = 3,
                SliceBytesMax = 200,
                PageBytes = 4_096,
            };
            _harness = new SessionHarness(limits, _log);
            Settle();
        }

        private long NowMs => _harness.Clock.NowMs;

        public void Run(int[] seeds)
        {
            foreach (int seed in seeds)
            {
                Step(new Random(seed));
                NoteState();
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

            string client = Clients[random.Next(Clients.Length)];
            switch (random.Next(30))
            {
                case 0:
                    Crash(random);
                    break;
                case 1:
                    _harness.Time.WallJumpMs += random.Next(2) == 0 ? 3_600_000 : -3_600_000;
                    break;
                case 2:
                    BeginSnapshot();
                    break;
                case 3:
                    Settle();
                    break;
                case 4:
                    _harness.Time.Advance(random.Next(700));
                    Tick();
                    break;
                case < 8:
                    Connect(client, random);
                    break;
                case 8:
                    Close(client, random);
                    break;
                case 9:
                    Subscribe(client, random);
                    break;
                case < 12:
                    Inbound(client, random);
                    break;
                case < 20:
                    Send(client, random);
                    break;
                case < 23:
                    SendToAll(random);
                    break;
                case < 26:
                    Take(client);
                    break;
                default:
                    Acknowledge(client, random);
                    break;
            }
        }

        private void Connect(string client, Random random)
        {
            bool clean = random.Next(5) == 0;
            uint expiry = random.Next(6) == 0 ? 0 : (uint)(1 + random.Next(3));
            bool isThere = _model.Sessions.TryGetValue(client, out Modelled? session) && !clean;
            _holders.TryGetValue(client, out SessionHarness.Holder? before);
            SessionHarness.Holder holder = _harness.Connect(client, expiry, clean);
            Assert.Equal(isThere, holder.Opened.WasPresent);
            Assert.Same(before, holder.Opened.Replaced);
            if (before is not null)
            {
                Assert.Equal(SessionStatus.Fenced, before.Link.Acknowledge(1));
                Assert.Equal(SessionStatus.Fenced, before.Link.Close());
            }

            session = isThere ? session! : new Modelled();
            session.Expiry = expiry;
            session.DeadlineMs = 0;
            _model.Sessions[client] = session;
            _holders[client] = holder;
        }

        private void Close(string client, Random random)
        {
            if (!_holders.Remove(client, out SessionHarness.Holder? holder))
            {
                return;
            }

            uint? expiry = random.Next(4) == 0 ? (uint)random.Next(3) : null;
            Assert.Equal(SessionStatus.Ok, holder.Link.Close(expiry));
            Modelled session = _model.Sessions[client];
            session.Expiry = expiry ?? session.Expiry;
            session.DeadlineMs = NowMs + (session.Expiry * 1_000L);
            if (session.Expiry == 0)
            {
                _model.Sessions.Remove(client);
            }
        }

        private void Tick()
        {
            _harness.Service.Tick();
            foreach ((string client, Modelled session) in _model.Sessions.ToArray())
            {
                if (session.DeadlineMs != 0 && session.DeadlineMs <= NowMs)
                {
                    _model.Sessions.Remove(client);
                }
                else
                {
                    session.Messages.RemoveAll(message => message.Number > session.Sent && IsExpired(message));
                }
            }

            Assert.Equal(_model.Sessions.Count, _harness.Service.Stats.Sessions);
            Assert.Equal(_model.Sessions.Values.Sum(session => session.Messages.Count), _harness.Service.Stats.Messages);
        }

        private void Subscribe(string client, Random random)
        {
            if (!_holders.TryGetValue(client, out SessionHarness.Holder? holder))
            {
                return;
            }

            string filter = Filters[random.Next(Filters.Length)];
            Modelled session = _model.Sessions[client];
            if (random.Next(3) == 0)
            {
                Assert.Equal(
                    session.Subscriptions.Remove(filter) ? SessionStatus.Ok : SessionStatus.NotFound,
                    holder.Link.Unsubscribe(SessionHarness.Bytes(filter), out _));
                return;
            }

            var options = ((byte)random.Next(3), (uint)random.Next(3));
            Assert.Equal(
                SessionStatus.Ok,
                holder.Link.Subscribe(SessionHarness.Bytes(filter), options.Item1, options.Item2, out bool existed, out _));
            Assert.Equal(session.Subscriptions.ContainsKey(filter), existed);
            session.Subscriptions[filter] = options;
        }

        private void Inbound(string client, Random random)
        {
            if (!_holders.TryGetValue(client, out SessionHarness.Holder? holder))
            {
                return;
            }

            ushort id = (ushort)(1 + random.Next(4));
            Modelled session = _model.Sessions[client];
            if (random.Next(2) == 0)
            {
                Assert.Equal(SessionStatus.Ok, holder.Link.BeginInbound(id, out bool isNew, out _));
                Assert.Equal(session.Inbound.Add(id), isNew);
            }
            else
            {
                SessionStatus status = holder.Link.EndInbound(id, out _);
                Assert.Equal(session.Inbound.Remove(id) ? SessionStatus.Ok : SessionStatus.NotFound, status);
            }
        }

        private void Send(string client, Random random)
        {
            if (_model.Sessions.TryGetValue(client, out Modelled? session))
            {
                (string body, SessionEntry entry, long deadline) = Body(random);
                Queue(client, session, entry, body, deadline);
                entry.Body.Release();
            }
        }

        private void SendToAll(Random random)
        {
            (string body, SessionEntry entry, long deadline) = Body(random);
            foreach ((string client, Modelled session) in _model.Sessions)
            {
                // A crash may come between two of them: each is a command of its own.
                Queue(client, session, entry, body, deadline);
                NoteState();
                if (random.Next(3) == 0)
                {
                    // Some are done with it before others have it, and before a snapshot looks at them.
                    Take(client);
                    NoteState();
                    AcknowledgeAll(client, session);
                }

                if (random.Next(4) == 0)
                {
                    BeginSnapshot();
                }

                while (random.Next(2) == 0)
                {
                    GoOnWithSnapshot();
                }
            }

            entry.Body.Release();
        }

        private (string Body, SessionEntry Entry, long DeadlineMs) Body(Random random)
        {
            string body = $"m{++_bodies}" + new string('.', random.Next(60));
            long? ttlMs = random.Next(5) == 0 ? 1 + random.Next(1_000) : null;
            SessionBody kept = _harness.Service.Keep("t"u8, [], SessionHarness.Bytes(body), ttlMs);
            var entry = new SessionEntry(kept, random.Next(2) == 0, random.Next(4) == 0, (uint)random.Next(3));
            return (body, entry, ttlMs is { } ttl ? NowMs + ttl : 0);
        }

        private void Queue(string client, Modelled session, SessionEntry entry, string body, long deadline)
        {
            Session real = _holders.TryGetValue(client, out SessionHarness.Holder? holder) ? holder.Session : _harness.Find(client);
            int expected = 0;
            bool isTaken = true;
            while (isTaken && session.Messages.Count >= MessagesMax)
            {
                Message? oldest = session.Messages.FirstOrDefault(message => message.Number > session.Sent);
                isTaken = oldest is not null;
                if (oldest is not null)
                {
                    session.Messages.Remove(oldest);
                    session.Sent = oldest.Number;
                    expected += IsExpired(oldest) ? 0 : 1;
                }
            }

            Assert.Equal(expected + (isTaken ? 0 : 1), real.Enqueue([entry]));
            if (isTaken)
            {
                session.Messages.Add(
                    new Message(++session.Last, body, entry.IsExactlyOnce, entry.Retain, entry.Identifier, deadline, Received: false));
            }

            Assert.Equal(session.Messages.Count, real.Messages);
        }

        private bool IsExpired(Message message) => message.DeadlineMs != 0 && message.DeadlineMs <= NowMs;

        /// <summary>Takes all that there is for a connection.</summary>
        private void Take(string client)
        {
            if (!_holders.TryGetValue(client, out SessionHarness.Holder? holder))
            {
                return;
            }

            Modelled session = _model.Sessions[client];
            session.Messages.RemoveAll(message => message.Number > session.Sent && IsExpired(message));
            ulong sent = session.Sent;
            var expected = session.Messages.ToDictionary(message => (ulong)Session.PacketIdOf(message.Number));
            ulong before = 0;
            while (holder.Next() is { } text)
            {
                ulong id = ulong.Parse(text.Split(' ')[0]);
                Message message = expected[id];
                Assert.True(message.Number > before, $"{text} comes behind {before}");
                before = message.Number;
                string life = message.DeadlineMs == 0 ? string.Empty : $" for {Math.Max(0, message.DeadlineMs - NowMs)}";
                string wanted = message.Received
                    ? $"{id} release"
                    : $"{id} {(message.ExactlyOnce ? "q2" : "q1")}{(message.Number <= sent ? " dup" : "")}"
                        + $"{(message.Retain ? " retain" : "")}{(message.Identifier == 0 ? "" : $" #{message.Identifier}")} t={message.Body}{life}";
                Assert.Equal(wanted, text);
                session.Sent = Math.Max(session.Sent, message.Number);
            }

            Assert.DoesNotContain(session.Messages, message => message.Number > session.Sent);
            session.Sent = Math.Max(session.Sent, session.Last);
        }

        private void Acknowledge(string client, Random random)
        {
            if (!_holders.TryGetValue(client, out SessionHarness.Holder? holder))
            {
                return;
            }

            Modelled session = _model.Sessions[client];
            if (session.Messages.Count == 0)
            {
                return;
            }

            Message message = session.Messages[random.Next(session.Messages.Count)];
            ushort id = Session.PacketIdOf(message.Number);
            bool wasSent = message.Number <= session.Sent;
            switch (random.Next(3))
            {
                case 0:
                    Expect(wasSent && !message.ExactlyOnce, holder.Link.Acknowledge(id), () => session.Messages.Remove(message));
                    break;
                case 1:
                    Expect(
                        wasSent && message.ExactlyOnce,
                        holder.Link.Received(id, out _),
                        () => session.Messages[session.Messages.IndexOf(message)] = message with { Received = true });
                    break;
                default:
                    Expect(wasSent && message.Received, holder.Link.Complete(id), () => session.Messages.Remove(message));
                    break;
            }
        }

        private void AcknowledgeAll(string client, Modelled session)
        {
            if (!_holders.TryGetValue(client, out SessionHarness.Holder? holder))
            {
                return;
            }

            foreach (Message message in session.Messages.ToArray())
            {
                ushort id = Session.PacketIdOf(message.Number);
                if (message.ExactlyOnce && !message.Received)
                {
                    Expect(
                        isDone: true,
                        holder.Link.Received(id, out _),
                        () => session.Messages[session.Messages.IndexOf(message)] = message with { Received = true });
                    NoteState();
                }

                SessionStatus status = message.ExactlyOnce ? holder.Link.Complete(id) : holder.Link.Acknowledge(id);
                Expect(isDone: true, status, () => session.Messages.RemoveAll(there => there.Number == message.Number));
                NoteState();
            }
        }

        private void NoteState() => _states.Add((_log.AppendedLsn.Value, _model.Copy(), NowMs));

        private void BeginSnapshot() =>
            _running ??= (_log.Inner.End, _harness.Service.BeginSnapshot(_log.Inner.End), new RecordList());

        private static void Expect(bool isDone, SessionStatus status, Action apply)
        {
            Assert.Equal(isDone ? SessionStatus.Ok : SessionStatus.NotFound, status);
            if (isDone)
            {
                apply();
            }
        }

        private void Settle()
        {
            _states.Clear();
            _states.Add((_log.AppendedLsn.Value, _model.Copy(), NowMs));
        }

        private void GoOnWithSnapshot()
        {
            if (_running is var (position, snapshot, records) && !snapshot.MoveNext(records))
            {
                // It is kept once the log is durable up to here: no crash goes behind.
                _states.Clear();
                _states.Add((_log.AppendedLsn.Value, _model.Copy(), NowMs));
                _snapshot = (position, records);
                _running = null;
            }
        }

        /// <summary>Loses everything behind some record that need not be durable.</summary>
        private void Crash(Random random)
        {
            ulong end = _log.AppendedLsn.Value;
            ulong first = _states[0].End;
            ulong cut = first + (ulong)random.NextInt64((long)(end - first) + 1);
            _log.Crash(new Lsn(cut));
            _harness.Time.Advance(random.Next(3) == 0 ? random.Next(500) : 0);
            _harness = _harness.Restart(_snapshot?.Records, _snapshot?.Position ?? Lsn.None);
            _holders.Clear();
            _running = null;
            string found = Contents();

            // In the midst of a command it is as before it or as after it; a clean start that has not come further has left none.
            int after = _states.FindIndex(state => state.End >= cut);
            List<Model> allowed =
            [
                .. _states.Where((state, at) => at == after || at == after - 1 || state.End == cut).Select(state => state.Model),
            ];
            IEnumerable<Model> ticked = [];
            if (after > 0 && _states[after].End > cut)
            {
                Model before = _states[after - 1].Model;
                allowed.AddRange(Enumerable.Range(0, 1 << Clients.Length).Select(gone => Without(before, gone)));
                allowed.AddRange(Clients.SelectMany(client => Partly(before, client, _states[after].AtMs)));
                ticked = Enumerable.Range(0, 1 << Clients.Length)
                    .SelectMany(gone => Expiring(Without(before, gone), _states[after].AtMs));
            }

            Model? model = allowed.Concat(ticked).FirstOrDefault(candidate => candidate.Recovered(NowMs) == found);
            Assert.True(
                model is not null,
                $"after record {cut}:\n{found}\nis none of\n"
                + string.Join("\n--\n", allowed.Take(3).Select(candidate => candidate.Recovered(NowMs))));
            _model = model.Copy();
            foreach ((string client, Modelled session) in _model.Sessions.ToArray())
            {
                bool wasConnected = session.DeadlineMs == 0;
                if (wasConnected && session.Expiry == 0)
                {
                    _model.Sessions.Remove(client);
                }
                else if (wasConnected)
                {
                    session.Sent = session.Last;
                    session.DeadlineMs = NowMs + (session.Expiry * 1_000L);
                }
            }

            Settle();
        }

        private static Model Without(Model before, int gone)
        {
            Model model = before.Copy();
            for (int i = 0; i < Clients.Length; i++)
            {
                if ((gone & (1 << i)) != 0)
                {
                    model.Sessions.Remove(Clients[i]);
                }
            }

            return model;
        }

        /// <summary>Some were dropped, and what they were to make room for has not come; or some have expired.</summary>
        private static IEnumerable<Model> Partly(Model before, string client, long nowMs)
        {
            if (!before.Sessions.TryGetValue(client, out Modelled? session))
            {
                yield break;
            }

            for (int dropped = 1; dropped <= session.Messages.Count; dropped++)
            {
                Model model = before.Copy();
                Message[] unsent = [.. session.Messages.Where(message => message.Number > session.Sent).Take(dropped)];
                model.Sessions[client].Messages.RemoveAll(message => unsent.Contains(message));
                yield return model;

                Model expired = before.Copy();
                Message[] mortal =
                [
                    .. session.Messages.Where(
                        message => message.Number > session.Sent && message.DeadlineMs != 0 && message.DeadlineMs <= nowMs).Take(dropped),
                ];
                expired.Sessions[client].Messages.RemoveAll(message => mortal.Contains(message));
                yield return expired;
            }
        }

        /// <summary>In the midst of a tick what has expired is gone from some, and of one a part of it is.</summary>
        private static IEnumerable<Model> Expiring(Model before, long atMs)
        {
            for (int done = 0; done < 1 << Clients.Length; done++)
            {
                Model model = before.Copy();
                for (int i = 0; i < Clients.Length; i++)
                {
                    if ((done & (1 << i)) != 0 && model.Sessions.TryGetValue(Clients[i], out Modelled? session))
                    {
                        session.Messages.RemoveAll(
                            message => message.Number > session.Sent && message.DeadlineMs != 0 && message.DeadlineMs <= atMs);
                    }
                }

                yield return model;
                foreach (Model partly in Clients.SelectMany(client => Partly(model, client, atMs)))
                {
                    yield return partly;
                }
            }
        }

        private string Contents() => string.Join(
            '\n',
            _harness.Service.List().OrderBy(session => SessionText.ClientOf(session), StringComparer.Ordinal).Select(
                session => $"{SessionText.ClientOf(session)}: {SessionText.Of(session, Modelled.Text, Text)}"));

        private static string Text(ulong number, SessionText.Item item) => Modelled.Text(
            new Message(number, item.Body, item.ExactlyOnce, item.Retain, item.Identifier, item.DeadlineMs, item.Received), item.WasSent);
    }
}
