namespace Nexo.Bench.Compare.Queues;

/// <summary>
/// Measures queues in turn, A B A B, each time on a server of its own that has just been started: what the machine does
/// meanwhile hits all of them alike.
/// </summary>
internal sealed class QueueComparison(QueueWork work, int rounds, IReadOnlyList<QueueContender> contenders)
{
    private const double MegabyteBytes = 1_000_000;

    /// <summary>
    /// Runs all rounds; each measurement is handed over as soon as it is there. A peer that fails is left out of that round,
    /// with a word; a Nexo that fails ends the comparison.
    /// </summary>
    public async Task<IReadOnlyList<QueueMeasurement>> RunAsync(Action<QueueMeasurement> measured, CancellationToken cancel)
    {
        var all = new List<QueueMeasurement>();
        for (int round = 1; round <= rounds; round++)
        {
            foreach (QueueContender contender in contenders)
            {
                try
                {
                    QueueMeasurement measurement = await MeasureAsync(contender, round, cancel);
                    all.Add(measurement);
                    measured(measurement);
                }
                catch (CompareFailure failure) when (contender is PeerQueueContender)
                {
                    await Console.Error.WriteLineAsync($"{contender.Name}, round {round}: {failure.Message}");
                }
            }
        }

        return all;
    }

    private async Task<QueueMeasurement> MeasureAsync(QueueContender contender, int round, CancellationToken cancel)
    {
        await using ServerProcess server = await ServerProcess.StartAsync(contender, cancel);
        double serverBefore = server.CpuSeconds;
        double clientBefore = ProcessFacts.ClientCpuSeconds();
        QueueFigures figures = await contender.MeasureAsync(server, work, cancel);
        double millions = figures.Messages / 1e6;
        return new QueueMeasurement
        {
            Contender = contender.Name,
            Confirmed = contender.Confirmed,
            Round = round,
            Figures = figures,
            ServerCpuPerMillion = (server.CpuSeconds - serverBefore) / millions,
            ClientCpuPerMillion = (ProcessFacts.ClientCpuSeconds() - clientBefore) / millions,
            ResidentMegabytes = server.ResidentBytes / MegabyteBytes,
            ResidentMegabytesMax = server.ResidentBytesMax / MegabyteBytes,
        };
    }
}
