using Nexo.Protocol;

namespace Nexo.Client;

/// <summary>Settling many deliveries at once, in as few requests as it takes.</summary>
internal static class SettleBatch
{
    /// <summary>Most deliveries of one request. A server takes more, but not as many as a consumer may hold, and all others
    /// of the queue wait while it settles them.</summary>
    public const int RequestMax = 4_096;

    public static async ValueTask<QueueSettleResult> RunAsync(
        NexoQueue queue, IReadOnlyCollection<QueueDelivery> deliveries, Settlement settlement, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(deliveries);
        cancel.ThrowIfCancellationRequested();
        var begun = new List<QueueDelivery>(deliveries.Count);
        var failures = new List<QueueSettleFailure>();
        foreach (QueueDelivery delivery in deliveries)
        {
            if (delivery.Queue != queue.Name)
            {
                throw new ArgumentException(
                    $"A message of queue '{delivery.Queue}' is not settled through queue '{queue.Name}'.", nameof(deliveries));
            }
        }

        foreach (QueueDelivery delivery in deliveries)
        {
            if (delivery.Source.TryBegin(delivery, out NexoException? refusal))
            {
                begun.Add(delivery);
            }
            else
            {
                failures.Add(new QueueSettleFailure(delivery, refusal!.Code));
            }
        }

        if (begun.Count > 0)
        {
            await RunAsync(queue, begun, failures, settlement, cancel).ConfigureAwait(false);
        }

        return new QueueSettleResult(deliveries.Count - failures.Count, failures);
    }

    /// <summary>Settles, and takes down a code for each.</summary>
    public static async ValueTask SendAsync(
        NexoQueue queue,
        IReadOnlyList<QueueDelivery> deliveries,
        Memory<ErrorCode> codes,
        Settlement settlement,
        CancellationToken cancel)
    {
        FrameBuffer body = settlement.Begin(queue.NameBytes, deliveries.Count);
        foreach (QueueDelivery delivery in deliveries)
        {
            LeaseList.WriteItem(body, delivery.MessageId, delivery.LeaseToken);
        }

        await queue.CallAsync<PerItemReader, bool>(settlement.Opcode, CallTraits.None, body, new(codes), cancel)
            .ConfigureAwait(false);
    }

    /// <summary>Lets a call end by itself: nobody could do anything about its failure.</summary>
    public static async Task ForgetAsync<TResult>(ValueTask<TResult> call)
    {
        try
        {
            await call.ConfigureAwait(false);
        }
        catch (NexoException)
        {
            // What was not given back comes back when its lease ends.
        }
    }

    private static async ValueTask RunAsync(
        NexoQueue queue,
        List<QueueDelivery> begun,
        List<QueueSettleFailure> failures,
        Settlement settlement,
        CancellationToken cancel)
    {
        var codes = new ErrorCode[begun.Count];
        Array.Fill(codes, ErrorCode.Internal);
        try
        {
            for (int start = 0; start < begun.Count; start += RequestMax)
            {
                int count = Math.Min(RequestMax, begun.Count - start);
                List<QueueDelivery> some = count == begun.Count ? begun : begun.GetRange(start, count);
                await SendAsync(queue, some, codes.AsMemory(start, count), settlement, cancel).ConfigureAwait(false);
            }
        }
        finally
        {
            for (int i = 0; i < codes.Length; i++)
            {
                begun[i].Source.End(begun[i], codes[i]);
                if (codes[i] != ErrorCode.None)
                {
                    failures.Add(new QueueSettleFailure(begun[i], codes[i]));
                }
            }
        }
    }
}
