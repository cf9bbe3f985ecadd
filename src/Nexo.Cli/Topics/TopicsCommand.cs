using System.CommandLine;
using Nexo.Cli.Queues;
using Nexo.Cli.Terminal;
using Nexo.Client;
using Spectre.Console;

namespace Nexo.Cli.Topics;

/// <summary><c>nexo topics</c>: what is going on.</summary>
internal static class TopicsCommand
{
    private const int DefaultLimit = 10_000;

    private static readonly TimeSpan DefaultInterval = TimeSpan.FromSeconds(1);

    public static Command Create()
    {
        Argument<string> filter = TopicArguments.FilterOrAll("Only these topics");
        Option<TimeSpan?> interval = Parsers.Duration("--interval", "How often to look [1s]");
        interval.Aliases.Add("-i");
        Option<long?> count = Parsers.Number(
            "--count", "Stop after so many looks; 0 is no end [no end on a terminal, else 1]", 0);
        count.Aliases.Add("-n");
        var once = new Option<bool>("--once") { Description = "Look once" };
        Option<long> limit = Parsers.Count(
            "--limit", "Look at so many topics, whichever come first: the server lists them in no order", minimum: 1, DefaultLimit);
        var command = new Command("topics", "Watch topics live: what is published where, and who listens")
        {
            filter, interval, count, once, limit, CreateStats(), CreateSubscribers(),
        };
        command.Validators.Add(result =>
        {
            if (result.GetValue(once) && result.GetResult(count) is not null)
            {
                result.AddError("Give either --once or --count, not both.");
            }
        });
        return command
            .OnServer(run =>
            {
                long looks = run.Get(once) ? 1 : run.Get(count) ?? (run.Out.ForPeople ? 0 : 1);
                var session = new TopicsSession(run, run.Get(filter), Math.Min(run.Get(limit), int.MaxValue));
                return session.RunAsync(looks == 0 ? long.MaxValue : looks, run.Get(interval) ?? DefaultInterval);
            })
            .WithDetails(
                "Those to which something was published lately, as a tree: of those that are looked at (--limit), opened where most "
                + "messages go, as far as the terminal has room. "
                + "On a pipe one topic a line: topic, subscriptions, messages, bytes, and messages a second since the look "
                + "before, with tabs between.")
            .WithExamples(
                ("All of them, until Ctrl-C", "nexo topics"),
                ("A look at some", "nexo topics 'rooms/#' --once"),
                ("Which have no listener?", "nexo topics --json | jq -r 'select(.subscriptions == 0).topic'"),
                ("Who is slow?", "nexo topics subscribers --json | jq 'select(.dropped > 0)'"));
    }

    private static Command CreateStats()
    {
        var command = new Command("stats", "Show the figures of all topics together");
        return command
            .OnServer(async run =>
            {
                Describe(await run.Client.Topics.StatsAsync(run.Cancel)).Write(run.Out);
                return ExitCode.Ok;
            })
            .WithDetails("Totals count since the server's start, rates are those of the last ten seconds or so.")
            .WithExamples(
                ("All figures", "nexo topics stats"),
                ("Is anything dropped?", "nexo topics stats --json | jq .dropped_per_second"));
    }

    private static Command CreateSubscribers()
    {
        Argument<string?> prefix = QueueArguments.Prefix("Only those with a filter that begins with this");
        Option<long> limit = Parsers.Count("--limit", "Stop after so many; 0 is no limit", minimum: 0, defaultValue: 0);
        limit.Aliases.Add("-n");
        var command = new Command("subscribers", "List subscriptions, and what each has missed") { prefix, limit };
        return command
            .OnServer(async run =>
            {
                long count = run.Get(limit) is > 0 and long given ? given : int.MaxValue;
                List<TopicSubscriber> subscribers = await run.Client.Topics
                    .ListSubscribersAsync(run.Parsed.GetValue(prefix) ?? "", run.Cancel)
                    .Take((int)Math.Min(count, int.MaxValue))
                    .ToListAsync(run.Cancel);
                Print(run, subscribers);
                return ExitCode.Ok;
            })
            .WithDetails(
                "On a pipe one a line: client, connection, subscription, first filter, how many filters, messages delivered and "
                + "dropped, and bytes that wait for it, with tabs between.")
            .WithExamples(
                ("All of them", "nexo topics subscribers"),
                ("Who listens to orders?", "nexo topics subscribers orders/"));
    }

    private static FactSheet Describe(TopicStats stats) => new FactSheet()
        .Number("subscriptions", stats.Subscriptions)
        .Number("filters", stats.Filters)
        .Number("wildcard_filters", stats.WildcardFilters)
        .Number("shared_groups", stats.SharedGroups)
        .Number("topics", stats.Topics)
        .Rate("published_per_second", stats.PublishedPerSecond)
        .Rate("delivered_per_second", stats.DeliveredPerSecond)
        .Rate("dropped_per_second", stats.DroppedPerSecond)
        .Number("published", stats.Published)
        .Number("published_bytes", stats.PublishedBytes)
        .Number("refused", stats.Refused)
        .Number("delivered", stats.Delivered)
        .Number("dropped", stats.Dropped)
        .Number("unheard", stats.Unheard)
        .Number("ended_slow", stats.EndedSlow)
        .Number("pending_bytes", stats.PendingBytes)
        .Number("memory_bytes", stats.MemoryBytes)
        .Number("retained", stats.Retained)
        .Number("retained_bytes", stats.RetainedBytes)
        .Number("bindings", stats.Bindings)
        .Number("bound", stats.Bound)
        .Number("binding_refused", stats.BindingRefused)
        .Number("wills", stats.Wills)
        .Number("wills_published", stats.WillsPublished);

    private static FactSheet Describe(TopicSubscriber subscriber) => new FactSheet()
        .Text("client", subscriber.Client)
        .Number("connection", (long)subscriber.Connection)
        .Number("subscription", subscriber.Subscription)
        .Text("filter", subscriber.FirstFilter)
        .Number("filters", subscriber.Filters)
        .Text("when_slow", QueueText.WordOf(SubOptions.Policies, subscriber.WhenSlow))
        .Number("delivered", subscriber.Delivered)
        .Number("dropped", subscriber.Dropped)
        .Number("pending_bytes", subscriber.PendingBytes);

    private static void Print(ClientRun run, List<TopicSubscriber> subscribers)
    {
        if (run.Out.ForPeople)
        {
            Table table = Tables.Create("client", "connection", "filter", "filters", "delivered", "dropped", "waiting")
                .AlignNumbers(from: 3);
            foreach (TopicSubscriber subscriber in subscribers)
            {
                string[] cells =
                [
                    subscriber.Client,
                    $"{subscriber.Connection}.{subscriber.Subscription}",
                    subscriber.FirstFilter,
                    $"{subscriber.Filters:N0}",
                    $"{subscriber.Delivered:N0}",
                    $"{subscriber.Dropped:N0}",
                    $"{subscriber.PendingBytes:N0} B",
                ];
                table.AddRow([.. cells.Select(cell => new Text(EscapedText.Show(MessageText.Bytes(cell).Span)))]);
            }

            run.Out.Render(console => console.Write(table));
            return;
        }

        foreach (TopicSubscriber subscriber in subscribers)
        {
            if (run.Out.Json)
            {
                run.Out.Object(Describe(subscriber).WriteJson);
                continue;
            }

            string[] fields =
            [
                subscriber.Client,
                $"{subscriber.Connection}",
                $"{subscriber.Subscription}",
                subscriber.FirstFilter,
                $"{subscriber.Filters}",
                $"{subscriber.Delivered}",
                $"{subscriber.Dropped}",
                $"{subscriber.PendingBytes}",
            ];
            run.Out.Items([.. fields.Select(MessageText.Bytes)]);
        }
    }
}
