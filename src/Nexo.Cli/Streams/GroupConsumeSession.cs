using System.Runtime.CompilerServices;
using Nexo.Cli.Queues;
using Nexo.Cli.Terminal;
using Nexo.Client;
using Nexo.Protocol;
using Delivery = Nexo.Client.StreamDelivery<System.ReadOnlyMemory<byte>>;

namespace Nexo.Cli.Streams;

/// <summary>One <c>group consume</c>: takes records, shows each, settles or commits them.</summary>
internal sealed class GroupConsumeSession(ClientRun run, StreamGroup<ReadOnlyMemory<byte>> group, RecordPrinter printer)
{
    // Printed and not settled yet: as many as are at hand, up to this.
    private const int UnsettledMax = 256;

    private readonly List<Delivery> _unsettled = [];
    private long _count;
    private long _lost;

    public required long CountMax { get; init; }

    public required bool Follow { get; init; }

    public TimeSpan? Wait { get; init; }

    public required ConsumeSettling Settling { get; init; }

    public string? Reason { get; init; }

    public TimeSpan? Delay { get; init; }

    public required StreamJoinOptions Joining { get; init; }

    public async Task<int> RunAsync()
    {
        if (Settling is ConsumeSettling.Nack or ConsumeSettling.DeadLetter
            && (await group.DescribeAsync(run.Cancel)).Mode == GroupMode.Ordered)
        {
            throw CliFailure.Usage(
                "A record of an ordered group cannot fail by itself: those behind it would have to wait.",
                "--nack and --dead-letter are for groups with --mode shared");
        }

        if (Follow)
        {
            run.Remark("waiting for records; Ctrl-C ends");
            StreamTailCommand.TellLosses(run);
        }

        try
        {
            await ConsumeAsync();
        }
        catch (OperationCanceledException) when (Follow && run.Cancel.IsCancellationRequested)
        {
            // Ctrl-C ends it as it is meant to.
            run.Remark("");
        }

        if (_count == 0 && !Follow)
        {
            run.Remark("no record, or another member is the active one");
        }

        return _lost == 0 && (_count > 0 || Follow) ? ExitCode.Ok : ExitCode.Negative;
    }

    private async Task ConsumeAsync()
    {
        // The member must be one until what it has is settled: it leaves when this is disposed.
        using var over = CancellationTokenSource.CreateLinkedTokenSource(run.Cancel);
        IAsyncEnumerator<Delivery> deliveries =
            (Follow ? group.ConsumeAsync(Joining, over.Token) : TakeAsync(over.Token)).GetAsyncEnumerator(over.Token);
        Task<bool> next = Task.FromResult(true);
        try
        {
            while (_count < CountMax)
            {
                next = deliveries.MoveNextAsync().AsTask();
                if (Follow && (!next.IsCompleted || _unsettled.Count >= UnsettledMax))
                {
                    await SettleAsync();
                }

                if (!await next)
                {
                    break;
                }

                printer.Print(deliveries.Current.Record);
                _unsettled.Add(deliveries.Current);
                _count++;
            }
        }
        finally
        {
            await over.CancelAsync();
            await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await SettleAsync();
            await deliveries.DisposeAsync();
        }
    }

    // What is there now; only a first record is waited for.
    private async IAsyncEnumerable<Delivery> TakeAsync([EnumeratorCancellation] CancellationToken cancel)
    {
        StreamMember<ReadOnlyMemory<byte>> member = await group.JoinToPullAsync(Joining, cancel);
        await using (member)
        {
            TimeSpan? wait = Wait;
            for (long left = CountMax; left > 0; wait = null)
            {
                IReadOnlyList<Delivery> pulled = await member.PullAsync((int)Math.Min(left, Joining.Prefetch), wait, cancel);
                if (pulled.Count == 0)
                {
                    yield break;
                }

                foreach (Delivery delivery in pulled)
                {
                    yield return delivery;
                }

                // Before more is asked for: of a key there is no other one while one is out.
                await SettleAsync();
                left -= pulled.Count;
            }
        }
    }

    // Printed is printed before it is settled: a record may come twice, and is never lost.
    private async Task SettleAsync()
    {
        run.Out.Flush();
        Delivery[] settled = [.. _unsettled];
        _unsettled.Clear();
        if (settled.Length == 0 || Settling == ConsumeSettling.GiveBack)
        {
            // What was only looked at goes to others when this member leaves.
            return;
        }

        if (settled[^1].IsOrdered)
        {
            await SettleAsync(settled[^1].Offset, settled[^1].CommitAsync(CancellationToken.None).AsTask());
        }
        else
        {
            await Task.WhenAll(settled.Select(delivery => SettleAsync(delivery.Offset, Settle(delivery))));
        }
    }

    private Task Settle(Delivery delivery) => Settling switch
    {
        ConsumeSettling.Nack => delivery.NackAsync(Delay, Reason, CancellationToken.None).AsTask(),
        ConsumeSettling.DeadLetter => delivery.DeadLetterAsync(Reason ?? "", CancellationToken.None).AsTask(),
        _ => delivery.AckAsync(CancellationToken.None).AsTask(),
    };

    private async Task SettleAsync(ulong offset, Task settling)
    {
        try
        {
            await settling;
        }
        catch (NexoException failure) when (failure.Code is ErrorCode.LeaseLost or ErrorCode.MemberFenced)
        {
            Interlocked.Increment(ref _lost);
            run.Remark($"record {offset} was no longer ours: it comes again");
        }
        catch (NexoException failure) when (Follow && ConsumeSession.IsPassing(failure))
        {
            Interlocked.Increment(ref _lost);
            run.Remark($"record {offset} may not be done, and then comes again: {failure.Message}");
        }
    }
}
