using System.CommandLine;
using Nexo.Cli.Queues;
using Nexo.Cli.Store;
using Nexo.Cli.Terminal;
using Nexo.Client;

namespace Nexo.Cli.Topics;

/// <summary><c>nexo request</c>.</summary>
internal static class RequestCommand
{
    public static Command Create()
    {
        Argument<string> topic = TopicArguments.Topic();
        var body = new ValueInput("body");
        Option<string[]> headers = PushOptions.Header();
        var command = new Command("request", "Publish a request and print the first reply") { topic };
        body.AddTo(command);
        command.Add(headers);
        return command
            .OnServer(async run =>
            {
                ReadOnlyMemory<byte> asked = await body.ReadAsync(run);
                var options = new TopicPublishOptions { Headers = PushOptions.Headers(run, headers) };
                ReadOnlyMemory<byte> reply =
                    await run.Client.Topics.RequestAsync<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>>(
                        run.Get(topic), asked, options: options, cancellationToken: run.Cancel);
                Print(run, run.Get(topic), reply);
                return ExitCode.Ok;
            })
            .WithDetails(
                "Waits as long as --timeout says. Exit code 1 when nobody listens, 3 when no reply came in time. "
                + "'nexo reply' is the other side.")
            .WithExamples(
                ("Ask", "nexo request greet Ada"),
                ("Give it a minute", "nexo request reports/monthly 2026-10 --timeout 1m"));
    }

    private static void Print(ClientRun run, string topic, ReadOnlyMemory<byte> reply)
    {
        if (run.Out.Json)
        {
            run.Out.Object(json =>
            {
                json.WriteString("topic", topic);
                json.WriteBytes("reply", reply.Span);
            });
        }
        else
        {
            run.Out.Value(reply.Span);
        }
    }
}
