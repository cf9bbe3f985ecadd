using Nexo.Engine.Streams;
using Nexo.Storage;
using Xunit;

namespace Nexo.Engine.Tests.Streams.Groups;

/// <summary>One random life of a shared group, and a plain account of what must be.</summary>
internal sealed partial class SharedGroupLife(int seed)
{
    private const string Dead = "dead";
    private const int DeliveriesMax = 3;
    private const int LossesMax = 3;
    private const long LeaseMs = 4_000;

    private readonly Random _random = new(seed);
    private readonly GroupHarness _harness = new(GroupHarness.Tiny with { LossesPerFailure = 1 }, seed, isDurable: false);

    // What was appended, by offset.
    private readonly List<(string? Key, string Value)> _records = [];
    private readonly List<MemberDouble> _members = [];
    private readonly List<MemberDouble> _gone = [];
    private readonly Dictionary<MemberDouble, long> _credits = [];
    private readonly Dictionary<long, Out> _out = [];
    private readonly HashSet<long> _passed = [];

    // Facts of the log, and after which record of it each is: a crash leaves a beginning of them.
    private readonly List<(Lsn Lsn, Account Account)> _history = [];
    private Account _now = new();
    private long _first;

    private sealed record Out(MemberDouble Member, ulong Lease, long EndsAtMs);

    /// <summary>What is durable once the log is.</summary>
    private sealed record Account
    {
        public ulong Epoch { get; init; } = 1;

        /// <summary>All before it are done, but for what a seek has opened.</summary>
        public long Base { get; init; }

        public HashSet<long> Done { get; init; } = [];

        public Dictionary<long, int> Failures { get; init; } = [];

        public Dictionary<long, int> Losses { get; init; } = [];

        /// <summary>Dead letters, in their order.</summary>
        public List<long> Letters { get; init; } = [];

        public int Records { get; init; }

        public Account Copy() => this with
        {
            Done = [.. Done],
            Failures = new(Failures),
            Losses = new(Losses),
            Letters = [.. Letters],
        };
    }

    public void Run(int[] steps)
    {
        _harness.Create(Dead, new StreamOptionSet { Durability = StreamDurability.Interval });
        _harness.CreateGroup(StreamGroupMode.SharedByKey, new StreamGroupOptionSet
        {
            DeliveriesMax = DeliveriesMax,
            DeadLetterStream = Dead,
            LeaseMs = LeaseMs,
            BackoffMs = 500,
        });
        _harness.Log.MakeDurable();
        Note();
        foreach (int step in steps)
        {
            Do(step);
            Check();
        }

        Drain();
        _harness.Dispose();
    }

    private void Do(int step)
    {
        switch (step)
        {
            case < 20: Append(); break;
            case < 30: Join(); break;
            case < 42: Credit(); break;
            case < 58: Ack(); break;
            case < 68: Nack(); break;
            case < 74: Leave(); break;
            case < 81: Pass(); break;
            case < 84: Seek(); break;
            case < 87: Pull(); break;
            case < 89: Trim(); break;
            case < 91: Late(); break;
            case < 94: _harness.Snapshot(); break;
            case < 96: Crash(); break;
            default: _harness.Log.MakeDurable(); break;
        }

        Letters();
        Note();
    }

    private void Append()
    {
        for (int i = _random.Next(1, 6); i > 0; i--)
        {
            string? key = _random.Next(4) == 0 ? null : $"k{_random.Next(4)}";
            string value = $"{_records.Count}.{new string('x', _random.Next(200))}";
            Assert.Equal(_records.Count, _harness.Append(value, key));
            _records.Add((key, value));
            _now = _now.Copy() with { Records = _records.Count };
        }
    }

    private void Join()
    {
        if (_members.Count < 5)
        {
            MemberDouble member = _harness.Join(sessionMs: _random.Next(3) == 0 ? 2_000 : 0, onGot: OnGot);
            if (member.JoinWaits)
            {
                // It is told its number only then.
                _harness.Log.MakeDurable();
            }

            Assert.DoesNotContain(_gone.Concat(_members), other => other.Handle.Number == member.Handle.Number);
            _members.Add(member);
            _credits[member] = 0;
        }
    }

    private void Credit()
    {
        if (Any() is { } member)
        {
            uint credits = (uint)_random.Next(1, 8);
            _credits[member] += credits;
            member.AddCredits(credits);
        }
    }

    // Each record as it comes.
    private void OnGot(MemberDouble member, Got got)
    {
        Assert.Contains(member, _members);
        Assert.Equal(_now.Epoch, got.Epoch);
        Assert.True(--_credits[member] >= 0, "no more than there are credits");
        OnRecord(member, got);
    }

    private void OnRecord(MemberDouble member, Got got)
    {
        (string? key, string value) = _records[(int)got.Offset];
        Assert.Equal((key, value), (got.Key, got.Value));
        Assert.False(IsDone(got.Offset) && got.Offset >= _first, $"{got.Offset} was done");
        Assert.False(_out.ContainsKey(got.Offset), $"{got.Offset} is out already");
        int failures = _now.Failures.GetValueOrDefault(got.Offset);
        Assert.True(got.Attempt > failures && !IsDying(got.Offset), $"{got.Offset} has failed {failures} times");
        if (key is not null)
        {
            Assert.DoesNotContain(_out.Keys, other => _records[(int)other].Key == key);
            for (long before = _first; before < got.Offset; before++)
            {
                if (_records[(int)before].Key == key && !IsDone(before))
                {
                    // The pump has made it a dead letter before it went on, or should have.
                    Assert.True(IsDying(before), $"{before} is before {got.Offset}");
                    _passed.Add(before);
                }
            }
        }

        _out.Add(got.Offset, new Out(member, got.Lease, _harness.Time.NowMs + LeaseMs));
    }

    private void Ack()
    {
        if (Any() is not { } member || Some(member) is not { Length: > 0 } some)
        {
            return;
        }

        bool[] hold = [.. some.Select(got => Holds(member, got))];
        Assert.Equal(StreamStatus.Ok, member.Ack(out List<StreamStatus> outcomes, out _, some));
        Assert.Equal(hold.Select(holds => holds ? StreamStatus.Ok : StreamStatus.LeaseLost), outcomes);
        _now = _now.Copy();
        foreach (Got got in some.Where((_, i) => hold[i]))
        {
            _out.Remove(got.Offset);
            Finish(got.Offset);
        }
    }

    private void Nack()
    {
        if (Any() is not { } member || Some(member) is not { Length: > 0 } some)
        {
            return;
        }

        var action = (StreamNack)_random.Next(5);
        bool[] hold = [.. some.Select(got => Holds(member, got))];
        Assert.Equal(StreamStatus.Ok, member.Nack(action, out List<StreamStatus> outcomes, some, _random.Next(2_000), "r"));
        Assert.Equal(hold.Select(holds => holds ? StreamStatus.Ok : StreamStatus.LeaseLost), outcomes);
        _now = _now.Copy();
        foreach (Got got in some.Where((_, i) => hold[i]))
        {
            _out.Remove(got.Offset);
            if (action != StreamNack.Release)
            {
                Fail(got.Offset, action == StreamNack.DeadLetter);
            }
        }

    }

    // It has a dead letter as soon as its bytes are there: at the latest when the pump has run.
    private void Letters()
    {
        _harness.Run();
        List<long> letters = ReadLetters();
        Assert.Equal(_now.Letters, letters.Take(_now.Letters.Count));
        _now = letters.Count > _now.Letters.Count ? _now.Copy() : _now;
        foreach (long letter in letters.Skip(_now.Letters.Count))
        {
            Assert.True(IsDying(letter), $"{letter} has not failed often enough");
            Assert.False(IsDone(letter) && letter >= _first, $"{letter} was done");
            _now.Letters.Add(letter);
            Finish(letter);
        }

        Assert.All(_passed, offset => Assert.True(IsDone(offset), $"{offset} was passed over"));
        _passed.Clear();
    }

    private void Leave()
    {
        if (Any() is { } member)
        {
            bool isLost = _random.Next(3) > 0;
            if (isLost)
            {
                member.Handle.Dispose();
            }
            else
            {
                Assert.Equal(StreamStatus.Ok, member.Leave());
                Assert.Equal(StreamStatus.Ok, member.End);
            }

            Gone(member, isLost);
        }
    }

    private void Pass()
    {
        _harness.Time.WallJumpMs += _random.Next(5) == 0 ? _random.Next(-1_000_000, 1_000_000) : 0;
        _harness.Time.Advance(_random.Next(1, 2_500));
        _now = _now.Copy();
        long now = _harness.Time.NowMs;
        MemberDouble[] expired = [.. _members.Where(member => member.IsExpired(now))];
        foreach (MemberDouble member in expired)
        {
            // Before leases that end at the same time: what it had did not fail.
            Gone(member, isLost: true);
        }

        foreach (long offset in _out.Where(one => one.Value.EndsAtMs <= now).Select(one => one.Key).ToArray())
        {
            _out.Remove(offset);
            Fail(offset, isDead: false);
        }

        _harness.Pass(0);
        Assert.All(expired, member => Assert.Equal(StreamStatus.MemberFenced, member.End));
    }

    private void Seek()
    {
        StreamRange range = Range();
        long to = _random.NextInt64(range.First, range.Next + 1);
        var place = new StreamPlace(StreamFrom.Offset, (ulong)to);
        StreamGroupSought dry = _harness.Seek(place, dryRun: true);
        Assert.Equal((_now.Epoch, Position(range), to), (dry.Epoch, dry.Before, dry.After));
        int replayed = Enumerable.Range(0, (int)range.Next).Count(offset => offset >= to && IsDone(offset));
        Assert.Equal(replayed, dry.Replayed);
        _out.Clear();
        Account before = _now;
        _now = new Account { Epoch = before.Epoch + 1, Base = to, Letters = [.. before.Letters], Records = before.Records };
        StreamGroupSought sought = _harness.Seek(place);
        Assert.Equal((_now.Epoch, dry.Before, to, dry.Replayed), (sought.Epoch, sought.Before, sought.After, sought.Replayed));
        Assert.All(_members, member => Assert.Equal(_now.Epoch, member.Epoch));
    }

    private void Pull()
    {
        if (Any() is { } member)
        {
            var target = new MemberDouble(_harness, GroupHarness.G) { OnGot = (_, got) => OnRecord(member, got) };
            Assert.Equal(StreamStatus.Ok, member.Pull(3, target, mayWait: false, out _));
            Assert.InRange(target.Records.Count, 0, 3);
            member.Records.AddRange(target.Records);
        }
    }

    private void Trim()
    {
        StreamRange range = Range();
        long to = Math.Min(range.Next, range.First + _random.Next(4));
        Assert.Equal(StreamStatus.Ok, _harness.Streams.Trim("s"u8, StreamTrimBy.Offset, (ulong)to, out _first, out _));

        // A crash could bring back what was trimmed: that is the stream's matter, which has tests of its own.
        _harness.Log.MakeDurable();
    }

    // Who is gone, knows another epoch or guesses a lease changes nothing.
    private void Late()
    {
        if (_gone.Count > 0 && _gone[_random.Next(_gone.Count)] is { Records.Count: > 0 } gone)
        {
            Assert.Equal(StreamStatus.MemberFenced, gone.Ack(out _, out StreamGroupSettled settled, gone.Records[^1]));
            Assert.Equal(_now.Epoch, settled.Epoch);
        }

        if (Any() is { Records.Count: > 0 } member)
        {
            Got guess = member.Records[^1] with { Lease = (ulong)_random.NextInt64() };
            Assert.Equal(StreamStatus.Ok, member.Ack(out List<StreamStatus> outcomes, out _, guess));
            Assert.Equal([StreamStatus.LeaseLost], outcomes);
            if (member.Records.LastOrDefault(got => got.Epoch < member.Epoch) is { } old)
            {
                member.Ack(out outcomes, out _, old);
                Assert.Equal([StreamStatus.LeaseLost], outcomes);
            }
        }
    }

    private void Crash()
    {
        // The log ends behind a step: where a step is cut in two, what it logs in one record has tests of its own.
        bool isKill = _random.Next(3) == 0;
        Lsn durable = _harness.Log.DurableLsn;
        Lsn[] ends = [.. _history.Select(one => one.Lsn).Where(lsn => lsn >= durable).Distinct()];
        Lsn last = isKill ? _harness.Log.AppendedLsn : ends[_random.Next(ends.Length)];
        _now = _history.Last(one => one.Lsn == last).Account;
        _harness.Log.Crash(last);
        _harness.Restart(isKill ? null : _harness.Disk.Crash(_random.Next()));
        _gone.AddRange(_members);
        _members.Clear();
        _out.Clear();
        _records.RemoveRange(_now.Records, _records.Count - _now.Records);
        Assert.Equal(_records.Count, Range().Next);
        Assert.Equal(_now.Letters, ReadLetters());
        _history.Clear();
    }
}
