namespace Nexo.Engine.Streams;

/// <summary>A group whose members all get records, of each key one at a time, and settle each for itself.</summary>
internal sealed class SharedGroup(
    StreamGroups groups, byte[] name, uint number, StreamGroupOptions options, long position)
    : StreamGroup(groups, name, number, options, position)
{
    public override StreamGroupMode Mode => StreamGroupMode.SharedByKey;

    public StreamStatus Ack<TSource, TSink>(
        ulong number, ulong epoch, TSource leases, ref TSink outcomes, out StreamGroupSettled settled)
        where TSource : struct, IStreamLeaseSource, allows ref struct
        where TSink : IStreamSettleSink, allows ref struct =>
        Settle(number, epoch, ref leases, ref outcomes, out settled);

    public StreamStatus Nack<TSource, TSink>(
        ulong number,
        ulong epoch,
        StreamNack action,
        long delayMs,
        ReadOnlySpan<byte> reason,
        TSource leases,
        ref TSink outcomes,
        out StreamGroupSettled settled)
        where TSource : struct, IStreamLeaseSource, allows ref struct
        where TSink : IStreamSettleSink, allows ref struct =>
        Settle(number, epoch, ref leases, ref outcomes, out settled);

    // Nothing is out yet: no lease is one.
    private StreamStatus Settle<TSource, TSink>(
        ulong number, ulong epoch, ref TSource leases, ref TSink outcomes, out StreamGroupSettled settled)
        where TSource : struct, IStreamLeaseSource, allows ref struct
        where TSink : IStreamSettleSink, allows ref struct
    {
        lock (Gate)
        {
            StreamStatus status = FindMember(number, epoch, out _);
            settled = new StreamGroupSettled(Epoch, Position, default, Waits: false);
            while (status == StreamStatus.Ok && leases.TryTake(out _, out _))
            {
                outcomes.Add(StreamStatus.LeaseLost);
            }

            return status;
        }
    }

    protected override StreamMemberState StateOf(StreamGroupMember member) => StreamMemberState.Active;

    protected override bool OnJoined(StreamGroupMember member) => false;

    protected override bool OnLeft(StreamGroupMember member) => false;

    protected override void OnSought()
    {
    }

    protected override void OnEmptied()
    {
    }

    protected override bool Slice(GroupWork work) => false;
}
