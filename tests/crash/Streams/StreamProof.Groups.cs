using System.Text;
using Nexo.Crash.Ledger;
using Nexo.Crash.Streams.Groups;
using Nexo.Crash.Wire;
using Nexo.Protocol;

namespace Nexo.Crash.Streams;

/// <content>The groups of the streams.</content>
internal sealed partial class StreamProof
{
    /// <summary>A group is sought in one of so many loads.</summary>
    private const int SeekEvery = 3;

    private static readonly TimeSpan DrainWithin = TimeSpan.FromSeconds(60);

    private readonly GroupLedger _groups;
    private readonly List<GroupMemberLoad> _members = [];
    private readonly Random _random;

    /// <summary>Good members take what is left: each record comes to one of them, or was done before.</summary>
    public override async Task<IReadOnlyList<Finding>> EndAsync(int port, CancellationToken cancel)
    {
        using var stop = new CancellationTokenSource();
        using WireConnection connection = await WireConnection.OpenAsync(port, cancel);

        // A run may end before the last of them was made.
        IReadOnlyList<GroupPlan> there = [.. (await GroupContents.ReadAsync(connection, GroupPlan.All, cancel)).Groups.Keys];
        GroupMemberLoad good = Member(isGood: true, there);
        List<Finding> findings = [];
        Task drain = Task.Run(() => good.RunAsync(port, stop.Token, cancel), cancel);
        long start = TimeProvider.System.GetTimestamp();
        foreach (GroupPlan plan in there)
        {
            GroupStanding? standing = await GroupContents.StandingAsync(connection, plan, cancel);
            while (standing is { Lag: > 0 } && TimeProvider.System.GetElapsedTime(start) < DrainWithin && !drain.IsCompleted)
            {
                await Task.Delay(20, cancel);
                standing = await GroupContents.StandingAsync(connection, plan, cancel);
            }

            if (standing is { Lag: > 0 } left)
            {
                findings.Add(new Finding(FindingKind.Lost, plan.ToString(), $"{left.Lag} records did not come to a good member"));
            }
            else if (standing is { } done)
            {
                findings.AddRange(_groups.Skipped(plan, done.Range));
            }
        }

        await stop.CancelAsync();
        await drain;
        return [.. TakeFindings(), .. findings];
    }

    private GroupMemberLoad Member(bool isGood, IReadOnlyList<GroupPlan> groups) =>
        new(_ledger, _groups, groups, _options.LogMayFail, isGood, new Random(_random.Next()));

    /// <summary>Before each load: what was created once must still be there. False: the server is gone, or its log has failed.</summary>
    private async Task<bool> TryCreateGroupsAsync(int port, CancellationToken cancel)
    {
        try
        {
            using WireConnection connection = await WireConnection.OpenAsync(port, cancel);
            Frame letters = await connection.AskAsync(
                Opcode.StreamCreate,
                Durability.ServerDefault,
                body =>
                {
                    StreamCreateRequest.WriteStart(body, Encoding.UTF8.GetBytes(GroupPlan.Letters));
                    StreamOptionFields.Write(body, StreamOptionTag.Durability, (ulong)(_options.LyingDurability ?? Durability.Fsync));
                },
                cancel);
            if (HasLogFailed(letters))
            {
                return false;
            }

            foreach (GroupPlan plan in GroupPlan.All)
            {
                Frame answer = await connection.AskAsync(Opcode.GroupCreate, Durability.ServerDefault, plan.WriteDefinition, cancel);
                if (HasLogFailed(answer))
                {
                    return false;
                }

                if (answer.Kind != FrameKind.Reply || !GroupCreateReply.TryRead(answer.Body, out GroupCreateReply reply))
                {
                    _groups.Wrong(FindingKind.Answer, plan, $"it cannot be created: {answer.ErrorText}");
                    return false;
                }

                _groups.Created(plan, reply.Created, reply.Position);
            }

            return true;
        }
        catch (WireEndedException)
        {
            return false;
        }
    }

    private bool HasLogFailed(Frame answer)
    {
        if (answer.Error == ErrorCode.StorageFailed)
        {
            _ledger.LogFailed();
        }

        return answer.Error == ErrorCode.StorageFailed;
    }

    private async Task SeekAsync(int port, CancellationToken stop, CancellationToken cancel)
    {
        if (_random.Next(SeekEvery) > 0)
        {
            return;
        }

        GroupPlan plan = GroupPlan.All[_random.Next(GroupPlan.All.Count)];
        int afterMs = _random.Next(150);
        double part = _random.NextDouble();
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, cancel);
        await Task.Delay(afterMs, either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        try
        {
            using WireConnection connection = await WireConnection.OpenAsync(port, cancel);
            OffsetRange known = _ledger.RangeOf(plan.Stream);
            ulong to = known.First + (ulong)(part * (known.Next - Math.Min(known.First, known.Next)));
            if (!stop.IsCancellationRequested && _groups.TrySeek(plan, to))
            {
                await SeekAsync(connection, plan, to, cancel);
            }
        }
        catch (WireEndedException)
        {
            // It is done, or it is not.
        }
    }

    private async Task SeekAsync(WireConnection connection, GroupPlan plan, ulong to, CancellationToken cancel)
    {
        Frame answer = await connection.AskAsync(
            Opcode.GroupSeek,
            Durability.ServerDefault,
            body => new GroupSeekRequest
            {
                To = new StreamPosition(PositionKind.Offset, to, PositionFlags.Clamp),
                Stream = plan.StreamBytes,
                Group = plan.NameBytes,
            }.Write(body),
            cancel);
        if (answer.Kind == FrameKind.Reply && GroupSeekReply.TryRead(answer.Body, out GroupSeekReply reply))
        {
            _groups.Sought(plan, reply);
        }
        else if (!HasLogFailed(answer))
        {
            _groups.Wrong(FindingKind.Answer, plan, $"a seek to {to} was answered with {answer.ErrorText}");
        }
    }
}
