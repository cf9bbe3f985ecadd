using System.Globalization;
using Nexo.Crash.Ledger;

namespace Nexo.Crash.Resp;

/// <summary>Large entries that are written once and then lie there, so that snapshots take many slices for each of them.</summary>
internal sealed class RespBallast(int items)
{
    private const int ItemsAtOnce = 2_000;

    private bool _isWritten;

    public int Keys => _isWritten ? 3 : 0;

    public async Task WriteAsync(RespWire wire, CancellationToken cancel)
    {
        foreach (int[] some in Enumerable.Range(0, items).Chunk(ItemsAtOnce))
        {
            await wire.AskAsync(cancel, ["RPUSH", "ballast:list", .. some.Select(Item)]);
            await wire.AskAsync(cancel, ["SADD", "ballast:set", .. some.Select(Item)]);
            await wire.AskAsync(cancel, ["ZADD", "ballast:sorted", .. some.SelectMany(i => new[] { Text(i), Item(i) })]);
        }

        _isWritten = true;
    }

    public async Task<IReadOnlyList<Finding>> AuditAsync(RespWire wire, Random random, CancellationToken cancel)
    {
        if (!_isWritten)
        {
            return [];
        }

        int first = random.Next(items - 100);
        string some = $"{RespReply.Bulks(Enumerable.Range(first, 100).Select(Item))}";
        (string Expected, RespReply Found)[] looks =
        [
            ($":{items}", await wire.AskAsync(cancel, "LLEN", "ballast:list")),
            ($":{items}", await wire.AskAsync(cancel, "SCARD", "ballast:set")),
            ($":{items}", await wire.AskAsync(cancel, "ZCARD", "ballast:sorted")),
            (some, await wire.AskAsync(cancel, "LRANGE", "ballast:list", Text(first), Text(first + 99))),
            (some, await wire.AskAsync(cancel, "ZRANGE", "ballast:sorted", Text(first), Text(first + 99))),
            (":1", await wire.AskAsync(cancel, "SISMEMBER", "ballast:set", Item(first))),
        ];
        return
        [
            .. looks.Where(look => $"{look.Found}" != look.Expected)
                .Select(look => new Finding(FindingKind.Lost, "ballast", $"{look.Found} instead of {look.Expected}")),
        ];
    }

    private static string Item(int i) => $"ballast number {i.ToString("D7", CultureInfo.InvariantCulture)} {new string('b', 40)}";

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
