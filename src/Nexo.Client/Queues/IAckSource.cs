using Nexo.Protocol;

namespace Nexo.Client;

/// <summary>Where deliveries came from that are acked, and what it takes to ack them.</summary>
internal interface IAckSource<TDelivery>
    where TDelivery : class
{
    /// <summary>Whether a delivery can be acked by the request that acks another one.</summary>
    bool AreTogether(TDelivery first, TDelivery next);

    /// <summary>Sends one request for all of them; a code for each is written down before it ends.</summary>
    ValueTask<bool> SendAsync(ReadOnlySpan<AckWaiter<TDelivery>> acks, Memory<ErrorCode> codes);

    /// <summary>Takes down what came of one.</summary>
    void End(TDelivery delivery, ErrorCode code);

    NexoException ErrorOf(TDelivery delivery, ErrorCode code);
}
