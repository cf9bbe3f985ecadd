using System.Text;
using Nexo.Crash.Ledger;
using Nexo.Crash.Wire;
using Nexo.Protocol;

namespace Nexo.Crash.Streams;

/// <summary>
/// Reads on one connection: by reads that wait or not, forward and backward, and by tails under credits. What it is given must be
/// in the order of the offsets without a gap.
/// </summary>
/// <param name="diskMayFail">
/// A disk without power cannot be read either, as long as the server still runs. What is there afterwards is looked at in full.
/// </param>
internal sealed class StreamReaderLoad(StreamLedger ledger, IReadOnlyList<StreamPlan> plans, bool diskMayFail, Random random)
{
    private const int PageMax = 300;
    private const int PushesMax = 20;
    private const int WaitMsMax = 20;

    /// <summary>Runs until it is told to stop, or the server is gone.</summary>
    public async Task RunAsync(int port, CancellationToken stop, CancellationToken cancel)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, cancel);
        while (!stop.IsCancellationRequested)
        {
            try
            {
                using WireConnection connection = await WireConnection.OpenAsync(port, either.Token);
                StreamPlan plan = plans[random.Next(plans.Count)];
                if (random.Next(2) == 0)
                {
                    await TailAsync(connection, plan, either.Token);
                }
                else
                {
                    for (int i = 0; i < PushesMax; i++)
                    {
                        await ReadAsync(connection, plan, either.Token);
                    }
                }
            }
            catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
            {
                return;
            }
            catch (WireEndedException)
            {
                return;
            }
        }
    }

    private async Task ReadAsync(WireConnection connection, StreamPlan plan, CancellationToken cancel)
    {
        OffsetRange known = ledger.RangeOf(plan);
        bool backward = random.Next(3) == 0;
        uint waitMs = backward ? 0 : (uint)random.Next(WaitMsMax);
        StreamPosition from = PlaceIn(known, PositionFlags.Clamp | (backward ? PositionFlags.Backward : PositionFlags.None));
        Frame answer = await connection.AskAsync(
            Opcode.StreamRead,
            Durability.ServerDefault,
            body => new StreamReadRequest
            {
                From = from,
                WaitMs = waitMs,
                RecordsMax = (uint)random.Next(1, PageMax),
                Stream = Encoding.UTF8.GetBytes(plan.Name),
            }.Write(body),
            cancel);
        if (HasDiskFailed(answer))
        {
            return;
        }

        if (answer.Kind != FrameKind.Reply || !StreamReadReply.TryRead(answer.Body, out StreamReadReply page))
        {
            ledger.Wrong(FindingKind.Answer, plan.Name, $"a read was answered with {answer.ErrorText}");
            return;
        }

        ledger.Shown(plan, known.Next, page.Range);
        List<StreamCopy> records = TakeAll(ref page.Records);
        RequireOrder(plan, records, (from.Flags & PositionFlags.Backward) != 0 ? -1 : 1);
        ledger.Saw(plan, records);
    }

    private async Task TailAsync(WireConnection connection, StreamPlan plan, CancellationToken cancel)
    {
        uint credits = (uint)random.Next(1, PageMax);
        OffsetRange known = ledger.RangeOf(plan);
        uint correlation = connection.Write(Opcode.StreamTail, Durability.ServerDefault, body => new StreamTailRequest
        {
            Credits = credits,
            From = PlaceIn(known, PositionFlags.Clamp),
            BytesMax = (uint)random.Next(3) * 4_000,
            Stream = Encoding.UTF8.GetBytes(plan.Name),
        }.Write(body));
        await connection.FlushAsync(cancel);
        ulong? next = null;
        for (int i = 0; i < PushesMax; i++)
        {
            Frame frame = await connection.ReadAnyAsync(cancel);
            if (frame.Kind == FrameKind.Reply && OffsetRange.TryRead(frame.Body, out OffsetRange range))
            {
                ledger.Shown(plan, known.Next, range);
                continue;
            }

            if (HasDiskFailed(frame))
            {
                return;
            }

            if (frame.Kind != FrameKind.Push || !StreamTailPush.TryRead(frame.Body, out StreamTailPush push))
            {
                ledger.Wrong(FindingKind.Answer, plan.Name, $"a tail got {frame.Kind} {frame.ErrorText}");
                return;
            }

            int count = (int)push.Records.Count;
            ulong continueAt = push.ContinueAt;
            List<StreamCopy> records = TakeAll(ref push.Records);
            RequireOrder(plan, records, 1);
            bool follows = records.Count > 0
                && (next is null || records[0].Offset == next || (records[0].Offset > next && MayBeginAt(plan, records[0].Offset)));
            if (!follows || continueAt != records[^1].Offset + 1 || count > credits)
            {
                ledger.Wrong(
                    FindingKind.Order, plan.Name, $"a tail that had {credits} credits got {count} records up to {continueAt} after {next}");
            }

            ledger.Saw(plan, records);
            next = continueAt;
            credits -= (uint)Math.Min(count, credits);
            uint more = (uint)random.Next(1, PageMax);
            credits += more;
            connection.WriteNotice(Opcode.Credit, correlation, body => body.WriteUInt32(more));
            await connection.FlushAsync(cancel);
        }
    }

    // A tail that waits goes on where the stream begins by then.
    private bool MayBeginAt(StreamPlan plan, ulong offset) => plan.KeepsBytes > 0 || ledger.MayBeTrimmedTo(plan, offset);

    private bool HasDiskFailed(Frame frame) => diskMayFail
        && ErrorBody.TryRead(frame.Body, out ErrorBody error)
        && frame.Kind is FrameKind.Error or FrameKind.End
        && error.Code == ErrorCode.StorageFailed;

    private StreamPosition PlaceIn(OffsetRange known, PositionFlags flags) => random.Next(4) switch
    {
        0 => new StreamPosition(PositionKind.Beginning, 0, flags & ~PositionFlags.Backward),
        1 => new StreamPosition(PositionKind.Last, (ulong)random.Next(PageMax), flags),
        2 => new StreamPosition(PositionKind.End, 0, flags),
        _ => new StreamPosition(
            PositionKind.Offset, known.First + (ulong)random.NextInt64((long)(known.Next - Math.Min(known.First, known.Next)) + 1), flags),
    };

    private static List<StreamCopy> TakeAll(scoped ref RecordRun run)
    {
        List<StreamCopy> records = [];
        while (run.TryTake(out StreamedRecord record))
        {
            records.Add(StreamCopy.Of(record));
        }

        return records;
    }

    private void RequireOrder(StreamPlan plan, List<StreamCopy> records, long step)
    {
        for (int i = 1; i < records.Count; i++)
        {
            if ((long)(records[i].Offset - records[i - 1].Offset) != step)
            {
                ledger.Wrong(
                    FindingKind.Order, plan.Name, $"a reader got {records[i].Offset} behind {records[i - 1].Offset}");
            }
        }
    }
}
