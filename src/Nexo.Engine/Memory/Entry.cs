using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Nexo.Engine.Memory;

/// <summary>What an entry is; the low byte of its first word. Bits 4 and 5 count its recent uses.</summary>
[Flags]
internal enum EntryFlags : byte
{
    None = 0,
    Hash = 1,
    Expires = 2,

    /// <summary>
    /// The value is the reference of a <see cref="FieldTable"/>; the fields are entries of their own.
    /// </summary>
    Table = 4,
    List = 8,
    Set = 64,
    SortedSet = 128,

    /// <summary>What the entry is; a value has none of them.</summary>
    Types = Hash | List | Set | SortedSet,
}

/// <summary>
/// An entry in its slot, little-endian as the machine is:
/// <c>[u64: version 56 bits, flags 8][u32 valueLength][u32 keyLength]{i64 deadlineMs, u32 next, u32
/// prev}[key][value]</c>: 8 + 4 + 4 = 16 bytes and, with an expiry, 8 + 4 + 4 = 16 more. Version 0 does not exist.
/// </summary>
internal static unsafe class Entry
{
    public const int HeaderBytes = 16;
    public const int ExpiryBytes = 16;
    public const ulong VersionMax = (1UL << 56) - 1;

    private const int FrequencyShift = 4;
    private const byte FrequencyMask = 3 << FrequencyShift;
    private const byte FrequencyOne = 1 << FrequencyShift;

    public static int Bytes(int keyBytes, int valueBytes, bool expires) =>
        HeaderBytes + (expires ? ExpiryBytes : 0) + keyBytes + valueBytes;

    public static ulong Version(byte* entry)
    {
        Debug.Assert(*(uint*)(entry + 4) != 0xDDDDDDDD, "a freed slot is never read as an entry");
        return *(ulong*)entry >> 8;
    }

    public static void SetVersion(byte* entry, ulong version) => *(ulong*)entry = (version << 8) | *entry;

    public static EntryFlags Flags(byte* entry) => (EntryFlags)(*entry & ~FrequencyMask);

    public static EntryFlags Type(byte* entry) => (EntryFlags)(*entry & (byte)EntryFlags.Types);

    public static bool Is(byte* entry, EntryFlags flag) => (*entry & (byte)flag) != 0;

    public static uint ValueLength(byte* entry) => *(uint*)(entry + 8);

    public static void SetValueLength(byte* entry, int length) => *(uint*)(entry + 8) = (uint)length;

    public static uint KeyLength(byte* entry) => *(uint*)(entry + 12);

    public static byte* KeyStart(byte* entry) =>
        entry + HeaderBytes + ((*entry & (byte)EntryFlags.Expires) * (ExpiryBytes / (int)EntryFlags.Expires));

    public static byte* ValueStart(byte* entry) => KeyStart(entry) + KeyLength(entry);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ReadOnlySpan<byte> Key(byte* entry) => new(KeyStart(entry), (int)KeyLength(entry));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ReadOnlySpan<byte> Value(byte* entry) => new(ValueStart(entry), (int)ValueLength(entry));

    public static int Bytes(byte* entry) =>
        Bytes((int)KeyLength(entry), (int)ValueLength(entry), Is(entry, EntryFlags.Expires));

    /// <summary>The moment it ends, in Unix milliseconds; only of an entry that expires.</summary>
    public static ref long Deadline(byte* entry) => ref *(long*)(entry + HeaderBytes);

    public static ref uint WheelNext(byte* entry) => ref *(uint*)(entry + HeaderBytes + 8);

    public static ref uint WheelPrev(byte* entry) => ref *(uint*)(entry + HeaderBytes + 12);

    public static bool IsDue(byte* entry, long now) => Is(entry, EntryFlags.Expires) && Deadline(entry) <= now;

    /// <summary>Counts a use, up to three; writes nothing once it is there.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Use(byte* entry)
    {
        if ((*entry & FrequencyMask) != FrequencyMask)
        {
            *entry += FrequencyOne;
        }
    }

    /// <summary>Takes one use off; false: there was none left.</summary>
    public static bool TryForget(byte* entry)
    {
        if ((*entry & FrequencyMask) == 0)
        {
            return false;
        }

        *entry -= FrequencyOne;
        return true;
    }

    /// <summary>Writes header and key; the value's bytes follow at <see cref="ValueStart"/>.</summary>
    public static void Write(byte* entry, EntryFlags flags, ulong version, ReadOnlySpan<byte> key, int valueLength)
    {
        *(ulong*)entry = (version << 8) | (byte)flags;
        *(uint*)(entry + 8) = (uint)valueLength;
        *(uint*)(entry + 12) = (uint)key.Length;
        if ((flags & EntryFlags.Expires) != 0)
        {
            Deadline(entry) = 0;
            *(ulong*)(entry + HeaderBytes + 8) = 0;
        }

        key.CopyTo(new Span<byte>(KeyStart(entry), key.Length));
    }

    /// <summary>New contents for an entry that stays where it is; its uses and its deadline stay.</summary>
    public static void Renew(byte* entry, EntryFlags flags, ulong version, int valueLength)
    {
        *(ulong*)entry = (version << 8) | (byte)flags | (uint)(*entry & FrequencyMask);
        SetValueLength(entry, valueLength);
    }

    public static void CopyFrequency(byte* from, byte* to) => *to |= (byte)(*from & FrequencyMask);
}
