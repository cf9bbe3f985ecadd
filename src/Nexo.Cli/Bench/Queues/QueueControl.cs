using Nexo.Protocol;

namespace Nexo.Cli.Bench.Queues;

/// <summary>Makes the run's queues, asks about them, and deletes them.</summary>
internal sealed class QueueControl(BenchConnector connector, TimeSpan timeout) : BenchControl(connector, timeout)
{
    protected override string Lack => "this server has no queues";

    /// <summary>Declares queues of this durability.</summary>
    public void Declare(IReadOnlyList<byte[]> names, Durability durability) => Ask(
        names,
        Opcode.QueueDeclare,
        (buffer, name) =>
        {
            QueueDeclareRequest.WriteStart(buffer, name);
            QueueOptionFields.Write(buffer, QueueOptionTag.Durability, (ulong)durability);
        },
        _ => { });

    /// <summary>Deletes queues with all that is in them.</summary>
    public void Delete(IReadOnlyList<byte[]> names) => Ask(
        names, Opcode.QueueDelete, (buffer, name) => new QueueDeleteRequest { Name = name }.Write(buffer), _ => { });

    /// <summary>The figures of queues, summed.</summary>
    public IReadOnlyDictionary<QueueStat, long> Stats(IReadOnlyList<byte[]> names)
    {
        var sums = new Dictionary<QueueStat, long>();
        Ask(names, Opcode.QueueStats, (buffer, name) => buffer.Write(name), body =>
        {
            if (QueueStatsReply.TryRead(body, out QueueStatsReply reply))
            {
                while (reply.TryTake(out QueueStat stat, out ulong value))
                {
                    sums[stat] = sums.GetValueOrDefault(stat) + (long)value;
                }
            }
        });
        return sums;
    }
}
