using System.Buffers;
using System.Collections.Concurrent;
using Microsoft.AspNetCore.Connections;

namespace Nexo.Server.Hosting;

/// <summary>
/// The blocks that sockets read into and write from. Kestrel's own have 4 KiB, so a pipeline of 64 requests would take
/// two reads, and its replies a gathered write; in 16 KiB it is one of each.
/// </summary>
internal sealed class SocketBlockPool : MemoryPool<byte>
{
    private const int BlockBytes = 16 * 1_024;

    // Blocks beyond these go back to the collector when they are returned: 4 MiB are kept after a peak.
    private const int KeptBlocksMax = 256;

    private readonly ConcurrentQueue<Block> _free = new();
    private int _freeCount;

    public override int MaxBufferSize => BlockBytes;

    public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(minBufferSize, BlockBytes);
        if (_free.TryDequeue(out Block? block))
        {
            Interlocked.Decrement(ref _freeCount);
            return block;
        }

        return new Block(this);
    }

    protected override void Dispose(bool disposing) => _free.Clear();

    private void Return(Block block)
    {
        if (Interlocked.Increment(ref _freeCount) <= KeptBlocksMax)
        {
            _free.Enqueue(block);
        }
        else
        {
            Interlocked.Decrement(ref _freeCount);
        }
    }

    private sealed class Block(SocketBlockPool pool) : IMemoryOwner<byte>
    {
        // Pinned for good: the kernel reads and writes it, and pinning per call is not free.
        private readonly byte[] _bytes = GC.AllocateUninitializedArray<byte>(BlockBytes, pinned: true);

        public Memory<byte> Memory => _bytes;

        public void Dispose() => pool.Return(this);
    }
}

/// <summary>Hands the one pool to every part of the transport that asks for one.</summary>
internal sealed class SocketBlockPoolFactory : IMemoryPoolFactory<byte>
{
    public MemoryPool<byte> Create(MemoryPoolOptions? options = null) => new SocketBlockPool();
}
