namespace Nexo.Bench.Compare;

/// <summary>What <c>compare store</c> is to do.</summary>
internal sealed record StoreComparisonOptions
{
    public required int Rounds { get; init; }

    public required double Seconds { get; init; }

    public required IReadOnlyList<Work> Works { get; init; }
}

/// <summary>
/// Measures contenders in turn, A B A B, each time on a server of its own that has just been started and loaded: what
/// the machine does meanwhile hits all of them alike.
/// </summary>
internal sealed class StoreComparison(StoreComparisonOptions options, IReadOnlyList<StoreContender> contenders)
{
    private const double MegabyteBytes = 1_000_000;
    private const double WarmUpSeconds = 0.3;

    /// <summary>Runs all rounds; each measurement is handed over as soon as it is there.</summary>
    public async Task<IReadOnlyList<StoreMeasurement>> RunAsync(Action<StoreMeasurement> measured, CancellationToken cancel)
    {
        var all = new List<StoreMeasurement>();
        for (int round = 1; round <= options.Rounds; round++)
        {
            foreach (Work work in options.Works)
            {
                foreach (StoreContender contender in contenders)
                {
                    StoreMeasurement measurement = await MeasureAsync(contender, work, round, cancel);
                    all.Add(measurement);
                    measured(measurement);
                }
            }
        }

        return all;
    }

    private async Task<StoreMeasurement> MeasureAsync(StoreContender contender, Work work, int round, CancellationToken cancel)
    {
        await using ServerProcess server = await ServerProcess.StartAsync(contender, cancel);
        await contender.LoadAsync(server.Port, work.Keys, work.ValueBytes, cancel);
        await contender.PutLoadAsync(server.Port, work, WarmUpSeconds, cancel);
        double serverBefore = server.CpuSeconds;
        double clientBefore = ProcessFacts.EndedChildrenCpuSeconds();
        LoadFigures load = await contender.PutLoadAsync(server.Port, work, options.Seconds, cancel);
        double millions = load.Operations / 1e6;
        return new StoreMeasurement
        {
            Contender = contender.Name,
            Operation = work.Operation,
            Depth = work.Depth,
            Round = round,
            OperationsPerSecond = load.OperationsPerSecond,
            P50Us = load.P50,
            P99Us = load.P99,
            P999Us = load.P999,
            ServerCpuPerMillion = (server.CpuSeconds - serverBefore) / millions,
            ClientCpuPerMillion = (ProcessFacts.EndedChildrenCpuSeconds() - clientBefore) / millions,
            ResidentMegabytes = server.ResidentBytes / MegabyteBytes,
        };
    }
}
