using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Nexo.Engine.Memory;

/// <summary>
/// One cache line: <c>[12 tags][u32 overflow][12 × u32 reference]</c>: 12 + 4 + 48 = 64. Tag 0: free.
/// </summary>
internal unsafe struct Bucket
{
    public const int Bytes = 64;
    public const uint SlotMask = (1 << Slots) - 1;

    private const int Slots = 12;

    private fixed byte _tags[Slots];
    public uint Overflow;
    private fixed uint _references[Slots];

    public uint Used()
    {
        fixed (byte* tags = _tags)
        {
            Vector128<byte> free = Vector128.Equals(Vector128.Load(tags), Vector128<byte>.Zero);
            return ~free.ExtractMostSignificantBits() & SlotMask;
        }
    }

    // Buckets are native memory or locals on the stack: their address stays.
    public uint* Place(int slot) => (uint*)Unsafe.AsPointer(ref _references[slot]);

    public void Clear(int slot) => _tags[slot] = 0;
}
