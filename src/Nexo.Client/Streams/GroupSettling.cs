using System.Text;
using Nexo.Protocol;

namespace Nexo.Client;

/// <summary>Saying what was done about records of a group, under the member and the epoch that they were delivered to.</summary>
internal static class GroupSettling
{
    public static async ValueTask<ulong> CommitAsync(
        GroupMembership membership, GroupOpening opening, ulong epoch, ulong offset, CancellationToken cancel)
    {
        RequireMember(membership, opening);
        FrameBuffer body = RequestBodies.Rent();
        new GroupCommitRequest
        {
            Member = opening.Joined.Member,
            Epoch = epoch,
            Offset = offset,
            Stream = membership.Stream.NameBytes,
            Group = membership.GroupBytes,
        }.Write(body);
        return await membership.Stream.CallAsync<GroupCommitReader, ulong>(
            Opcode.GroupCommit, CallTraits.Idempotent, body, default, cancel).ConfigureAwait(false);
    }

    /// <summary>Acks that are asked for together travel together.</summary>
    public static ValueTask AckAsync(StreamDelivery delivery, CancellationToken cancel)
    {
        if (cancel.IsCancellationRequested)
        {
            return ValueTask.FromCanceled(cancel);
        }

        return delivery.Opening.IsLost
            ? ValueTask.FromException(LostBy(delivery.Membership, delivery.Opening))
            : delivery.Opening.Acks.AckAsync(delivery, cancel);
    }

    /// <param name="delivery">What is settled.</param>
    /// <param name="action">What becomes of it.</param>
    /// <param name="delay">When it comes again, for that action.</param>
    /// <param name="reason">For people.</param>
    /// <param name="cancel">Ends the wait.</param>
    public static async ValueTask SettleAsync(
        StreamDelivery delivery, RecordNackAction action, TimeSpan delay, string? reason, CancellationToken cancel)
    {
        GroupMembership membership = delivery.Membership;
        RequireMember(membership, delivery.Opening);
        FrameBuffer body = RequestBodies.Rent();
        new GroupNackRequest
        {
            Action = action,
            DelayMs = WireTimes.Milliseconds(delay),
            Member = delivery.Opening.Joined.Member,
            Epoch = delivery.Epoch,
            Stream = membership.Stream.NameBytes,
            Group = membership.GroupBytes,
            Reason = Encoding.UTF8.GetBytes(reason ?? string.Empty),
        }.WriteStart(body, 1);
        LeaseList.WriteItem(body, delivery.Offset, delivery.LeaseToken);
        var codes = new ErrorCode[1];
        await membership.Stream.CallAsync<PerItemReader, bool>(
            Opcode.GroupNack, CallTraits.None, body, new(codes), cancel).ConfigureAwait(false);
        if (codes[0] != ErrorCode.None)
        {
            throw ErrorOf(delivery, codes[0]);
        }
    }

    public static NexoException ErrorOf(StreamDelivery delivery, ErrorCode code) => new(
        code,
        $"Record {delivery.Offset} of stream '{delivery.Stream}' was not settled in group '{delivery.Group}': its lease has ended, or it "
        + $"was settled before ({code}).",
        retryable: false);

    private static void RequireMember(GroupMembership membership, GroupOpening opening)
    {
        if (opening.IsLost)
        {
            throw LostBy(membership, opening);
        }
    }

    private static NexoException LostBy(GroupMembership membership, GroupOpening opening) => new(
        ErrorCode.MemberFenced,
        $"The membership in group '{membership.Group}' under which this was delivered has ended: it is another one's now.",
        retryable: false,
        opening.Error);
}
