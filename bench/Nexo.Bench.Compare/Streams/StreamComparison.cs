namespace Nexo.Bench.Compare.Streams;

/// <summary>
/// Measures streams in turn, A B A B, each time on a server of its own that has just been started: what the machine does
/// meanwhile hits all of them alike. What the machine itself can do is measured at the start of each round.
/// </summary>
internal sealed class StreamComparison(IReadOnlyList<StreamWork> works, int rounds, IReadOnlyList<StreamContender> contenders)
{
    private const double MegabyteBytes = 1_000_000;

    /// <summary>
    /// Runs all rounds; each measurement is handed over as soon as it is there. A peer that fails is left out of that round,
    /// with a word; a Nexo that fails ends the comparison.
    /// </summary>
    public async Task<IReadOnlyList<StreamMeasurement>> RunAsync(Action<StreamMeasurement> measured, CancellationToken cancel)
    {
        var all = new List<StreamMeasurement>();
        for (int round = 1; round <= rounds; round++)
        {
            MachineLimits limits = MachineLimits.Measure();
            foreach (StreamWork work in works)
            {
                foreach (StreamContender contender in contenders)
                {
                    try
                    {
                        StreamMeasurement measurement = await MeasureAsync(contender, work, round, limits, cancel);
                        all.Add(measurement);
                        measured(measurement);
                    }
                    catch (CompareFailure failure) when (contender is PeerStreamContender)
                    {
                        await Console.Error.WriteLineAsync($"{contender.Name}, round {round}: {failure.Message}");
                    }
                }
            }
        }

        return all;
    }

    private static async Task<StreamMeasurement> MeasureAsync(
        StreamContender contender, StreamWork work, int round, MachineLimits limits, CancellationToken cancel)
    {
        await using ServerProcess server = await ServerProcess.StartAsync(contender, cancel);
        double clientBefore = ProcessFacts.ClientCpuSeconds();
        StreamFigures figures = await contender.MeasureAsync(server, work, cancel);
        return new StreamMeasurement
        {
            Contender = contender.Name,
            Confirmed = contender.Confirmed,
            ValueBytes = work.ValueBytes,
            Round = round,
            Figures = figures,
            ClientCpuPerMillion = (ProcessFacts.ClientCpuSeconds() - clientBefore) / (figures.Records / 1e6),
            ResidentMegabytes = server.ResidentBytes / MegabyteBytes,
            ResidentMegabytesMax = server.ResidentBytesMax / MegabyteBytes,
            Limits = limits,
        };
    }
}
