using Nexo.Protocol;
using Nexo.Server.Connections;

namespace Nexo.Server.Native;

// What a connection has to do with the log: which replies wait for it, and when it is not read because of it.
internal sealed partial class NativeConnection
{
    // Of the request that is being handled.
    private bool _requestWaits;
    private List<uint>? _batchReads;

    private void NoteForLog(Opcode opcode)
    {
        // Most of what is published is not logged: see `AwaitDisk`.
        if ((opcode.IsWrite() && !opcode.IsPublish()) || opcode == Opcode.QueuePull)
        {
            NoteWritten();
        }

        // What a queue's answer waits for is known only when it is there: see `AwaitDisk`.
        _requestWaits = opcode.IsStoreWrite() && Server.WritesWait;
    }

    private bool TryReadDurability(in FrameHeader header)
    {
        Durability wanted = header.Flags.Durability();
        if (wanted == Durability.ServerDefault || !header.Opcode.IsStore())
        {
            return true;
        }

        bool isWrite = header.Opcode.IsStoreWrite();
        if (!Server.KeepsStore && wanted > (isWrite ? Durability.Memory : Durability.Interval))
        {
            Fail(
                header.Opcode,
                header.Correlation,
                ErrorCode.UnsupportedDurability,
                "This server keeps the store in memory only; ask for memory, or leave it to the server.");
            return false;
        }

        _requestWaits = wanted == Durability.Fsync && header.Opcode != Opcode.StoreWatch;
        if (_requestWaits && !isWrite)
        {
            (_batchReads ??= []).Add(header.Correlation);
        }

        return true;
    }

    internal override void OnSent(object note) => OpenRequests.Start(note as object[] ?? ((BatchNote)note).Opened);

    /// <summary>
    /// Replies to writes become errors, and with them those to writes of the batch that asked for less, which is no lie: what
    /// became of them is not known either.
    /// </summary>
    internal override int TakeBack(ReadOnlySpan<byte> replies, object? note, FrameBuffer instead)
    {
        int failed = 0;
        uint[]? reads = (note as BatchNote)?.Reads;
        while (FrameHeader.TryRead(replies, int.MaxValue, out FrameHeader header) == FrameStatus.Complete)
        {
            bool waited = header.Opcode.IsWrite() || reads?.Contains(header.Correlation) == true;
            if (waited && header.Kind == FrameKind.Reply)
            {
                ErrorBody.WriteFrame(
                    instead, header.Opcode, FrameKind.Error, header.Correlation, ErrorCode.StorageFailed, HeldReplies.FailedMessage);
                failed++;
            }
            else
            {
                instead.AppendFrames(replies[..header.TotalSize]);
            }

            replies = replies[header.TotalSize..];
        }

        return failed;
    }

    protected override object? TakeNote()
    {
        object[]? opened = _open.TakeAdded();
        if (_batchReads is not { Count: > 0 } reads)
        {
            return opened;
        }

        var note = new BatchNote([.. reads], opened);
        reads.Clear();
        return note;
    }

    /// <summary>What is to be known of a batch, beside what it has opened.</summary>
    /// <param name="Reads">Correlations of the reads that wait for the log, besides all writes.</param>
    /// <param name="Opened">What may begin when the replies have been sent; null: nothing.</param>
    private sealed record BatchNote(uint[] Reads, object[]? Opened);
}
