using System.Globalization;
using Nexo.Engine.Streams;
using Xunit;

namespace Nexo.Engine.Tests.Streams.Groups;

/// <content>The account, and what is held against it.</content>
internal sealed partial class SharedGroupLife
{
    private void Check()
    {
        StreamRange range = Range();
        StreamGroupInfo info = _harness.Info();
        Assert.Equal(_now.Epoch, info.Epoch);
        Assert.Equal(Position(range), info.Position);
        Assert.Equal(Enumerable.Range(0, (int)range.Next).Count(offset => !IsDone(offset)), info.Lag);
        Assert.Equal(_out.Count, info.InFlight);
        Assert.InRange(info.InFlight + info.Waiting, 0, GroupHarness.Tiny.WindowRecordsMax);
        Assert.Equal(_members.Count, info.Members.Count);
    }

    /// <summary>In the end somebody takes all there is, and all is done.</summary>
    private void Drain()
    {
        _harness.Log.MakeDurable();
        foreach (MemberDouble member in _members.ToArray())
        {
            member.Handle.Dispose();
            Gone(member, isLost: true);
        }

        MemberDouble last = _harness.Join(onGot: OnGot);
        _members.Add(last);
        _credits[last] = 1_000_000;
        last.AddCredits(1_000_000);
        for (int round = 0; _harness.Info().Lag > 0; round++)
        {
            Assert.True(round < 10_000, "it gets nowhere");
            _harness.Run();
            foreach (long offset in _out.Keys.ToArray())
            {
                _out.Remove(offset);
                Finish(offset);
                last.Ack(last.Records.Last(got => got.Offset == offset));
            }

            _harness.Pass(100);
            Letters();
            _harness.Log.MakeDurable();
        }

        Assert.Equal(Range().Next, _harness.Info().Position);
        for (long offset = Math.Max(_first, _now.Base); offset < _records.Count; offset++)
        {
            Assert.True(IsDone(offset), $"{offset} was skipped");
        }
    }

    private bool IsDone(long offset) => offset < _first || offset < _now.Base || _now.Done.Contains(offset);

    private void Finish(long offset)
    {
        _now.Done.Add(offset);
        _now.Failures.Remove(offset);
        _now.Losses.Remove(offset);
    }

    private bool IsDying(long offset) =>
        _now.Failures.GetValueOrDefault(offset) >= DeliveriesMax || _now.Losses.GetValueOrDefault(offset) >= LossesMax;

    private void Fail(long offset, bool isDead) =>
        _now.Failures[offset] = isDead ? int.MaxValue : _now.Failures.GetValueOrDefault(offset) + 1;

    private long Position(StreamRange range)
    {
        long position = Math.Max(range.First, _now.Base);
        while (position < range.Next && IsDone(position))
        {
            position++;
        }

        return position;
    }

    private bool Holds(MemberDouble member, Got got) =>
        _out.TryGetValue(got.Offset, out Out? held) && held.Member == member && held.Lease == got.Lease;

    private void Gone(MemberDouble member, bool isLost)
    {
        _members.Remove(member);
        _gone.Add(member);
        if (isLost && _out.Any(one => one.Value.Member == member))
        {
            // What it had longest was its undoing.
            long offset = _out.Where(one => one.Value.Member == member).MinBy(one => (one.Value.EndsAtMs, one.Key)).Key;
            _now = _now.Copy();
            _now.Losses[offset] = _now.Losses.GetValueOrDefault(offset) + 1;
        }

        foreach (long offset in _out.Where(one => one.Value.Member == member).Select(one => one.Key).ToArray())
        {
            _out.Remove(offset);
        }
    }

    private MemberDouble? Any() => _members.Count == 0 ? null : _members[_random.Next(_members.Count)];

    // Of what it ever got, the last ones first; each once.
    private Got[] Some(MemberDouble member) =>
    [
        .. member.Records.AsEnumerable().Reverse().Take(12).Where(_ => _random.Next(2) == 0)
            .DistinctBy(got => got.Offset).Take(_random.Next(1, 8)),
    ];

    private StreamRange Range()
    {
        Assert.Equal(StreamStatus.Ok, _harness.Streams.Describe("s"u8, out _, out StreamRange range));
        return range;
    }

    // Read as its group sees it, also what is not durable yet.
    private List<long> ReadLetters() => [.. _harness.ReadAll(Dead).Select(letter => OffsetOf(letter.Headers))];

    private static long OffsetOf(string headers)
    {
        const string Name = "nexo-offset";
        int at = headers.IndexOf(Name, StringComparison.Ordinal) + Name.Length;
        return long.Parse(headers.AsSpan(at + 2, headers[at]), CultureInfo.InvariantCulture);
    }

    private void Note() => _history.Add((_harness.Log.AppendedLsn, _now.Copy()));
}
