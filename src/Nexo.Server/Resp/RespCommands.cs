using System.Buffers.Binary;
using System.Text;

namespace Nexo.Server.Resp;

/// <summary>
/// The commands that are there. The table drives dispatch, COMMAND, and docs/redis.md, which a test compares with it.
/// </summary>
internal static class RespCommands
{
    // A power of two, so sparse that few names share a slot.
    private const int Slots = 4_096;
    private const ulong Spread = 0x9E37_79B9_7F4A_7C15;
    private const int SlotBits = 12;

    private static readonly RespCommand?[] Table = new RespCommand?[Slots];

    static RespCommands()
    {
        foreach (RespCommand command in All)
        {
            int slot = SlotOf(command.NameBytes);
            while (Table[slot] is not null)
            {
                slot = (slot + 1) & (Slots - 1);
            }

            Table[slot] = command;
        }
    }

    /// <summary>All, by group.</summary>
    public static IReadOnlyList<RespCommand> All { get; } =
    [
        .. RespConnectionCommands.All,
        .. RespServerCommands.All,
        .. RespStringCommands.All,
        .. RespKeyCommands.All,
        .. RespHashCommands.All,
        .. RespListCommands.All,
        .. RespSetCommands.All,
        .. RespSortedSetCommands.All,
        .. RespTransactionCommands.All,
        .. RespPubSubCommands.All,
    ];

    /// <summary>The command of a name, in any case; null: there is none.</summary>
    public static RespCommand? Find(ReadOnlySpan<byte> name)
    {
        int slot = SlotOf(name);
        while (Table[slot] is { } command)
        {
            if (Ascii.EqualsIgnoreCase(name, command.NameBytes))
            {
                return command;
            }

            slot = (slot + 1) & (Slots - 1);
        }

        return null;
    }

    // By the first eight bytes and the length; the bit that makes letters small leaves digits and hyphens apart.
    private static int SlotOf(ReadOnlySpan<byte> name)
    {
        const ulong Small = 0x2020_2020_2020_2020;
        ulong word;
        if (name.Length >= sizeof(ulong))
        {
            word = BinaryPrimitives.ReadUInt64LittleEndian(name) | Small;
        }
        else
        {
            word = 0;
            for (int i = 0; i < name.Length; i++)
            {
                word |= (ulong)(name[i] | 0x20) << (8 * i);
            }
        }

        return (int)(((word + (ulong)name.Length) * Spread) >> (64 - SlotBits));
    }
}
