using Nexo.Cli.Queues;
using Nexo.Cli.Terminal;
using Nexo.Client;
using Spectre.Console;

namespace Nexo.Cli.Topics;

/// <summary>One <c>topics</c>.</summary>
/// <param name="run">The run.</param>
/// <param name="filter">Which topics.</param>
/// <param name="limit">How many of them are looked at.</param>
internal sealed class TopicsSession(ClientRun run, string filter, long limit)
{
    // The heading of the table, the line above it, and the one on which the cursor rests.
    private const int OtherLines = 4;
    private const int Indent = 2;

    private Dictionary<string, long> _before = [];
    private long _lookedAt;

    /// <summary>Looks so often, on a terminal on a screen of its own.</summary>
    public async Task<int> RunAsync(long looks, TimeSpan interval)
    {
        LiveScreen? screen = run.Out.ForPeople && looks > 1 ? new LiveScreen(run.Out) : null;
        try
        {
            for (long look = 1; ; look++)
            {
                Show(screen, await LookAsync());
                if (look == looks)
                {
                    return ExitCode.Ok;
                }

                await Task.Delay(interval, run.Console.Time, run.Cancel);
            }
        }
        catch (OperationCanceledException) when (run.Cancel.IsCancellationRequested)
        {
            // Ctrl-C ends it as it is meant to.
            return ExitCode.Ok;
        }
        finally
        {
            screen?.Dispose();
        }
    }

    private async Task<List<TopicLook>> LookAsync()
    {
        List<TopicSummary> topics =
            await run.Client.Topics.ListTopicsAsync(filter, run.Cancel).Take((int)limit).ToListAsync(run.Cancel);
        long now = run.Console.Time.GetTimestamp();
        TimeSpan elapsed = run.Console.Time.GetElapsedTime(_lookedAt, now);
        List<TopicLook> looks = [.. topics.Select(topic => new TopicLook(
            topic.Topic, topic.Subscriptions, topic.Messages, topic.Bytes, RateOf(topic, elapsed)))];
        _before = topics.ToDictionary(topic => topic.Topic, topic => topic.Messages);
        _lookedAt = now;
        return looks;
    }

    // A topic that the server had forgotten meanwhile counts from nothing.
    private double? RateOf(TopicSummary topic, TimeSpan elapsed)
    {
        if (_lookedAt == 0 || elapsed <= TimeSpan.Zero)
        {
            return null;
        }

        long before = _before.GetValueOrDefault(topic.Topic);
        return (topic.Messages - (topic.Messages >= before ? before : 0)) / elapsed.TotalSeconds;
    }

    private void Show(LiveScreen? screen, List<TopicLook> topics)
    {
        if (screen is not null)
        {
            screen.Draw(console =>
            {
                double rate = topics.Sum(topic => topic.PerSecond ?? 0);
                string more = topics.Count == limit ? " or more" : "";
                console.WriteLine($"{topics.Count:N0}{more} topics, {rate:N0} messages a second");
                console.WriteLine();
                console.Write(TableOf(topics, run.Console.Height - OtherLines));
            });
        }
        else if (run.Out.ForPeople)
        {
            run.Out.Render(console => console.Write(TableOf(topics, int.MaxValue)));
        }
        else
        {
            topics.ForEach(Print);
        }

        run.Out.Flush();
    }

    private void Print(TopicLook topic)
    {
        if (run.Out.Json)
        {
            run.Out.Object(json =>
            {
                json.WriteString("topic", topic.Topic);
                json.WriteNumber("subscriptions", topic.Subscriptions);
                json.WriteNumber("messages", topic.Messages);
                json.WriteNumber("bytes", topic.Bytes);
                if (topic.PerSecond is { } rate)
                {
                    json.WriteNumber("messages_per_second", Math.Round(rate, 3));
                }
            });
            return;
        }

        string[] fields =
        [
            topic.Topic, $"{topic.Subscriptions}", $"{topic.Messages}", $"{topic.Bytes}", $"{topic.PerSecond ?? 0:0.###}",
        ];
        run.Out.Items([.. fields.Select(MessageText.Bytes)]);
    }

    private static Table TableOf(List<TopicLook> topics, int rowsMax)
    {
        Table table = Tables.Create("topic", "topics", "messages", "in/s", "subscriptions").AlignNumbers(from: 1);
        foreach (TopicRow row in new TopicTree(topics).Rows(Math.Max(rowsMax, 1)))
        {
            string text = EscapedText.Show(MessageText.Bytes(row.Text).Span);
            string[] cells =
            [
                new string(' ', Indent * row.Depth) + (text.Length == 0 ? "(empty)" : text),
                row.Topics > 1 ? $"{row.Topics:N0}" : "",
                $"{row.Messages:N0}",
                row.PerSecond is { } rate ? $"{rate:N1}" : "",
                row.Subscriptions is { } subscriptions ? $"{subscriptions:N0}" : "",
            ];
            table.AddRow([.. cells.Select(cell => new Text(cell))]);
        }

        return table;
    }
}
