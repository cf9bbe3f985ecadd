using System.Buffers;
using System.Buffers.Binary;

namespace Nexo.Engine.Store;

/// <summary>
/// Where a scan goes on: <c>[u64 tag of the store][u16 shard][last key]</c>: after that key in that shard, or at its
/// beginning when there is none. It holds no state of the store, so it stays valid however the keys change.
/// </summary>
internal static class ScanCursor
{
    private const int HeaderBytes = 10;

    public static bool TryRead(
        ReadOnlySpan<byte> cursor,
        ulong tag,
        ReadOnlySpan<byte> prefix,
        int shards,
        out int shard,
        out ReadOnlySpan<byte> last)
    {
        shard = 0;
        last = default;
        if (cursor.Length < HeaderBytes || BinaryPrimitives.ReadUInt64LittleEndian(cursor) != tag)
        {
            return false;
        }

        shard = BinaryPrimitives.ReadUInt16LittleEndian(cursor[8..]);
        last = cursor[HeaderBytes..];
        return shard < shards && (last.IsEmpty || last.StartsWith(prefix));
    }

    public static void Write(IBufferWriter<byte> target, ulong tag, int shard, ReadOnlySpan<byte> last)
    {
        Span<byte> header = target.GetSpan(HeaderBytes);
        BinaryPrimitives.WriteUInt64LittleEndian(header, tag);
        BinaryPrimitives.WriteUInt16LittleEndian(header[8..], (ushort)shard);
        target.Advance(HeaderBytes);
        target.Write(last);
    }
}
