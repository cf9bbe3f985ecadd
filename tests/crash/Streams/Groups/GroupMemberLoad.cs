using Nexo.Crash.Ledger;
using Nexo.Crash.Wire;
using Nexo.Protocol;

namespace Nexo.Crash.Streams.Groups;

/// <summary>
/// Joins some groups on one connection, takes what comes, and commits and settles it as a bad lot of workers would: some of it late, some
/// twice, some not at all; then it leaves, or its connection is cut, and others go on.
/// </summary>
internal sealed partial class GroupMemberLoad(
    StreamLedger streams, GroupLedger ledger, IReadOnlyList<GroupPlan> groups, bool logMayFail, bool isGood, Random random)
{
    private const int GroupsAtOnce = 3;
    private const int FramesMax = 80;
    private const int BygonesMax = 20;

    private readonly Dictionary<uint, TrackedMember> _members = [];
    private readonly Dictionary<uint, Settlement> _settling = [];
    private readonly List<TrackedMember> _bygones = [];

    /// <summary>Runs until it is told to stop, or the server is gone; a connection that it has cut is followed by another.</summary>
    public async Task RunAsync(int port, CancellationToken stop, CancellationToken cancel)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, cancel);
        try
        {
            while (!stop.IsCancellationRequested)
            {
                await ConnectionAsync(port, either.Token);
            }
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            // The answers that are under way do not come any more: the ledger knows them as open.
        }
        catch (WireEndedException)
        {
            // As above.
        }
        finally
        {
            ledger.Gone(_members.Values, areLost: true);
        }
    }

    private async Task ConnectionAsync(int port, CancellationToken cancel)
    {
        _members.Clear();
        _settling.Clear();
        using WireConnection connection = await WireConnection.OpenAsync(port, cancel);
        if (!isGood && _bygones.Count > 0 && random.Next(3) == 0)
        {
            await TryLateAsync(connection, _bygones[random.Next(_bygones.Count)], cancel);
        }

        foreach (GroupPlan plan in isGood ? groups : [.. groups.OrderBy(_ => random.Next()).Take(GroupsAtOnce)])
        {
            Join(connection, plan);
        }

        await connection.FlushAsync(cancel);
        for (int frames = random.Next(1, FramesMax); isGood || frames > 0; frames--)
        {
            Frame frame = await connection.ReadAnyAsync(cancel);
            if (!Take(connection, frame))
            {
                // The disk has failed: the others go on with what does not need it.
                await Task.Delay(50, cancel);
            }

            await connection.FlushAsync(cancel);
        }

        bool leaves = random.Next(3) == 0;
        ledger.Gone(_members.Values, areLost: !leaves);
        if (leaves)
        {
            foreach (TrackedMember member in _members.Values.Where(member => member.Number > 0).ToList())
            {
                await LeaveAsync(connection, member, cancel);
            }
        }

        _bygones.AddRange(_members.Values.Where(member => member.Number > 0 && leaves));
        _bygones.RemoveRange(0, Math.Max(0, _bygones.Count - BygonesMax));
    }

    private void Join(WireConnection connection, GroupPlan plan)
    {
        uint credits = isGood ? 2_000u : (uint)random.Next(1, 60);
        uint correlation = connection.Write(
            Opcode.GroupJoin,
            Durability.ServerDefault,
            body => new GroupJoinRequest
            {
                Credits = credits,
                BytesMax = (uint)random.Next(3) * 4_000,
                Stream = plan.StreamBytes,
                Group = plan.NameBytes,
                Name = "crash"u8,
            }.Write(body));
        _members.Add(correlation, new TrackedMember(plan, correlation));
    }

    /// <summary>False: it was refused since the log has failed.</summary>
    private bool Take(WireConnection connection, Frame frame)
    {
        if (_settling.Remove(frame.Correlation, out Settlement? settlement))
        {
            return TakeAnswer(frame, settlement);
        }

        if (!_members.TryGetValue(frame.Correlation, out TrackedMember? member))
        {
            return true;
        }

        switch (frame.Kind)
        {
            case FrameKind.Reply when GroupJoinReply.TryRead(frame.Body, out GroupJoinReply reply):
                member.Number = reply.Member;
                ledger.Told(member, reply.State, isDurable: true);
                return true;
            case FrameKind.Notice when GroupState.TryRead(frame.Body, out GroupState state):
                ledger.Told(member, state, isDurable: false);
                return true;
            case FrameKind.Push:
                TakeRecords(connection, member, frame.Body);
                return true;
            default:
                return IsStorageFailure(frame, member.Plan, "a join");
        }
    }

    private void TakeRecords(WireConnection connection, TrackedMember member, byte[] body)
    {
        if (!GroupDelivery.TryRead(body, out GroupDelivery delivery))
        {
            throw new WireEndedException("deliveries that cannot be read");
        }

        List<StreamCopy> records = [];
        List<TrackedRecord> leased = [];
        while (delivery.Records.TryTake(out StreamedRecord record))
        {
            records.Add(StreamCopy.Of(record));
            if (delivery.TryTakeLease(out ulong lease, out _))
            {
                leased.Add(new TrackedRecord(record.Offset, delivery.Epoch, lease));
            }
        }

        ulong epoch = delivery.Epoch;
        ledger.Delivered(member, epoch, records);
        connection.WriteNotice(Opcode.Credit, member.Correlation, credit => credit.WriteUInt32((uint)records.Count));
        if (member.Plan.Mode == GroupMode.Ordered)
        {
            CommitSome(connection, member, records);
        }
        else
        {
            member.Held.RemoveAll(record => record.IsSettled || record.Epoch < epoch);
            member.Held.AddRange(leased);
            SettleSome(connection, member, leased);
        }
    }

    /// <summary>Leaves, and then tries what only a member may.</summary>
    private async Task LeaveAsync(WireConnection connection, TrackedMember member, CancellationToken cancel)
    {
        uint correlation = connection.Write(
            Opcode.GroupLeave,
            Durability.ServerDefault,
            body => new GroupMemberRequest
            {
                Member = member.Number,
                Epoch = member.Epoch,
                Stream = member.Plan.StreamBytes,
                Group = member.Plan.NameBytes,
            }.Write(body));
        await AnswerAsync(connection, correlation, cancel);
        await TryLateAsync(connection, member, cancel);
    }

    /// <summary>Who is a member no more can change nothing.</summary>
    private async Task TryLateAsync(WireConnection connection, TrackedMember member, CancellationToken cancel)
    {
        OffsetRange known = streams.RangeOf(member.Plan.Stream);
        ulong epoch = Math.Max(member.Epoch, ledger.EpochSeen(member.Plan));
        uint correlation = member.Plan.Mode == GroupMode.Ordered
            ? WriteCommit(connection, member, epoch, known.Next)
            : WriteAck(connection, member, epoch, [member.Held is [.., var last] ? last : new TrackedRecord(known.First, epoch, 1)]);
        Frame answer = await AnswerAsync(connection, correlation, cancel);
        if (answer.Error == ErrorCode.MemberFenced)
        {
            ledger.Refused();
        }
        else if (!(logMayFail && answer.Error == ErrorCode.StorageFailed))
        {
            ledger.Wrong(FindingKind.Answer, member.Plan, $"member {member.Number}, who is none, got {answer.Kind} {answer.Error}");
        }
    }

    // What else comes by then is of members that leave.
    private async Task<Frame> AnswerAsync(WireConnection connection, uint correlation, CancellationToken cancel)
    {
        await connection.FlushAsync(cancel);
        while (true)
        {
            Frame frame = await connection.ReadAsync(cancel);
            if (frame.Correlation == correlation)
            {
                return frame;
            }

            if (_settling.Remove(frame.Correlation, out Settlement? settlement))
            {
                TakeAnswer(frame, settlement);
            }
        }
    }

    private bool IsStorageFailure(Frame frame, GroupPlan plan, string what)
    {
        ErrorCode code = ErrorBody.TryRead(frame.Body, out ErrorBody error) ? error.Code : ErrorCode.None;
        if (code == ErrorCode.StorageFailed)
        {
            streams.LogFailed();
        }
        else if (!(logMayFail && code == ErrorCode.StorageFull))
        {
            ledger.Wrong(FindingKind.Answer, plan, $"{what} was answered with {frame.Kind} {frame.ErrorText}");
        }

        return false;
    }
}
