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
    public void NoteEnded(in SlowSubject subject, long from)
    {
        long ticks = Stopwatch.GetTimestamp() - from;
        if (Slow.IsSlow(ticks))
        {
            Slow.Add(this, subject, ticks, SlowCause.Ran);
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
