using Nexo.Protocol;
using Nexo.Server.Transport;
using Nexo.Storage;

namespace Nexo.Server.Native;

// What a connection has to do with the log: which replies wait for it, and when it is not read because of it.
internal sealed partial class NativeConnection
{
    // Of the request that is being handled; of the batch so far.
    private bool _requestWaits;
    private bool _batchWaits;
    private List<uint>? _batchReads;

    // Since the log was last looked at: those who only read are never held for it.
    private bool _hasWritten;

    // When the sweep has first seen that the peer sends no more; 0: it may.
    private long _hungUpAtMs;

    private bool WaitsForDisk => _isHeld || _held is { IsEmpty: false };

    // It is not read while it is held up, so its end is not met with there. Only for the sweep.
    private long HasHungUpForMs(long nowMs)
    {
        bool hasHungUp = _transport is LoopConnection { HasHungUp: true } || _transport.ConnectionClosed.IsCancellationRequested;
        if (!hasHungUp)
        {
            return 0;
        }

        _hungUpAtMs = _hungUpAtMs == 0 ? nowMs : _hungUpAtMs;
        return nowMs - _hungUpAtMs;
    }

    private void NoteForLog(Opcode opcode)
    {
        // Most of what is published is not logged: see `AwaitDisk`.
        _hasWritten |= (opcode.IsWrite() && !opcode.IsPublish()) || opcode == Opcode.QueuePull;

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

    // Everything that the batch has done or seen has been appended by now, so the end of the log is far enough. What
    // others have appended meanwhile is on its way in the same commit, or nearly always so.
    private void SendWhenDurable(HeldReplies held)
    {
        Lsn until = _batchWaits ? Server.Persistence.Log!.AppendedLsn : Lsn.None;
        uint[]? reads = _batchReads is { Count: > 0 } ? [.. _batchReads] : null;
        held.Send(_batch, until, reads, _open.TakeAdded());
        _batchReads?.Clear();
        _batchWaits = false;
    }

    // Past either bound more is not read: replies that wait for the disk, or records that wait to be written.
    private bool MustWaitForDisk(HeldReplies held)
    {
        bool hasWritten = _hasWritten;
        _hasWritten = false;
        return (hasWritten && Server.Persistence.IsCrowded)
            || (!held.IsEmpty && held.Bytes > Server.Options.ReplyBytesMax);
    }

    private async Task WaitForDiskAsync(HeldReplies held)
    {
        await SendAllAsync();
        _isHeld = true;
        if (Server.Persistence.IsCrowded)
        {
            await held.WhenEitherAsync(Server.Persistence.WhenLessCrowdedAsync());
        }

        if (held.Bytes > Server.Options.ReplyBytesMax)
        {
            await held.WhenEmptyAsync();
        }

        // Off the thread that woke everybody who waited for the log: what follows may take long.
        await Task.Yield();
        _isHeld = false;
    }
}
