using System.Runtime.InteropServices;

namespace Nexo.Engine.Memory;

/// <summary>
/// The fields of a hash that is too large to be packed into its entry: a table of entries whose keys are the fields.
/// Lies in a slot of its own; the hash's entry holds its reference.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct FieldTable
{
    public EntryTable Table;

    /// <summary>The next table that waits to be torn down.</summary>
    public uint NextDead;

    public static uint Create(Arena arena)
    {
        uint reference = arena.Allocate(sizeof(FieldTable));
        *(FieldTable*)arena.At(reference) = default;
        return reference;
    }

    /// <summary>The table of a hash's entry.</summary>
    public static FieldTable* Of(Arena arena, byte* entry) => (FieldTable*)arena.At(ReferenceOf(entry));

    public static uint ReferenceOf(byte* entry) => *(uint*)Entry.ValueStart(entry);

    public bool TryGet(Arena arena, in KeyHash hasher, ReadOnlySpan<byte> field, out ReadOnlySpan<byte> value)
    {
        bool found = Table.Find(arena, hasher.Of(field), field, out byte* entry) != null;
        value = found ? Entry.Value(entry) : default;
        return found;
    }

    /// <summary>Sets a field; true if it is new.</summary>
    public bool Set(Arena arena, in KeyHash hasher, ReadOnlySpan<byte> field, ReadOnlySpan<byte> value)
    {
        ulong hash = hasher.Of(field);
        uint* place = Table.Find(arena, hash, field, out byte* entry);
        int bytes = Entry.Bytes(field.Length, value.Length, expires: false);
        if (place == null || !arena.Suits(*place, bytes))
        {
            uint reference = arena.Allocate(bytes);
            entry = arena.At(reference);
            Entry.Write(entry, EntryFlags.None, version: 1, field, value.Length);
            if (place == null)
            {
                Table.Insert(arena, hasher, hash, reference);
            }
            else
            {
                arena.Free(*place);
                *place = reference;
            }
        }

        Entry.SetValueLength(entry, value.Length);
        value.CopyTo(new Span<byte>(Entry.ValueStart(entry), value.Length));
        return place == null;
    }

    public bool Remove(Arena arena, in KeyHash hasher, ReadOnlySpan<byte> field)
    {
        ulong hash = hasher.Of(field);
        uint* place = Table.Find(arena, hash, field, out _);
        if (place == null)
        {
            return false;
        }

        uint reference = *place;
        Table.Remove(arena, hasher, hash, place);
        arena.Free(reference);
        return true;
    }
}
