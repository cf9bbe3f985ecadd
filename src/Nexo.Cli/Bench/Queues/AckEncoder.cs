using System.Buffers.Binary;
using Nexo.Protocol;

namespace Nexo.Cli.Bench.Queues;

/// <summary>
/// Gathers the settlements of what one read has brought: one frame for all messages of a subscription that stand
/// together. The buffer is used again for every read.
/// </summary>
internal sealed class AckEncoder
{
    /// <summary>Settlements in one frame; servers take 65,536.</summary>
    public const int CountMax = 16_384;

    private const int InitialBytes = 64 * 1_024;

    private byte[] _bytes = GC.AllocateUninitializedArray<byte>(InitialBytes, pinned: true);
    private int _at;
    private int _frame = -1;
    private int _countAt;
    private int _count;
    private int _subscription;

    /// <summary>Settlements since the last <see cref="Take"/>.</summary>
    public int Total { get; private set; }

    /// <summary>Adds one.</summary>
    /// <param name="subscription">Which of the consumer's; another one begins a frame.</param>
    /// <param name="queue">Its queue.</param>
    /// <param name="lease">The message's id and its lease, as they lie in the delivery.</param>
    /// <param name="correlation">The next free one; counted up where a frame is begun.</param>
    public void Add(int subscription, ReadOnlySpan<byte> queue, ReadOnlySpan<byte> lease, ref uint correlation)
    {
        if (_frame < 0 || subscription != _subscription || _count == CountMax)
        {
            End();
            Begin(queue, correlation++);
            _subscription = subscription;
        }

        Reserve(LeaseList.ItemSize);
        lease[..LeaseList.ItemSize].CopyTo(_bytes.AsSpan(_at));
        _at += LeaseList.ItemSize;
        _count++;
        Total++;
    }

    /// <summary>The frames since the last time; good until the next <see cref="Add"/>.</summary>
    public ReadOnlySpan<byte> Take()
    {
        End();
        ReadOnlySpan<byte> frames = _bytes.AsSpan(0, _at);
        _at = 0;
        Total = 0;
        return frames;
    }

    private void Begin(ReadOnlySpan<byte> queue, uint correlation)
    {
        Reserve(FrameHeader.Size + sizeof(uint) + queue.Length + sizeof(uint));
        _frame = _at;
        Span<byte> start = _bytes.AsSpan(_at);
        new FrameHeader(0, Opcode.QueueAck, FrameKind.Request, FrameFlags.None, correlation).Write(start);
        BinaryPrimitives.WriteInt32LittleEndian(start[FrameHeader.Size..], queue.Length);
        queue.CopyTo(start[(FrameHeader.Size + sizeof(uint))..]);
        _countAt = _at + FrameHeader.Size + sizeof(uint) + queue.Length;
        _at = _countAt + sizeof(uint);
        _count = 0;
    }

    private void End()
    {
        if (_frame < 0)
        {
            return;
        }

        BinaryPrimitives.WriteInt32LittleEndian(_bytes.AsSpan(_frame), _at - _frame - FrameHeader.LengthFieldSize);
        BinaryPrimitives.WriteInt32LittleEndian(_bytes.AsSpan(_countAt), _count);
        _frame = -1;
    }

    private void Reserve(int count)
    {
        if (_bytes.Length - _at < count)
        {
            byte[] larger = GC.AllocateUninitializedArray<byte>(2 * _bytes.Length, pinned: true);
            _bytes.AsSpan(0, _at).CopyTo(larger);
            _bytes = larger;
        }
    }
}
