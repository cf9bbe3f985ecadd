using Nexo.Protocol;

namespace Nexo.Cli.Bench.Streams;

/// <summary>Makes the run's streams, asks about them, and deletes them.</summary>
internal sealed class StreamControl(BenchConnector connector, TimeSpan timeout) : BenchControl(connector, timeout)
{
    protected override string Lack => "this server has no streams";

    /// <summary>Creates streams of this durability.</summary>
    public void Create(IReadOnlyList<byte[]> names, Durability durability) => Ask(
        names,
        Opcode.StreamCreate,
        (buffer, name) =>
        {
            StreamCreateRequest.WriteStart(buffer, name);
            StreamOptionFields.Write(buffer, StreamOptionTag.Durability, (ulong)durability);
        },
        _ => { });

    /// <summary>Deletes streams with all that is in them.</summary>
    public void Delete(IReadOnlyList<byte[]> names) => Ask(
        names, Opcode.StreamDelete, (buffer, name) => new StreamDeleteRequest { Name = name }.Write(buffer), _ => { });

    /// <summary>The figures of streams, summed.</summary>
    public IReadOnlyDictionary<StreamStat, long> Stats(IReadOnlyList<byte[]> names)
    {
        var sums = new Dictionary<StreamStat, long>();
        Ask(names, Opcode.StreamStats, (buffer, name) => buffer.Write(name), body =>
        {
            if (StreamStatsReply.TryRead(body, out StreamStatsReply reply))
            {
                while (reply.TryTake(out StreamStat stat, out ulong value))
                {
                    sums[stat] = sums.GetValueOrDefault(stat) + (long)value;
                }
            }
        });
        return sums;
    }
}
