using System.Diagnostics;
using Nexo.Protocol;
using Nexo.Server.Observability;

namespace Nexo.Server.Native;

// Which of its requests are slow.
internal sealed partial class NativeConnection
{
    protected override SlowSubject DescribeBatch(ReadOnlySpan<byte> received) => NativeSubjects.OfReceived(received);

    internal override SlowSubject DescribeReplies(ReadOnlySpan<byte> replies) =>
        FrameHeader.TryRead(replies, int.MaxValue, out FrameHeader header) == FrameStatus.Complete
            ? new SlowSubject(header.Opcode.ToString(), string.Empty)
            : new SlowSubject("requests", string.Empty);

    /// <summary>A request whose work has gone on elsewhere has ended.</summary>
    /// <param name="opcode">What it was.</param>
    /// <param name="kept">What <see cref="NativeSubjects.Keep"/> has kept of it.</param>
    /// <param name="from">When it began.</param>
    public void NoteEnded(Opcode opcode, ReadOnlySpan<byte> kept, long from)
    {
        long ticks = Stopwatch.GetTimestamp() - from;
        if (Slow.IsSlow(ticks))
        {
            Slow.Add(this, NativeSubjects.Of(opcode, kept), ticks, SlowCause.Ran);
        }
    }

    private void RouteTimed(in Request request)
    {
        long from = Stopwatch.GetTimestamp();
        RequestRouter.Route(request);
        long ticks = Stopwatch.GetTimestamp() - from;
        if (Slow.IsSlow(ticks))
        {
            NoteTimed(NativeSubjects.Of(request.Opcode, request.Headers, request.Body), ticks);
        }
    }
}
