using Nexo.Engine.Streams;
using Xunit;

namespace Nexo.Engine.Tests.Streams.Groups;

/// <summary>A member of a group, and what it has.</summary>
internal sealed class CrowdMember : IStreamGroupSink, IDisposable
{
    private readonly GroupCrowd _crowd;
    private readonly Lock _gate = new();
    private readonly List<Got> _held = [];
    private ulong _epoch;
    private volatile bool _isOver;

    public CrowdMember(GroupCrowd crowd)
    {
        _crowd = crowd;
        Assert.Equal(
            StreamStatus.Ok, crowd.Streams.JoinGroup("s"u8, "g"u8, this, new StreamMemberOptions(), out StreamGroupMember? handle, out _));
        Handle = handle!;
        Raise(Handle.Joined.Epoch);
        crowd.Joined(this);
    }

    public StreamGroupMember Handle { get; }

    public ulong Epoch => Volatile.Read(ref _epoch);

    /// <summary>It has left, or is about to.</summary>
    public bool IsOver => _isOver;

    public bool IsCongested => Random.Shared.Next(50) == 0;

    public void Deliver(in StreamGroupRecords records)
    {
        Raise(records.Epoch);
        foreach (Got got in Got.Parse(records.Records, records.Leases, records.Epoch))
        {
            _crowd.Given(this, got);
            lock (_gate)
            {
                _held.Add(got);
            }
        }
    }

    public void OnState(in StreamGroupState state) => Raise(state.Epoch);

    public void Flush()
    {
    }

    public void OnEnd(StreamStatus why) => _crowd.Require(why is StreamStatus.Ok or StreamStatus.MemberFenced, $"it ended with {why}");

    public void AddCredits(uint credits)
    {
        Handle.AddCredits(credits);
        Handle.Resume();
    }

    public void Pull(int most) => _crowd.Streams.PullGroup(
        "s"u8, "g"u8, Handle.Number, Epoch, most, 0, this, mayWait: false, out _, out _);

    public void Heartbeat() => _crowd.Require(
        _crowd.Streams.HeartbeatGroup("s"u8, "g"u8, Handle.Number, out StreamGroupState state) == StreamStatus.Ok && state.Epoch >= 1,
        "a member that lives is not known");

    /// <summary>Settles some of what it has, or commits it.</summary>
    public void Work(Random random, bool isGood)
    {
        List<Got> some;
        lock (_gate)
        {
            some = [.. _held.Where(_ => isGood || random.Next(3) > 0)];
            _held.RemoveAll(some.Contains);
        }

        AddCredits((uint)some.Count);
        if (some.Count == 0)
        {
            return;
        }

        if (_crowd.Mode == StreamGroupMode.Ordered)
        {
            Commit(some.MaxBy(got => (got.Epoch, got.Offset))!);
            return;
        }

        foreach (IGrouping<(ulong Epoch, int), Got> same in some.GroupBy(got => (got.Epoch, isGood ? 9 : random.Next(10))))
        {
            Settle([.. same], same.Key.Epoch, same.Key.Item2);
        }
    }

    public void LeaveAndTryLate()
    {
        _isOver = true;
        _crowd.Require(_crowd.Streams.LeaveGroup("s"u8, "g"u8, Handle.Number, out ulong epoch) == StreamStatus.Ok, "it could not leave");
        StreamStatus late = _crowd.Streams.CommitGroup("s"u8, "g"u8, Handle.Number, epoch, 0, out _);
        _crowd.Require(
            late == (_crowd.Mode == StreamGroupMode.Ordered ? StreamStatus.MemberFenced : StreamStatus.InvalidArgument),
            $"who has left commits: {late}");
    }

    public void Dispose()
    {
        _isOver = true;
        Handle.Dispose();
    }

    private void Commit(Got last)
    {
        StreamStatus status = _crowd.Streams.CommitGroup(
            "s"u8, "g"u8, Handle.Number, last.Epoch, (ulong)last.Offset + 1, out StreamGroupSettled settled);
        _crowd.Require(
            status == StreamStatus.MemberFenced || (status == StreamStatus.Ok && settled.Position > last.Offset),
            $"a commit of {last.Offset} was {status} at {settled.Position}");
    }

    private void Settle(Got[] records, ulong epoch, int dice)
    {
        foreach (Got got in records)
        {
            _crowd.Settling(got);
        }

        var sink = new Outcomes();
        StreamStatus status = dice switch
        {
            0 => Nack(StreamNack.Now, records, epoch, ref sink),
            1 => Nack(StreamNack.Backoff, records, epoch, ref sink),
            2 => Nack(StreamNack.Release, records, epoch, ref sink),
            _ => _crowd.Streams.AckGroup("s"u8, "g"u8, Handle.Number, epoch, new Leases(records), ref sink, out _),
        };
        _crowd.Require(status is StreamStatus.Ok or StreamStatus.MemberFenced, $"a settlement was {status}");
        for (int i = 0; i < sink.All.Count; i++)
        {
            // What comes later under the lock can undo it: the group was sought.
            _crowd.Require(
                sink.All[i] is StreamStatus.Ok or StreamStatus.MemberFenced || Epoch > epoch,
                $"a settlement of {records[i].Offset} was {sink.All[i]}");
            if (dice > 2 && sink.All[i] == StreamStatus.Ok)
            {
                _crowd.Acked(records[i]);
            }
        }
    }

    private StreamStatus Nack(StreamNack action, Got[] records, ulong epoch, ref Outcomes sink) => _crowd.Streams.NackGroup(
        "s"u8, "g"u8, Handle.Number, epoch, action, 0, default, new Leases(records), ref sink, out _);

    private void Raise(ulong epoch)
    {
        ulong known = Epoch;
        while (known < epoch && Interlocked.CompareExchange(ref _epoch, epoch, known) != known)
        {
            known = Epoch;
        }
    }

    private struct Leases(Got[] records) : IStreamLeaseSource
    {
        private int _at;

        public bool TryTake(out long offset, out ulong lease)
        {
            Got? record = _at < records.Length ? records[_at++] : null;
            offset = record?.Offset ?? 0;
            lease = record?.Lease ?? 0;
            return record is not null;
        }
    }

    private readonly struct Outcomes() : IStreamSettleSink
    {
        public List<StreamStatus> All { get; } = [];

        public void Add(StreamStatus status) => All.Add(status);
    }
}
