using System.CommandLine;
using Nexo.Bench.Compare.Topics.Proofs;
using Nexo.Cli.Bench.Topics;

namespace Nexo.Bench.Compare.Topics;

/// <summary><c>compare pubsub</c>.</summary>
internal static class PubSubCommand
{
    private const string AllWorks = "1-1,1-100,10-10w,1-1000";
    private const int Changes = 100_000;
    private const int ExactFilters = 1_000_000;
    private const int WildcardShare = 10;
    private const int SubscribingConnections = 300;
    private const int ManyTopics = 300_000;

    private static readonly Option<bool> Slow = Flag("--slow", "Prove: a subscriber that reads a byte a second hurts nobody");
    private static readonly Option<bool> Churn = Flag("--churn", "Prove: subscriptions come and go, and others lose nothing");
    private static readonly Option<bool> Filters = Flag("--filters", "Prove: a million filters by name, a tenth with wildcards");
    private static readonly Option<bool> Topics = Flag("--topics", "Prove: very many different topics");
    private static readonly Option<int?> Count = new("--count")
    {
        Description = $"Of the proof [{Changes} changes, {ExactFilters} filters, {ManyTopics} topics]",
    };

    private static readonly Option<double> Rate =
        Program.Number("--rate", "Messages a second of a proof that has a fixed rate", 5_000.0);

    public static Command New(Option<string?> binary)
    {
        Option<int> rounds = Program.Number("--rounds", "Rounds; the median counts", 3);
        Option<double> seconds = Program.Number("--seconds", "Seconds of load per server, work and round", 4.0);
        Option<int> size = Program.Number("--size", $"Bytes of a message, {TopicMessageHead.Size} or more", 64);
        Option<int> window = Program.Number(
            "--window", $"Messages that the slowest receiver is behind; at most {TopicComparison.DeliveriesMax} deliveries", 4_096);
        Option<int> batch = Program.Number("--batch", "Messages of one send, at most", 256);
        Option<double> paced = Program.Number("--paced", "Share of the slowest's peak for runs at a fixed rate; 0: none", 0.5);
        Option<string> works = Program.List("--works", "Publishers-subscribers; w: with wildcards", AllWorks);
        Option<string> servers = Program.List("--servers", "Which, in this order", TopicContenders.Names);
        Option<string?> json = Program.JsonFile();
        var command = new Command("pubsub", "Deliveries a second, latency, processor time and memory of topics")
        {
            rounds, seconds, size, window, batch, paced, works, servers, json,
            Slow, Churn, Filters, Topics, Count, Rate,
        };
        command.SetAction(async (parsed, cancel) =>
        {
            int bodyBytes = Math.Max(parsed.GetValue(size), TopicMessageHead.Size);
            var options = new TopicComparisonOptions
            {
                Works = [.. parsed.GetValue(works)!.Split(',').Select(work => Parse(work, bodyBytes))],
                Rounds = parsed.GetValue(rounds),
                Seconds = parsed.GetValue(seconds),
                Window = parsed.GetValue(window),
                BatchMax = parsed.GetValue(batch),
                PacedShare = parsed.GetValue(paced),
            };
            var proofOptions = new TopicProofOptions
            {
                BodyBytes = bodyBytes,
                Seconds = options.Seconds,
                Window = options.Window,
                BatchMax = options.BatchMax,
                Rate = parsed.GetValue(Rate),
            };
            TopicProof[] proofs = [.. ProofsOf(parsed, proofOptions)];
            IReadOnlyList<TopicContender> contenders = await TopicContenders.FindAsync(
                parsed.GetValue(servers)!, parsed.GetValue(binary), bounded: proofs.Length > 0, cancel);
            var comparison = new TopicComparison(options, contenders);
            TopicReport.Header();
            IReadOnlyList<TopicMeasurement> all = proofs.Length > 0
                ? await comparison.ProveAsync(proofs, TopicReport.Line, cancel)
                : await comparison.RunAsync(TopicReport.Line, cancel);
            IReadOnlyList<TopicMeasurement> medians = TopicReport.Medians(all);
            TopicReport.Summary(medians);
            if (parsed.GetValue(json) is { } file)
            {
                await StoreReport.WriteJsonAsync(file, all, medians);
            }

            return 0;
        });
        return command;
    }

    private static IEnumerable<TopicProof> ProofsOf(ParseResult parsed, TopicProofOptions options)
    {
        int? count = parsed.GetValue(Count);
        if (parsed.GetValue(Slow))
        {
            yield return new SlowSubscriberProof(options);
        }

        if (parsed.GetValue(Churn))
        {
            yield return new ChurnProof(options, count ?? Changes);
        }

        if (parsed.GetValue(Filters))
        {
            int exact = count ?? ExactFilters;
            yield return new ManySubscriptionsProof(options, exact, exact / WildcardShare, SubscribingConnections);
        }

        if (parsed.GetValue(Topics))
        {
            yield return new ManyTopicsProof(options, count ?? ManyTopics);
        }
    }

    private static Option<bool> Flag(string name, string description) => new(name) { Description = description };

    private static TopicWork Parse(string text, int bodyBytes)
    {
        const int TopicsOfPublisher = 8;
        bool wildcards = text.EndsWith('w');
        string[] numbers = text.TrimEnd('w').Split('-');
        if (numbers.Length != 2 || !int.TryParse(numbers[0], out int publishers) || !int.TryParse(numbers[1], out int subscribers))
        {
            throw new CompareFailure($"\"{text}\" is no work; they look like {AllWorks}.");
        }

        return wildcards
            ? TopicWork.Wildcards(publishers, subscribers, TopicsOfPublisher, bodyBytes)
            : TopicWork.FanOut(publishers, subscribers, bodyBytes);
    }
}
