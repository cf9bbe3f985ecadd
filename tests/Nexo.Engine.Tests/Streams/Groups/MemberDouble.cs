using Nexo.Engine.Streams;
using Xunit;

namespace Nexo.Engine.Tests.Streams.Groups;

/// <summary>A record as it was given.</summary>
internal sealed record Got(long Offset, string? Key, string Value, ulong Lease, uint Attempt, ulong Epoch, string Headers)
{
    public static List<Got> Parse(ReadOnlySpan<byte> run, ReadOnlySpan<StreamGroupLease> leases, ulong epoch)
    {
        var all = new List<Got>();
        while (StreamRecordForm.TryTake(ref run, out StreamRecordView view))
        {
            StreamGroupLease lease = leases.IsEmpty ? default : leases[all.Count];
            all.Add(new Got(
                view.Offset,
                view.HasKey ? Text(view.Key) : null,
                Text(view.Value),
                lease.Lease,
                lease.Attempt,
                epoch,
                Text(view.Headers)));
        }

        Assert.True(run.IsEmpty, "whole records");
        return all;
    }

    private static string Text(ReadOnlySpan<byte> bytes) => System.Text.Encoding.Latin1.GetString(bytes);
}

/// <summary>A member of a group, and what came to it.</summary>
internal sealed class MemberDouble(GroupHarness harness, string group) : IStreamGroupSink
{
    private int _unflushed;

    public StreamGroupMember Handle { get; private set; } = null!;

    public bool JoinWaits { get; private set; }

    /// <summary>As it was told.</summary>
    public ulong Epoch { get; private set; }

    public StreamMemberState State { get; private set; }

    public List<Got> Records { get; } = [];

    public List<StreamGroupState> States { get; } = [];

    public StreamStatus? End { get; private set; }

    public Action<MemberDouble, Got>? OnGot { get; init; }

    public bool IsCongested { get; set; }

    public long SessionMs { get; init; }

    private long HeardMs { get; set; }

    /// <summary>Nothing was heard of it for too long.</summary>
    public bool IsExpired(long nowMs) => SessionMs > 0 && HeardMs + SessionMs <= nowMs;

    public void AddCredits(uint credits)
    {
        Hear();
        Handle.AddCredits(credits);
    }

    public void Begin(StreamGroupMember handle, bool waits)
    {
        Handle = handle;
        JoinWaits = waits;
        (Epoch, State) = (handle.Joined.Epoch, handle.Joined.State);
        Hear();
    }

    public void Deliver(in StreamGroupRecords records)
    {
        Assert.Null(End);
        List<Got> got = Got.Parse(records.Records, records.Leases, records.Epoch);
        Assert.Equal(records.Count, got.Count);
        Assert.True(records.Leases.IsEmpty || records.Leases.Length == got.Count, "a lease each");
        _unflushed++;
        foreach (Got one in got)
        {
            Records.Add(one);
            OnGot?.Invoke(this, one);
        }
    }

    public void OnState(in StreamGroupState state)
    {
        _unflushed++;
        States.Add(state);
        (Epoch, State) = (state.Epoch, state.State);
    }

    public void Flush() => _unflushed = 0;

    public void OnEnd(StreamStatus why)
    {
        Assert.Equal(0, _unflushed);
        End = why;
    }

    public StreamStatus Commit(long offset, out StreamGroupSettled settled, ulong? epoch = null)
    {
        if (epoch is null || epoch == Epoch)
        {
            Hear();
        }

        return harness.Streams.CommitGroup(
            GroupHarness.Bytes(GroupHarness.S),
            GroupHarness.Bytes(group),
            Handle.Number,
            epoch ?? Epoch,
            (ulong)offset,
            out settled);
    }

    public StreamStatus Ack(out List<StreamStatus> outcomes, out StreamGroupSettled settled, params Got[] records)
    {
        Hear();
        var sink = new Outcomes();
        StreamStatus status = harness.Streams.AckGroup(
            GroupHarness.Bytes(GroupHarness.S),
            GroupHarness.Bytes(group),
            Handle.Number,
            Epoch,
            new Leases(records),
            ref sink,
            out settled);
        outcomes = sink.All;
        return status;
    }

    /// <summary>Acks records that are its own.</summary>
    public void Ack(params Got[] records)
    {
        Assert.Equal(StreamStatus.Ok, Ack(out List<StreamStatus> outcomes, out _, records));
        Assert.Equal(records.Select(_ => StreamStatus.Ok), outcomes);
        harness.Run();
    }

    public StreamStatus Nack(
        StreamNack action, out List<StreamStatus> outcomes, Got[] records, long delayMs = 0, string reason = "")
    {
        Hear();
        var sink = new Outcomes();
        StreamStatus status = harness.Streams.NackGroup(
            GroupHarness.Bytes(GroupHarness.S),
            GroupHarness.Bytes(group),
            Handle.Number,
            Epoch,
            action,
            delayMs,
            GroupHarness.Bytes(reason),
            new Leases(records),
            ref sink,
            out _);
        outcomes = sink.All;
        return status;
    }

    public void Nack(StreamNack action, Got record, long delayMs = 0, string reason = "")
    {
        Assert.Equal(StreamStatus.Ok, Nack(action, out List<StreamStatus> outcomes, [record], delayMs, reason));
        Assert.Equal([StreamStatus.Ok], outcomes);
        harness.Run();
    }

    public StreamStatus Heartbeat(out StreamGroupState state) => harness.Streams.HeartbeatGroup(
        GroupHarness.Bytes(GroupHarness.S), GroupHarness.Bytes(group), Handle.Number, out state);

    public StreamStatus Leave() => harness.Streams.LeaveGroup(
        GroupHarness.Bytes(GroupHarness.S), GroupHarness.Bytes(group), Handle.Number, out _);

    public StreamStatus Pull(int recordsMax, IStreamGroupSink target, bool mayWait, out StreamGroupPull? pull)
    {
        Hear();
        return harness.Streams.PullGroup(
            GroupHarness.Bytes(GroupHarness.S),
            GroupHarness.Bytes(group),
            Handle.Number,
            Epoch,
            recordsMax,
            0,
            target,
            mayWait,
            out pull,
            out _);
    }

    private void Hear() => HeardMs = harness.Time.NowMs;

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
