using Nexo.Cli.Terminal;
using Nexo.Client;
using Message = Nexo.Client.TopicMessage<System.ReadOnlyMemory<byte>>;

namespace Nexo.Cli.Topics;

/// <summary>One <c>reply</c>.</summary>
/// <param name="run">The run.</param>
/// <param name="filter">What is listened to.</param>
/// <param name="body">What every request is answered with; null: what the command writes.</param>
/// <param name="command">For the shell.</param>
internal sealed class ReplySession(ClientRun run, string filter, byte[]? body, string? command)
{
    private long _failed;

    public async Task<int> RunAsync(long countMax)
    {
        var options = new TopicSubscribeOptions { Retained = false };
        TopicSubscription<ReadOnlyMemory<byte>> subscription =
            await run.Client.Topics.OpenSubscriptionAsync<ReadOnlyMemory<byte>>(filter, options, run.Cancel);
        await using (subscription)
        {
            run.Remark("waiting for requests; Ctrl-C ends");
            try
            {
                await AnswerAllAsync(subscription, countMax);
            }
            catch (OperationCanceledException) when (run.Cancel.IsCancellationRequested)
            {
                // Ctrl-C ends it as it is meant to.
            }
        }

        return _failed == 0 ? ExitCode.Ok : ExitCode.Negative;
    }

    private async Task AnswerAllAsync(TopicSubscription<ReadOnlyMemory<byte>> subscription, long left)
    {
        await foreach (Message request in subscription.ReadAllAsync(run.Cancel))
        {
            if (request.Headers[NexoHeaders.ReplyTo] is not { Length: > 0 })
            {
                run.Remark($"a message to {request.Topic} asks for no reply");
                continue;
            }

            await AnswerAsync(request);
            if (--left == 0)
            {
                return;
            }
        }
    }

    private async Task AnswerAsync(Message request)
    {
        byte[]? reply = body;
        int exitCode = 0;
        if (command is not null)
        {
            using var answering = new ReplyProcess(run, command, request);
            (exitCode, reply) = await answering.RunAsync();
        }

        bool replied = exitCode == 0;
        if (replied)
        {
            await request.ReplyAsync<ReadOnlyMemory<byte>>(reply, run.Cancel);
        }
        else
        {
            _failed++;
            await run.Console.Error.WriteLineAsync($"nexo: a request to {request.Topic} failed: exit code {exitCode}");
        }

        if (run.Out.Json)
        {
            run.Out.Object(json =>
            {
                json.WriteString("topic", request.Topic);
                json.WriteBoolean("replied", replied);
                json.WriteBytes("body", request.RawBody.Span);
            });
            run.Out.Flush();
        }
        else if (replied)
        {
            run.Remark($"answered a request to {request.Topic}");
        }
    }
}
