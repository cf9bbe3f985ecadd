using Nexo.Protocol;

namespace Nexo.Client;

/// <summary>Acks records that came to one opening of a membership: those of one epoch together.</summary>
internal sealed class GroupAckSource(GroupMembership membership) : IAckSource<StreamDelivery>
{
    public bool AreTogether(StreamDelivery first, StreamDelivery next) => first.Epoch == next.Epoch;

    public ValueTask<bool> SendAsync(ReadOnlySpan<AckWaiter<StreamDelivery>> acks, Memory<ErrorCode> codes)
    {
        FrameBuffer body = RequestBodies.Rent();
        new GroupAckRequest
        {
            Member = acks[0].Delivery.Opening.Joined.Member,
            Epoch = acks[0].Delivery.Epoch,
            Stream = membership.Stream.NameBytes,
            Group = membership.GroupBytes,
        }.WriteStart(body, (uint)acks.Length);
        foreach (AckWaiter<StreamDelivery> ack in acks)
        {
            LeaseList.WriteItem(body, ack.Delivery.Offset, ack.Delivery.LeaseToken);
        }

        return membership.Stream.CallAsync<PerItemReader, bool>(
            Opcode.GroupAck, CallTraits.None, body, new(codes), CancellationToken.None);
    }

    public void End(StreamDelivery delivery, ErrorCode code)
    {
        // The server knows whose it is.
    }

    public NexoException ErrorOf(StreamDelivery delivery, ErrorCode code) => GroupSettling.ErrorOf(delivery, code);
}
