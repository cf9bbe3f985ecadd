namespace Nexo.Engine.Streams;

/// <content>Groups of streams.</content>
public sealed partial class StreamService
{
    /// <summary>Makes a group that begins at a place, or finds that it is there; the place means nothing then.</summary>
    public StreamStatus CreateGroup(
        ReadOnlySpan<byte> stream,
        ReadOnlySpan<byte> group,
        StreamGroupMode mode,
        in StreamPlace from,
        StreamGroupOptionSet options,
        out StreamGroupDeclared declared)
    {
        ArgumentNullException.ThrowIfNull(options);
        declared = default;
        StreamStatus status = Find(stream, out StreamLog? found);
        if (status != StreamStatus.Ok)
        {
            return status;
        }

        if (!EngineNames.IsName(group, Limits.NameBytesMax))
        {
            return StreamStatus.NameInvalid;
        }

        if (mode is not (StreamGroupMode.Ordered or StreamGroupMode.SharedByKey))
        {
            return StreamStatus.InvalidArgument;
        }

        StreamGroupOption wrong = StreamGroupOptionTable.OutOfRange(options, IsDeadLetterStream, stream, out string message);
        if (wrong != StreamGroupOption.None)
        {
            declared = new StreamGroupDeclared(false, mode, 0, null, wrong, message, default, Waits: false);
            return StreamStatus.OptionOutOfRange;
        }

        return found!.GroupsOrNew().Create(group, mode, from, options, out declared);
    }

    public StreamStatus DescribeGroup(ReadOnlySpan<byte> stream, ReadOnlySpan<byte> group, out StreamGroupInfo? info)
    {
        info = null;
        StreamStatus status = Find(stream, group, out StreamGroup? found);
        return status == StreamStatus.Ok ? found!.Describe(out info) : status;
    }

    /// <summary>Groups of a stream whose names come behind <paramref name="after"/>, in the order of their names' bytes.</summary>
    public StreamStatus ListGroups(
        ReadOnlySpan<byte> stream, ReadOnlySpan<byte> after, int limit, out IReadOnlyList<StreamGroupSummary> groups)
    {
        groups = [];
        StreamStatus status = Find(stream, out StreamLog? found);
        if (status == StreamStatus.Ok)
        {
            groups = found!.Groups?.List(after, limit) ?? groups;
        }

        return status;
    }

    /// <summary>Ends a group and its memberships; <see cref="StreamStatus.GroupNotFound"/>: there was none.</summary>
    public StreamStatus DeleteGroup(ReadOnlySpan<byte> stream, ReadOnlySpan<byte> group, out bool waits)
    {
        waits = false;
        StreamStatus status = Find(stream, out StreamLog? found);
        return status == StreamStatus.Ok ? found!.GroupsOrNew().Delete(group, out waits) : status;
    }

    /// <summary>
    /// Sets the position of a group to a place: all records before it are done, none behind it is. Its members stay, what they had is
    /// theirs no more.
    /// </summary>
    /// <param name="dryRun">True: only says what would be.</param>
    public StreamStatus SeekGroup(
        ReadOnlySpan<byte> stream, ReadOnlySpan<byte> group, in StreamPlace to, bool dryRun, out StreamGroupSought sought)
    {
        sought = default;
        StreamStatus status = Find(stream, group, out StreamGroup? found);
        return status == StreamStatus.Ok ? found!.Seek(to, dryRun, out sought) : status;
    }

    /// <summary>
    /// Begins a membership. Nothing is delivered before its first credit, or pull. <see cref="StreamGroupMember.Joined"/> is its state
    /// then; changes may be told to the sink before this returns.
    /// </summary>
    /// <param name="waits">True when the answer must wait until the log is durable.</param>
    public StreamStatus JoinGroup(
        ReadOnlySpan<byte> stream,
        ReadOnlySpan<byte> group,
        IStreamGroupSink sink,
        StreamMemberOptions options,
        out StreamGroupMember? member,
        out bool waits)
    {
        ArgumentNullException.ThrowIfNull(sink);
        ArgumentNullException.ThrowIfNull(options);
        member = null;
        waits = false;
        if (!StreamGroupOptionTable.AreMemberOptions(options, Limits.Groups))
        {
            return StreamStatus.InvalidArgument;
        }

        StreamStatus status = Find(stream, group, out StreamGroup? found);
        return status == StreamStatus.Ok ? found!.Join(sink, options, out member, out waits) : status;
    }

    /// <summary>A sign of life.</summary>
    /// <param name="state">Also with <see cref="StreamStatus.MemberFenced"/>: how the group stands.</param>
    public StreamStatus HeartbeatGroup(
        ReadOnlySpan<byte> stream, ReadOnlySpan<byte> group, ulong member, out StreamGroupState state)
    {
        state = default;
        StreamStatus status = Find(stream, group, out StreamGroup? found);
        return status == StreamStatus.Ok ? found!.Heartbeat(member, out state) : status;
    }

    /// <summary>Ends a membership; its sink is told <see cref="StreamStatus.Ok"/>.</summary>
    /// <param name="epoch">The group's, also with <see cref="StreamStatus.MemberFenced"/>: it is no member.</param>
    public StreamStatus LeaveGroup(ReadOnlySpan<byte> stream, ReadOnlySpan<byte> group, ulong member, out ulong epoch)
    {
        epoch = 0;
        StreamStatus status = Find(stream, group, out StreamGroup? found);
        return status == StreamStatus.Ok ? found!.Leave(member, out epoch) : status;
    }

    /// <summary>
    /// Takes records that are there for a member, at most once as one delivery to <paramref name="target"/>, perhaps before this returns.
    /// </summary>
    /// <param name="epoch">That the member knows.</param>
    /// <param name="recordsMax">At least 1.</param>
    /// <param name="bytesMax">0: as the member has it.</param>
    /// <param name="target">
    /// Where they go; it is told an end when the member is none any more while the pull waits, and no states.
    /// </param>
    /// <param name="mayWait">False: what is not there now does not come.</param>
    /// <param name="pull">Not null: nothing was there yet, and it waits until it is ended.</param>
    /// <param name="settled">The group's epoch, also with <see cref="StreamStatus.MemberFenced"/>.</param>
    public StreamStatus PullGroup(
        ReadOnlySpan<byte> stream,
        ReadOnlySpan<byte> group,
        ulong member,
        ulong epoch,
        int recordsMax,
        int bytesMax,
        IStreamGroupSink target,
        bool mayWait,
        out StreamGroupPull? pull,
        out StreamGroupSettled settled)
    {
        ArgumentNullException.ThrowIfNull(target);
        pull = null;
        settled = default;
        if (recordsMax < 1 || bytesMax < 0)
        {
            return StreamStatus.InvalidArgument;
        }

        StreamStatus status = Find(stream, group, out StreamGroup? found);
        return status == StreamStatus.Ok
            ? found!.Pull(member, epoch, recordsMax, bytesMax, target, mayWait, out pull, out settled)
            : status;
    }

    /// <summary>In an ordered group: all records before an offset are done. Before the position it changes nothing.</summary>
    public StreamStatus CommitGroup(
        ReadOnlySpan<byte> stream,
        ReadOnlySpan<byte> group,
        ulong member,
        ulong epoch,
        ulong offset,
        out StreamGroupSettled settled)
    {
        settled = default;
        StreamStatus status = Find(stream, group, out StreamGroup? found);
        return status == StreamStatus.Ok ? found!.Commit(member, epoch, offset, out settled) : status;
    }

    /// <summary>In a group that is shared by key: records are done. Nothing was settled if the answer is not Ok.</summary>
    public StreamStatus AckGroup<TSource, TSink>(
        ReadOnlySpan<byte> stream,
        ReadOnlySpan<byte> group,
        ulong member,
        ulong epoch,
        TSource leases,
        ref TSink outcomes,
        out StreamGroupSettled settled)
        where TSource : struct, IStreamLeaseSource, allows ref struct
        where TSink : IStreamSettleSink, allows ref struct
    {
        settled = default;
        StreamStatus status = Find(stream, group, out StreamGroup? found);
        return status != StreamStatus.Ok ? status
            : found is SharedGroup shared ? shared.Ack(member, epoch, leases, ref outcomes, out settled)
            : StreamStatus.InvalidArgument;
    }

    /// <summary>In a group that is shared by key: gives records back. Nothing was settled if the answer is not Ok.</summary>
    /// <param name="delayMs">Of <see cref="StreamNack.Delay"/>.</param>
    /// <param name="reason">For people; UTF-8, may be empty.</param>
    public StreamStatus NackGroup<TSource, TSink>(
        ReadOnlySpan<byte> stream,
        ReadOnlySpan<byte> group,
        ulong member,
        ulong epoch,
        StreamNack action,
        long delayMs,
        ReadOnlySpan<byte> reason,
        TSource leases,
        ref TSink outcomes,
        out StreamGroupSettled settled)
        where TSource : struct, IStreamLeaseSource, allows ref struct
        where TSink : IStreamSettleSink, allows ref struct
    {
        settled = default;
        if (action > StreamNack.DeadLetter
            || reason.Length > Limits.Groups.ReasonBytesMax
            || (action == StreamNack.Delay && !StreamGroupOptionTable.IsDelay(delayMs)))
        {
            return StreamStatus.InvalidArgument;
        }

        StreamStatus status = Find(stream, group, out StreamGroup? found);
        return status != StreamStatus.Ok ? status
            : found is SharedGroup shared
                ? shared.Nack(member, epoch, action, delayMs, reason, leases, ref outcomes, out settled)
            : StreamStatus.InvalidArgument;
    }

    private StreamStatus Find(ReadOnlySpan<byte> stream, ReadOnlySpan<byte> group, out StreamGroup? found)
    {
        found = null;
        StreamStatus status = Find(stream, out StreamLog? log);
        if (status != StreamStatus.Ok || log!.Groups?.TryFind(group, out found) == true)
        {
            return status;
        }

        return EngineNames.IsName(group, Limits.NameBytesMax) ? StreamStatus.GroupNotFound : StreamStatus.NameInvalid;
    }

    // Whether a name is that of a stream, and not of the one that has the group.
    private bool IsDeadLetterStream(string name, ReadOnlySpan<byte> stream)
    {
        Span<byte> bytes = stackalloc byte[NameBytesLimit];
        return System.Text.Encoding.UTF8.TryGetBytes(name, bytes, out int length)
            && !stream.SequenceEqual(bytes[..length])
            && _names.TryFind(bytes[..length], out _);
    }
}
