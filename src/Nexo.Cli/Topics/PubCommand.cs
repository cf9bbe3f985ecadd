using System.CommandLine;
using System.Text.Json;
using Nexo.Cli.Store;
using Nexo.Cli.Terminal;
using Nexo.Client;

namespace Nexo.Cli.Topics;

/// <summary><c>nexo pub</c>.</summary>
internal static class PubCommand
{
    public static Command Create()
    {
        Argument<string> topic = TopicArguments.Topic();
        var body = new ValueInput("body");
        var options = new PubOptions();
        var command = new Command("pub", "Publish a message, or many, to who listens to a topic") { topic };
        body.AddTo(command, options.Lines);
        options.AddTo(command);
        return command
            .OnServer(run => RunAsync(run, run.Get(topic), body, options))
            .WithDetails(
                "Prints to how many subscriptions it goes; of many, how many there were. That nobody listens is no failure. "
                + "What is retained, or bound to a queue or a stream, is by then as durable as the server is set. With "
                + "--no-confirm nothing is waited for; of many it is printed how many were sent, of one nothing. What the server "
                + "refuses is a failure all the same.")
            .WithExamples(
                ("A message", "nexo pub rooms/kitchen/temperature 21.5"),
                ("Kept for who comes later, for an hour", "nexo pub rooms/kitchen/state on --retain --ttl 1h"),
                ("Take it away again", "nexo pub rooms/kitchen/state '' --retain"),
                ("A message for each line, as they come", "tail -f app.log | nexo pub logs/app --lines"));
    }

    private static async Task<int> RunAsync(ClientRun run, string topic, ValueInput body, PubOptions options)
    {
        var publisher = new TopicPublisher(run, topic, options.Of(run), options.Confirms(run));
        if (run.Get(options.Lines))
        {
            await publisher.PublishLinesAsync(body);
            return Print(run, publisher);
        }

        ReadOnlyMemory<byte> bytes = await body.ReadAsync(run);
        if (options.Count(run) is { } count)
        {
            await publisher.PublishManyAsync(bytes, count);
            return Print(run, publisher);
        }

        if (!options.Confirms(run))
        {
            await publisher.PublishManyAsync(bytes, 1);
            return ExitCode.Ok;
        }

        TopicPublishResult published = await run.Client.Topics.PublishAsync(topic, bytes, options.Of(run), run.Cancel);
        string bound = published.Bindings == 0 ? "" : $", and {StoreResults.Count(published.Bindings, "binding")}";
        string to = StoreResults.Count(published.Receivers, "subscription");
        run.Out.Result($"{published.Receivers}", $"{run.Out.Good("published")} to {to}{bound}", json =>
        {
            json.WriteString("topic", topic);
            WriteReached(json, published.Receivers, published.Bindings);
        });
        return ExitCode.Ok;
    }

    private static int Print(ClientRun run, TopicPublisher publisher) => StoreResults.Number(
        run,
        "published",
        publisher.Published,
        $"{StoreResults.Count(publisher.Published, "message")} published",
        json =>
        {
            json.WriteString("topic", publisher.Topic);
            if (publisher.Confirms)
            {
                WriteReached(json, publisher.Receivers, publisher.Bindings);
            }
        });

    private static void WriteReached(Utf8JsonWriter json, long receivers, long bindings)
    {
        json.WriteNumber("receivers", receivers);
        json.WriteNumber("bindings", bindings);
    }
}
