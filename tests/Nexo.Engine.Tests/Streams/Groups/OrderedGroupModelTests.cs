using CsCheck;
using Nexo.Engine.Streams;
using Nexo.Engine.Tests.Queues.Model;
using Nexo.Storage;
using Xunit;

namespace Nexo.Engine.Tests.Streams.Groups;

/// <summary>
/// Members of an ordered group that come, die, fall silent, commit rightly and late, and seek, over appends, snapshots and crashes: one
/// gets all in order from the commit on, and nobody else moves the position.
/// </summary>
public sealed class OrderedGroupModelTests
{
    [Fact]
    public void One_member_at_a_time_gets_all_in_order_and_commits() =>
        Gen.Select(Gen.Int[0, int.MaxValue], Gen.Int[0, 99].Array[20, 120]).Sample(
            (seed, steps) => new Life(seed).Run(steps), iter: ModelRounds.Of(150), threads: 1);

    private sealed class Life(int seed)
    {
        private readonly Random _random = new(seed);
        private readonly GroupHarness _harness = new(seed: seed, isDurable: false);

        // The eldest first.
        private readonly List<MemberDouble> _members = [];
        private readonly List<MemberDouble> _gone = [];
        private readonly List<(Lsn Lsn, long Records, long Position, ulong Epoch)> _history = [];
        private long _records;
        private long _position;
        private long _next;
        private ulong _epoch = 1;

        private MemberDouble? Active => _members.Count > 0 ? _members[0] : null;

        public void Run(int[] steps)
        {
            _harness.CreateGroup(StreamGroupMode.Ordered);
            _harness.Log.MakeDurable();
            Note();
            foreach (int step in steps)
            {
                Do(step);
                _harness.Run();
                Note();
                Check();
            }

            _harness.Log.MakeDurable();
            Join();
            _members[0].AddCredits(1_000);
            _harness.Run();
            Assert.Equal(_records, _next);
            _harness.Dispose();
        }

        private void Do(int step)
        {
            switch (step)
            {
                case < 20: Append(); break;
                case < 32: Join(); break;
                case < 46: Any()?.AddCredits((uint)_random.Next(1, 9)); break;
                case < 62: Commit(); break;
                case < 68: Leave(); break;
                case < 76: Pass(); break;
                case < 81: Seek(); break;
                case < 86: Late(); break;
                case < 89: _harness.Snapshot(); break;
                case < 92: Crash(); break;
                default: _harness.Log.MakeDurable(); break;
            }
        }

        private void Append()
        {
            for (int i = _random.Next(1, 6); i > 0; i--)
            {
                Assert.Equal(_records, _harness.Append($"{_records}"));
                _records++;
            }
        }

        private void Join()
        {
            MemberDouble member = _harness.Join(sessionMs: _random.Next(3) == 0 ? 2_000 : 0, onGot: OnGot);
            if (member.JoinWaits)
            {
                _harness.Log.MakeDurable();
            }

            Assert.DoesNotContain(_gone.Concat(_members), other => other.Handle.Number == member.Handle.Number);
            _members.Add(member);
            if (_members.Count == 1)
            {
                Begin();
            }
        }

        private void OnGot(MemberDouble member, Got got)
        {
            Assert.Same(Active, member);
            Assert.Equal((_next, $"{_next}", _epoch), (got.Offset, got.Value, got.Epoch));
            _next++;
        }

        private void Commit()
        {
            if (Any() is { } member)
            {
                long offset = _random.NextInt64(0, _next + 1);
                StreamStatus status = member.Commit(offset, out StreamGroupSettled settled);
                Assert.Equal(member == Active ? StreamStatus.Ok : StreamStatus.MemberFenced, status);
                _position = status == StreamStatus.Ok ? Math.Max(_position, offset) : _position;
                Assert.Equal((_position, _epoch), (settled.Position, settled.Epoch));
            }
        }

        private void Leave()
        {
            if (Any() is { } member)
            {
                Gone([member]);
                member.Handle.Dispose();
            }
        }

        private void Pass()
        {
            _harness.Time.WallJumpMs += _random.Next(-1_000_000, 1_000_000);
            _harness.Time.Advance(_random.Next(1, 2_500));
            MemberDouble[] expired = [.. _members.Where(member => member.IsExpired(_harness.Time.NowMs))];
            Gone(expired);
            _harness.Pass(0);
            Assert.All(expired, member => Assert.Equal(StreamStatus.MemberFenced, member.End));
        }

        private void Seek()
        {
            Assert.Equal(StreamStatus.Ok, _harness.Streams.Describe("s"u8, out _, out StreamRange range));
            long to = _random.NextInt64(0, range.Next + 1);
            (long before, _position, _next) = (_position, to, to);
            _epoch++;
            StreamGroupSought sought = _harness.Seek(new StreamPlace(StreamFrom.Offset, (ulong)to));
            Assert.Equal((before, to, Math.Max(0, before - to), _epoch), (sought.Before, sought.After, sought.Replayed, sought.Epoch));
        }

        private void Late()
        {
            if (_gone.Count > 0)
            {
                MemberDouble gone = _gone[_random.Next(_gone.Count)];
                Assert.Equal(StreamStatus.MemberFenced, gone.Commit(_records, out _, _epoch));
            }

            Assert.Equal(StreamStatus.MemberFenced, Active?.Commit(_next, out _, _epoch - 1) ?? StreamStatus.MemberFenced);
        }

        private void Crash()
        {
            Lsn durable = _harness.Log.DurableLsn;
            Lsn[] ends = [.. _history.Select(one => one.Lsn).Where(lsn => lsn >= durable).Distinct()];
            Lsn last = ends[_random.Next(ends.Length)];
            (_, _records, _position, _epoch) = _history.Last(one => one.Lsn == last);
            _harness.Log.Crash(last);
            _harness.Restart(_harness.Disk.Crash(_random.Next()));
            _gone.AddRange(_members);
            _members.Clear();
            _history.Clear();
        }

        // Those that fall silent together go together: nobody takes over in between.
        private void Gone(MemberDouble[] members)
        {
            MemberDouble? before = Active;
            _gone.AddRange(members);
            _members.RemoveAll(members.Contains);
            if (Active is not null && Active != before)
            {
                Begin();
            }
        }

        private void Begin()
        {
            _epoch++;
            _next = _position;
        }

        private void Check()
        {
            StreamGroupInfo info = _harness.Info();
            Assert.Equal((_position, _epoch, _members.Count), (info.Position, info.Epoch, info.Members.Count));
            Assert.All(_members, member => Assert.Equal(
                (_epoch, member == Active ? StreamMemberState.Active : StreamMemberState.Standby), (member.Epoch, member.State)));
        }

        private MemberDouble? Any() => _members.Count == 0 ? null : _members[_random.Next(_members.Count)];

        private void Note() => _history.Add((_harness.Log.AppendedLsn, _records, _position, _epoch));
    }
}
