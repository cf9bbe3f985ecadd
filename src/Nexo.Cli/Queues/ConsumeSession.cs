using System.Runtime.CompilerServices;
using Nexo.Cli.Terminal;
using Nexo.Client;
using Nexo.Protocol;
using Delivery = Nexo.Client.QueueDelivery<System.ReadOnlyMemory<byte>>;

namespace Nexo.Cli.Queues;

/// <summary>One <c>consume</c>: takes messages, shows or works on each, settles it.</summary>
internal sealed class ConsumeSession(ClientRun run, NexoQueue<ReadOnlyMemory<byte>> queue, ConsumeSettings settings)
{
    private static readonly TimeSpan LeaseUnlessKnown = TimeSpan.FromSeconds(30);

    // The longest there is. Looking at messages must not make failures of them, however long it takes; a lease ends with the
    // connection in any case.
    private static readonly TimeSpan LookLease = TimeSpan.FromHours(12);

    private readonly List<Delivery> _given = [];
    private IReadOnlyList<Delivery> _pulled = [];
    private long _count;
    private long _failed;

    public async Task<int> RunAsync()
    {
        if (settings.Follow)
        {
            run.Remark("waiting for messages; Ctrl-C ends");
            run.Client.StateChanged += (_, change) => Tell(change.Current);
        }

        MessageCommand? command = settings.Exec is null
            ? null
            : new MessageCommand(run, settings.Exec, await LeaseAsync());
        try
        {
            await foreach (Delivery delivery in (settings.Follow ? FollowAsync() : TakeAsync()).WithCancellation(run.Cancel))
            {
                _count++;
                await (command is null ? ShowAsync(delivery) : WorkAsync(command, delivery));
                if (_count == settings.CountMax)
                {
                    break;
                }
            }
        }
        catch (OperationCanceledException) when (settings.Follow && run.Cancel.IsCancellationRequested)
        {
            // Ctrl-C ends it as it is meant to.
            run.Remark("");
        }
        finally
        {
            await GiveBackAsync();
        }

        if (_count == 0 && !settings.Follow)
        {
            run.Remark("no message");
        }

        return _failed == 0 && (_count > 0 || settings.Follow) ? ExitCode.Ok : ExitCode.Negative;
    }

    private IAsyncEnumerable<Delivery> FollowAsync() => queue.ConsumeAsync(
        new QueueConsumeOptions
        {
            Prefetch = settings.Prefetch,
            Lease = settings.Lease,
            KeepLeases = settings.Settling == ConsumeSettling.GiveBack,
        },
        run.Cancel);

    // What is there now; only a first message is waited for.
    private async IAsyncEnumerable<Delivery> TakeAsync([EnumeratorCancellation] CancellationToken cancel = default)
    {
        TimeSpan? wait = settings.Wait;
        TimeSpan? lease = settings.Lease ?? (settings.Settling == ConsumeSettling.GiveBack ? LookLease : null);

        // Nobody extends the leases of those that would wait while a command runs.
        int atOnce = settings.Exec is null ? settings.Prefetch : 1;
        for (long left = settings.CountMax; left > 0; wait = null)
        {
            _pulled = await queue.PullAsync((int)Math.Min(left, atOnce), wait, lease, cancellationToken: cancel);
            if (_pulled.Count == 0)
            {
                yield break;
            }

            foreach (Delivery delivery in _pulled)
            {
                yield return delivery;
            }

            left -= _pulled.Count;
        }
    }

    private async Task ShowAsync(Delivery delivery)
    {
        Print(delivery);

        // Printed is printed before it is settled: a message may come twice, and is never lost.
        run.Out.Flush();
        switch (settings.Settling)
        {
            case ConsumeSettling.Ack:
                await SettleAsync(delivery, delivery.AckAsync(run.Cancel));
                break;
            case ConsumeSettling.Nack:
                await SettleAsync(delivery, delivery.NackAsync(settings.Delay, settings.Reason, run.Cancel));
                break;
            case ConsumeSettling.DeadLetter:
                await SettleAsync(delivery, delivery.DeadLetterAsync(settings.Reason ?? "", run.Cancel));
                break;
            default:
                _given.Add(delivery);
                break;
        }
    }

    private void Print(Delivery delivery)
    {
        if (run.Out.Json)
        {
            run.Out.Object(json => MessageText.Write(json, delivery));
        }
        else if (settings.Raw)
        {
            run.Out.Value(delivery.RawBody.Span);
        }
        else if (run.Out.ForPeople)
        {
            string again = delivery.Attempt > 1 ? $" attempt {delivery.Attempt}" : "";
            run.Out.Line($"{run.Out.Dim($"{delivery.MessageId}{again}")} {run.Out.Shown(delivery.RawBody.Span)}");
        }
        else
        {
            run.Out.Body(delivery.RawBody.Span);
        }
    }

    private async Task WorkAsync(MessageCommand command, Delivery delivery)
    {
        CommandOutcome outcome;
        try
        {
            outcome = await command.RunAsync(delivery);
        }
        catch (OperationCanceledException)
        {
            // Ended in the midst of it, which is nobody's failure.
            await SettleAsync(delivery, delivery.ReleaseAsync(CancellationToken.None));
            throw;
        }

        bool settled = outcome.Succeeded
            ? await SettleAsync(delivery, delivery.AckAsync(CancellationToken.None))
            : await SettleAsync(delivery, delivery.NackAsync(settings.Delay, outcome.Reason, CancellationToken.None));
        _failed += outcome.Succeeded ? 0 : 1;
        if (run.Out.Json)
        {
            run.Out.Object(json =>
            {
                json.WriteString("queue", delivery.Queue);
                json.WriteNumber("message_id", delivery.MessageId);
                json.WriteNumber("attempt", delivery.Attempt);
                json.WriteNumber("exit_code", outcome.ExitCode);
                json.WriteString("settled", !settled ? "lost" : outcome.Succeeded ? "acked" : "nacked");
            });
            run.Out.Flush();
        }
        else if (!outcome.Succeeded)
        {
            run.Remark($"message {delivery.MessageId} failed: {outcome.Reason}");
        }
    }

    /// <summary>False when the lease was lost meanwhile, or a worker's connection, which is told and no reason to
    /// stop.</summary>
    private async ValueTask<bool> SettleAsync(Delivery delivery, ValueTask settling)
    {
        try
        {
            await settling;
            return true;
        }
        catch (NexoException failure) when (failure.Code == ErrorCode.LeaseLost)
        {
            _failed++;
            run.Remark($"message {delivery.MessageId} was no longer ours: it comes again");
            return false;
        }
        catch (NexoException failure) when (settings.Follow && IsPassing(failure))
        {
            _failed++;
            run.Remark($"message {delivery.MessageId} may not be settled, and then comes again: {failure.Message}");
            return false;
        }
    }

    /// <summary>Whether it says nothing about the message itself, so that whoever follows goes on.</summary>
    public static bool IsPassing(NexoException failure) =>
        failure.Retryable || failure.Code is ClientErrorCode.ConnectionLost or ClientErrorCode.DeadlineExceeded;

    /// <summary>Gives back what was only looked at, and what was pulled and not come to.</summary>
    private async Task GiveBackAsync()
    {
        Delivery[] held = run.Cancel.IsCancellationRequested ? [.. _given.Union(_pulled)] : [.. _given];
        if (held.Length > 0)
        {
            await queue.ReleaseAsync(held, CancellationToken.None);
        }
    }

    private async Task<TimeSpan> LeaseAsync()
    {
        try
        {
            return settings.Lease ?? (await queue.DescribeAsync(run.Cancel)).Options.Lease ?? LeaseUnlessKnown;
        }
        catch (NexoException failure) when (failure.Code == ErrorCode.QueueNotFound)
        {
            // Consuming may make it.
            return LeaseUnlessKnown;
        }
    }

    // Silence may last for hours: who looks at it is to know whether it still listens.
    private void Tell(NexoConnectionState state)
    {
        if (state == NexoConnectionState.Connecting)
        {
            run.Remark("the connection is lost; trying again");
        }
        else if (state == NexoConnectionState.Connected)
        {
            run.Remark("connected again");
        }
    }
}
