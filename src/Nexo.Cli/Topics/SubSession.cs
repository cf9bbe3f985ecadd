using System.Text;
using Nexo.Cli.Store;
using Nexo.Cli.Store.Transfer;
using Nexo.Cli.Terminal;
using Nexo.Client;
using Message = Nexo.Client.TopicMessage<System.ReadOnlyMemory<byte>>;
using Subscription = Nexo.Client.TopicSubscription<System.ReadOnlyMemory<byte>>;

namespace Nexo.Cli.Topics;

/// <summary>One <c>sub</c>.</summary>
internal sealed class SubSession(ClientRun run, SubOptions options)
{
    private readonly bool _verbose = options.IsVerbose(run);

    public async Task<int> RunAsync()
    {
        // It goes with the client's farewell: an end that is meant is no loss.
        await options.SetWillAsync(run);
        Subscription subscription = await run.Client.Topics.OpenSubscriptionAsync<ReadOnlyMemory<byte>>(
            options.Filters(run), options.Of(run, TellGap), run.Cancel);
        await using (subscription)
        {
            run.Remark("listening; Ctrl-C ends");
            run.Client.StateChanged += (_, change) => Tell(change.Current);
            await PrintAllAsync(subscription);
        }

        return ExitCode.Ok;
    }

    // What goes wrong with a filter ends the whole: who gave it waits for its messages.
    private async Task PrintAllAsync(Subscription subscription)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(run.Cancel);
        Task printing = PrintAllAsync(subscription, over.Token);
        Task changing = ChangeFiltersAsync(subscription, over.Token);
        if (await Task.WhenAny(printing, changing) == changing && changing.IsCompletedSuccessfully)
        {
            await Task.WhenAny(printing);
        }

        await over.CancelAsync();
        await Task.WhenAll(EndOfAsync(printing), EndOfAsync(changing));
    }

    private async Task PrintAllAsync(Subscription subscription, CancellationToken cancel)
    {
        long left = options.CountMax(run);
        await foreach (Message message in subscription.ReadAllAsync(cancel))
        {
            Print(message);
            run.Out.Flush();
            if (--left == 0)
            {
                return;
            }
        }
    }

    private static async Task EndOfAsync(Task task)
    {
        try
        {
            await task;
        }
        catch (OperationCanceledException)
        {
            // Ctrl-C ends it as it is meant to, and the one ends the other.
        }
    }

    private async Task ChangeFiltersAsync(Subscription subscription, CancellationToken cancel)
    {
        if (options.More(run) is { } input)
        {
            await using (input)
            {
                await ChangeFiltersAsync(subscription, new LineReader(input), cancel);
            }
        }
    }

    private async Task ChangeFiltersAsync(Subscription subscription, LineReader lines, CancellationToken cancel)
    {
        // A read of standard input does not end when it is cancelled.
        while (await lines.FillAsync(cancel).AsTask().WaitAsync(cancel))
        {
            List<string> added = [];
            while (lines.TryTake(out ReadOnlyMemory<byte> line))
            {
                string text = Encoding.UTF8.GetString(line.Span);
                if (text.StartsWith('-'))
                {
                    await AddAsync(subscription, added, cancel);
                    await subscription.RemoveAsync(options.Shared(run, text[1..]), cancel);
                }
                else if (text.Length > 0)
                {
                    added.Add(options.Shared(run, text));
                }
            }

            await AddAsync(subscription, added, cancel);
        }
    }

    private static async Task AddAsync(Subscription subscription, List<string> filters, CancellationToken cancel)
    {
        if (filters.Count > 0)
        {
            await subscription.AddAsync(filters, cancel);
            filters.Clear();
        }
    }

    private void Print(Message message)
    {
        if (run.Out.Json)
        {
            run.Out.Object(json => PublishedText.Write(json, message));
        }
        else if (run.Out.ForPeople)
        {
            string topic = _verbose ? $"{run.Out.Dim(run.Out.Shown(message.TopicBytes.Span))} " : "";
            run.Out.Line(topic + run.Out.Shown(message.RawBody.Span));
        }
        else if (_verbose)
        {
            // Whoever publishes must not be able to end this: what does not fit on one line is escaped.
            run.Out.ItemsEscaped(message.TopicBytes, message.RawBody);
        }
        else
        {
            run.Out.Body(message.RawBody.Span);
        }
    }

    // On the thread that prints. It belongs to the result: also a script is to know that it does not have everything.
    private void TellGap(TopicGap gap)
    {
        if (run.Out.Json)
        {
            run.Out.Object(json =>
            {
                json.WriteNumber("missed", gap.Missed);
                json.WriteBoolean("reconnected", gap.Reconnected);
            });
            run.Out.Flush();
            return;
        }

        if (gap.Missed > 0)
        {
            run.Console.Error.WriteLine(
                $"{HelpFacts.ProgramName}: {StoreResults.Count(gap.Missed, "message")} missed: this is too slow for them");
        }

        if (gap.Reconnected)
        {
            run.Console.Error.WriteLine(
                $"{HelpFacts.ProgramName}: connected again; what was published meanwhile was missed");
        }
    }

    // Silence may last for hours: who looks at it is to know whether it still listens.
    private void Tell(NexoConnectionState state)
    {
        if (state == NexoConnectionState.Connecting)
        {
            run.Remark("the connection is lost; trying again");
        }
    }
}
