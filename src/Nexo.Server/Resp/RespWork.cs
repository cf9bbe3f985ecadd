using Nexo.Engine.Store;

namespace Nexo.Server.Resp;

/// <summary>
/// Commands that go over so much that a thread does them that reads nobody: other clients of the same loop are not held up
/// meanwhile, but by what is in the same shard of the store.
/// </summary>
internal static class RespWork
{
    /// <summary>Elements, fields or members; below it a command takes a few milliseconds at most.</summary>
    public const long ItemsAside = 20_000;

    private const RespFlags Any = RespFlags.OverAll | RespFlags.OverCount | RespFlags.OverRanks;

    /// <summary>Whether a command is one; most are not, which costs nothing.</summary>
    public static bool IsLong(StoreService store, RespCommand command, in RespArguments arguments) =>
        command.Has(Any) && MayBeLong(command, arguments) && ItemsOf(store, command, arguments) >= ItemsAside;

    // What the arguments alone tell.
    private static bool MayBeLong(RespCommand command, in RespArguments arguments)
    {
        if (command.Has(RespFlags.OverAll))
        {
            return true;
        }

        if (command.Has(RespFlags.OverCount))
        {
            return arguments.Count > 2 && RespNumbers.TryInteger(arguments[2], out long count) && Math.Abs((double)count) >= ItemsAside;
        }

        return TryRanks(arguments, out long first, out long last)
            && ((first < 0) != (last < 0) || last - first >= ItemsAside);
    }

    private static long ItemsOf(StoreService store, RespCommand command, in RespArguments arguments)
    {
        long items = store.CountItems(arguments[command.FirstKey]);
        if (!command.Has(RespFlags.OverRanks) || !TryRanks(arguments, out long first, out long last))
        {
            return items;
        }

        long from = first < 0 ? Math.Max(0, first + items) : first;
        return Math.Min(items - 1, last < 0 ? last + items : last) - from + 1;
    }

    private static bool TryRanks(in RespArguments arguments, out long first, out long last)
    {
        last = 0;
        return RespNumbers.TryInteger(arguments[2], out first) && RespNumbers.TryInteger(arguments[3], out last);
    }
}
