using Nexo.Crash.Wire;
using Nexo.Protocol;

namespace Nexo.Crash.Streams.Groups;

/// <content>Commits and settlements.</content>
internal sealed partial class GroupMemberLoad
{
    private sealed record Settlement(GroupPlan Plan, ulong Epoch, ulong Seen)
    {
        /// <summary>Of a commit.</summary>
        public ulong Offset { get; init; }

        public RecordVerdict Verdict { get; init; }

        /// <summary>Of a settlement; null: it is a commit.</summary>
        public IReadOnlyList<(TrackedRecord Record, bool IsFirst)>? Records { get; init; }
    }

    private void CommitSome(WireConnection connection, TrackedMember member, List<StreamCopy> records)
    {
        if (!isGood && random.Next(3) == 0)
        {
            return;
        }

        // Often not to the end, and sometimes back.
        ulong end = records[^1].Offset + 1;
        ulong offset = isGood || random.Next(2) == 0 ? end : end - (ulong)random.Next(records.Count + 1);
        ledger.Committing(member.Plan, member.Epoch, offset);
        var settlement = new Settlement(member.Plan, member.Epoch, ledger.EpochSeen(member.Plan))
        {
            Offset = offset,
        };
        _settling.Add(WriteCommit(connection, member, member.Epoch, offset), settlement);
    }

    private void SettleSome(WireConnection connection, TrackedMember member, List<TrackedRecord> records)
    {
        foreach (IGrouping<RecordVerdict?, TrackedRecord> same in records.GroupBy(_ => Choose()))
        {
            if (same.Key is { } verdict)
            {
                Settle(connection, member, verdict, [.. same]);
                if (!isGood && random.Next(15) == 0)
                {
                    Settle(connection, member, RecordVerdict.Ack, [.. same]);
                }
            }
        }

        // Those that were kept.
        if (member.Held.Find(record => !record.IsSettled) is { } kept && random.Next(3) == 0)
        {
            Settle(connection, member, RecordVerdict.Ack, [kept]);
        }
    }

    private RecordVerdict? Choose() => (isGood ? 0 : random.Next(100)) switch
    {
        < 78 => RecordVerdict.Ack,
        < 86 => RecordVerdict.Nack,
        < 91 => RecordVerdict.GiveBack,
        < 94 => RecordVerdict.DeadLetter,
        _ => null,
    };

    private void Settle(WireConnection connection, TrackedMember member, RecordVerdict verdict, List<TrackedRecord> records)
    {
        ulong seen = ledger.EpochSeen(member.Plan);
        List<(TrackedRecord Record, bool IsFirst)> sent = [];
        foreach (TrackedRecord record in records)
        {
            sent.Add((record, !record.IsSettled));
            if (!record.IsSettled)
            {
                record.IsSettled = true;
                ledger.Settling(member.Plan, record, verdict);
            }
        }

        ulong epoch = records[0].Epoch;
        uint correlation = verdict == RecordVerdict.Ack
            ? WriteAck(connection, member, epoch, records)
            : WriteNack(connection, member, epoch, verdict, records);
        _settling.Add(correlation, new Settlement(member.Plan, epoch, seen) { Verdict = verdict, Records = sent });
    }

    private uint WriteNack(
        WireConnection connection, TrackedMember member, ulong epoch, RecordVerdict verdict, List<TrackedRecord> records)
    {
        RecordNackAction action = verdict switch
        {
            RecordVerdict.GiveBack => RecordNackAction.GiveBack,
            RecordVerdict.DeadLetter => RecordNackAction.DeadLetter,
            _ => random.Next(2) == 0 ? RecordNackAction.Now : RecordNackAction.Backoff,
        };
        return connection.Write(Opcode.GroupNack, Durability.ServerDefault, body =>
        {
            new GroupNackRequest
            {
                Action = action,
                Member = member.Number,
                Epoch = epoch,
                Stream = member.Plan.StreamBytes,
                Group = member.Plan.NameBytes,
                Reason = "so"u8,
            }.WriteStart(body, (uint)records.Count);
            WriteLeases(body, records);
        });
    }

    private static uint WriteAck(WireConnection connection, TrackedMember member, ulong epoch, List<TrackedRecord> records) =>
        connection.Write(Opcode.GroupAck, Durability.ServerDefault, body =>
        {
            new GroupAckRequest
            {
                Member = member.Number,
                Epoch = epoch,
                Stream = member.Plan.StreamBytes,
                Group = member.Plan.NameBytes,
            }.WriteStart(body, (uint)records.Count);
            WriteLeases(body, records);
        });

    private static void WriteLeases(FrameBuffer body, List<TrackedRecord> records)
    {
        foreach (TrackedRecord record in records)
        {
            LeaseList.WriteItem(body, record.Offset, record.Lease);
        }
    }

    private static uint WriteCommit(WireConnection connection, TrackedMember member, ulong epoch, ulong offset) =>
        connection.Write(Opcode.GroupCommit, Durability.ServerDefault, body => new GroupCommitRequest
        {
            Member = member.Number,
            Epoch = epoch,
            Offset = offset,
            Stream = member.Plan.StreamBytes,
            Group = member.Plan.NameBytes,
        }.Write(body));

    private bool TakeAnswer(Frame frame, Settlement settlement)
    {
        if (frame.Error == ErrorCode.MemberFenced)
        {
            // It is another one's by now, or the group was sought: nothing was changed.
            ledger.Refused();
            return true;
        }

        if (frame.Kind == FrameKind.Reply && settlement.Records is null && GroupCommitReply.TryRead(frame.Body, out GroupCommitReply commit))
        {
            ledger.Committed(settlement.Plan, settlement.Epoch, settlement.Offset, commit.Position, settlement.Seen);
            return true;
        }

        if (frame.Kind == FrameKind.Reply
            && settlement.Records is { } records
            && PerItemReply.TryRead(frame.Body, out PerItemReply reply)
            && reply.Count == records.Count)
        {
            foreach ((TrackedRecord record, bool isFirst) in records)
            {
                reply.TryTake(out ErrorCode code);
                ledger.Settled(settlement.Plan, record, settlement.Verdict, isFirst, code, settlement.Seen);
            }

            return true;
        }

        return IsStorageFailure(frame, settlement.Plan, settlement.Records is null ? "a commit" : "a settlement");
    }
}
