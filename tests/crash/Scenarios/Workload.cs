using Nexo.Crash.Ledger;
using Nexo.Crash.Load;
using Nexo.Crash.Wire;

namespace Nexo.Crash.Scenarios;

/// <summary>The connections of a scenario and what they write.</summary>
internal sealed class Workload
{
    private const int BallastPipeline = 200;
    private const int BallastValueBytes = 120;

    private readonly LedgerBook _book;
    private readonly List<LaneLoad> _loads = [];

    public Workload(LedgerBook book, Random random, LoadOptions options)
    {
        _book = book;
        for (int i = 0; i < options.Lanes; i++)
        {
            Lane lane = book.AddLane();
            var own = new Random(random.Next());
            _loads.Add(new LaneLoad(lane, new OperationMix(lane, own, options), own, options));
        }
    }

    /// <summary>Runs all connections until they are told to stop, or the server is gone.</summary>
    public Task RunAsync(int port, CancellationToken stop, CancellationToken cancel) =>
        Task.WhenAll(_loads.Select(load => Task.Run(() => load.RunAsync(port, stop, cancel), cancel)));

    /// <summary>Wrong answers so far; each is given once.</summary>
    public IReadOnlyList<Finding> TakeFindings() => [.. _loads.SelectMany(load => load.TakeFindings())];

    /// <summary>Writes keys that are never touched again.</summary>
    public async Task<IReadOnlyList<Finding>> WriteBallastAsync(int port, int keys, CancellationToken cancel)
    {
        Lane lane = _book.AddLane();
        List<Finding> findings = [];
        using WireConnection connection = await WireConnection.OpenAsync(port, cancel);
        foreach (int[] some in Enumerable.Range(0, keys).Chunk(BallastPipeline))
        {
            foreach (int i in some)
            {
                var set = new SetOperation($"{lane.Prefix}ballast{i}", Payload.Chunk((ulong)i + 1, BallastValueBytes));
                lane.Send(set);
                set.Correlation = connection.Write(set.Opcode, set.Durability, set.WriteBody);
            }

            await connection.FlushAsync(cancel);
            while (lane.InFlight > 0)
            {
                if (lane.Answer(await connection.ReadAsync(cancel)) is { } finding)
                {
                    findings.Add(finding);
                }
            }
        }

        return findings;
    }
}
