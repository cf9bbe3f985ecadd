using System.CommandLine;
using System.Globalization;
using Nexo.Bench.Compare.Topics;

namespace Nexo.Bench.Compare.Matching;

/// <summary><c>compare matching</c>: not a measurement, but a test beside a peer.</summary>
internal static class MatchingCommand
{
    public static Command New()
    {
        Option<int> rounds = Program.Number("--rounds", "Rounds of changes to filters and 48 messages", 500);
        Option<int> texts = Program.Number("--filters", "Filters and topics that are asked for being valid", 2_000);
        Option<int?> given = new("--seed") { Description = "Of the random choices [another each time, and printed]" };
        var command = new Command("matching", "Whether topics match filters as they do at mosquitto") { rounds, texts, given };
        command.SetAction(async (parsed, cancel) =>
        {
            int seed = parsed.GetValue(given) ?? Random.Shared.Next();
            TopicContender mosquitto = TopicContenders.Mosquitto("mosquitto", oncePerClient: true)
                ?? throw new CompareFailure("mosquitto is not installed; on Debian: apt-get install mosquitto");
            await using ServerProcess server = await ServerProcess.StartAsync(mosquitto, cancel);
            Console.WriteLine($"seed {seed}");
            try
            {
                RunRules(server.Port, seed, parsed.GetValue(texts), cancel);
                RunMatching(server.Port, seed, parsed.GetValue(rounds), cancel);
            }
            catch (CompareFailure failure)
            {
                throw new CompareFailure($"{failure.Message}\nagain: bench/compare matching --seed {seed}");
            }

            return 0;
        });
        return command;
    }

    private static void RunRules(int port, int seed, int texts, CancellationToken cancel)
    {
        using var test = new FilterRulesTest(port, seed);
        for (int i = 0; i < texts; i++)
        {
            cancel.ThrowIfCancellationRequested();
            test.Ask();
        }

        Print($"{test.Valid + test.Invalid:N0} filters and topics: all agree on what is valid ({test.Invalid:N0} filters are not)");
    }

    private static void RunMatching(int port, int seed, int rounds, CancellationToken cancel)
    {
        using var test = new MatchingTest(port, seed);
        for (int i = 0; i < rounds; i++)
        {
            cancel.ThrowIfCancellationRequested();
            test.Round();
        }

        Print(
            $"{test.Messages:N0} messages: all agree on {test.Deliveries:N0} deliveries and their order, {test.Shared:N0} of them shared");
        Print($"{test.Refused:N0} filters and topics were refused by Nexo's own rules");
    }

    private static void Print(FormattableString text) => Console.WriteLine(text.ToString(CultureInfo.InvariantCulture));
}
