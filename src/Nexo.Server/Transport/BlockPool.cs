using System.Collections.Concurrent;

namespace Nexo.Server.Transport;

/// <summary>Blocks that sockets are read into: each loop has one, and each reader that waits in the midst of one.</summary>
internal static class BlockPool
{
    public const int BlockBytes = 64 * 1_024;

    // Blocks beyond these go back to the collector when they are returned.
    private const int KeptMax = 64;

    private static readonly ConcurrentQueue<byte[]> Free = new();

    public static byte[] Rent() => Free.TryDequeue(out byte[]? block)
        ? block

        // Pinned for good: the kernel writes it, and pinning per call is not free.
        : GC.AllocateUninitializedArray<byte>(BlockBytes, pinned: true);

    public static void Return(byte[] block)
    {
        if (Free.Count < KeptMax)
        {
            Free.Enqueue(block);
        }
    }
}
