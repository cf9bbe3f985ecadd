using System.Diagnostics;
using Nexo.Protocol;

namespace Nexo.Client;

/// <summary>
/// A message that this consumer has until it settles it, or until its lease ends. Settle it once: ack it when it is
/// done, nack it when it failed, release it when it was not worked on. Settling it once more, after its lease has ended,
/// or after the connection over which it came was lost, fails with <see cref="ErrorCode.LeaseLost"/> and changes nothing: the
/// message goes, or went, to another consumer.
/// </summary>
public abstract class QueueDelivery : ILinked<QueueDelivery>
{
    private readonly DeliverySource _source;
    private readonly ReadOnlyMemory<byte> _bytes;
    private readonly int _groupBytes;
    private readonly int _headerBytes;
    private Link<QueueDelivery> _link;

    private protected QueueDelivery(DeliverySource source, in DeliveredMessage message, ReadOnlyMemory<byte> bytes)
    {
        _source = source;
        _bytes = bytes;
        _groupBytes = message.Group.Length;
        _headerBytes = message.Headers.Length;
        MessageId = message.MessageId;
        LeaseToken = message.Lease;
        EnqueuedAtMs = message.EnqueuedAt;
        LeaseEndsAtMs = message.LeaseEndsAt;
        Attempt = (int)Math.Min(message.Attempt, int.MaxValue);
        Priority = message.Priority;
        Redelivered = (message.Flags & DeliveryFlags.Redelivered) != 0 || message.Attempt > 1;
    }

    /// <summary>Its id in its queue.</summary>
    public ulong MessageId { get; }

    /// <summary>The token that this delivery alone has, and that settles it; 0 when it was settled by its
    /// delivery.</summary>
    public ulong LeaseToken { get; }

    /// <summary>Which delivery of the message this is, 1 for the first.</summary>
    public int Attempt { get; }

    /// <summary>True when it was, or may have been, delivered before.</summary>
    public bool Redelivered { get; }

    /// <summary>The higher goes first.</summary>
    public int Priority { get; }

    /// <summary>When the message was first pushed, by the server's clock.</summary>
    public DateTimeOffset EnqueuedAt => WireTimes.Moment(EnqueuedAtMs);

    /// <summary>When the lease ends, by the server's clock, unless it is extended.</summary>
    public DateTimeOffset LeaseEndsAt => WireTimes.Moment(LeaseEndsAtMs);

    /// <summary>Its group; empty: none.</summary>
    public NexoKey Group => _groupBytes == 0 ? NexoKey.Empty : _bytes[.._groupBytes];

    /// <summary>Its headers.</summary>
    public NexoHeaders Headers => new(_bytes.Slice(_groupBytes, _headerBytes));

    /// <summary>The bytes of its body.</summary>
    public ReadOnlyMemory<byte> RawBody => _bytes[(_groupBytes + _headerBytes)..];

    /// <summary>The name of the queue that it came from.</summary>
    public string Queue => _source.QueueName;

    /// <summary>The trace in which it was pushed, to be the parent of an activity; the default when it tells
    /// none.</summary>
    public ActivityContext TraceContext => Headers.TraceContext;

    internal long EnqueuedAtMs { get; }

    internal long LeaseEndsAtMs { get; set; }

    internal DeliverySource Source => _source;

    // Where it is kept, and what is being done about it; guarded by its source's gate.
    internal DeliveryState State { get; set; }

    ref Link<QueueDelivery> ILinked<QueueDelivery>.Link => ref _link;

    /// <summary>How long it was delivered for, in ms; 0 for as long as the queue says.</summary>
    internal uint LeaseMs { get; init; }

    /// <summary>The timestamp of this process at which its lease ends, unless it is extended.</summary>
    internal long LeaseUntil { get; set; } = long.MaxValue;

    /// <summary>Called, without any lock, when the lease is found to be lost.</summary>
    internal Action<QueueDelivery>? OnLost { get; set; }

    /// <summary>Settles the message: it is done, and gone when this returns. Acks that are asked for together travel
    /// together, and an ack allocates nothing unless it can be cancelled.</summary>
    /// <param name="cancellationToken">Ends the wait; the message may have been acked.</param>
    /// <exception cref="NexoException"><see cref="ErrorCode.LeaseLost"/>: another consumer has it, or will.</exception>
    public ValueTask AckAsync(CancellationToken cancellationToken = default) =>
        _source.AckAsync(this, cancellationToken);

    /// <summary>Settles the message as failed: it comes again, or becomes a dead letter when it has failed as often as its
    /// queue allows.</summary>
    /// <param name="delay">When it comes again: after the queue's backoff unless it is given; zero: at once.</param>
    /// <param name="reason">For people, at most 4,096 bytes; is kept with the message.</param>
    /// <param name="cancellationToken">Ends the wait; the message may have been nacked.</param>
    /// <exception cref="NexoException"><see cref="ErrorCode.LeaseLost"/>: another consumer has it, or will.</exception>
    public ValueTask NackAsync(
        TimeSpan? delay = null, string? reason = null, CancellationToken cancellationToken = default) =>
        _source.SettleAsync(this, Settlement.Nack(delay, reason), cancellationToken);

    /// <summary>Gives the message back as one that was not worked on: it comes again at once, in its old place, and it is no
    /// failure.</summary>
    /// <exception cref="NexoException"><see cref="ErrorCode.LeaseLost"/>: another consumer has it, or will.</exception>
    public ValueTask ReleaseAsync(CancellationToken cancellationToken = default) =>
        _source.SettleAsync(this, Settlement.Release, cancellationToken);

    /// <summary>Makes the message a dead letter now, since no attempt can succeed.</summary>
    /// <param name="reason">For people, at most 4,096 bytes; is kept with the message.</param>
    /// <param name="cancellationToken">Ends the wait; the message may be a dead letter.</param>
    /// <exception cref="NexoException"><see cref="ErrorCode.LeaseLost"/>: another consumer has it, or will.</exception>
    public ValueTask DeadLetterAsync(string reason, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(reason);
        return _source.SettleAsync(this, Settlement.DeadLetter(reason), cancellationToken);
    }

    /// <summary>Lets the lease end later, and returns when that is by the server's clock.</summary>
    /// <param name="lease">From now; the time that it was delivered with unless it is given.</param>
    /// <param name="cancellationToken">Ends the wait; the lease may have been extended.</param>
    /// <exception cref="NexoException"><see cref="ErrorCode.LeaseLost"/>: another consumer has it, or will.</exception>
    public ValueTask<DateTimeOffset> ExtendAsync(
        TimeSpan? lease = null, CancellationToken cancellationToken = default) =>
        _source.ExtendAsync(this, lease, cancellationToken);

    /// <summary>Answers the message: pushes a value to the queue that its <c>reply-to</c> header names, with its
    /// <c>correlation-id</c>. If it came from a topic by a binding and asks for a reply to its client's topic, the value is published
    /// there, and the result's id is 0. Ack the message after it.</summary>
    /// <exception cref="InvalidOperationException">The message asks for no reply.</exception>
    /// <exception cref="NexoException">The reply could not be pushed; <see cref="ErrorCode.QueueNotFound"/> or
    /// <see cref="ClientErrorCode.NoReceivers"/>: whoever asked has gone.</exception>
    public ValueTask<QueuePushResult> ReplyAsync<TReply>(
        TReply reply, CancellationToken cancellationToken = default) =>
        ReplyInbox.SendAsync(_source, Headers, reply, cancellationToken);
}

/// <summary>A delivery with its body as a value.</summary>
public sealed class QueueDelivery<T> : QueueDelivery
{
    private readonly INexoSerializer _serializer;
    private T _body = default!;
    private volatile bool _read;

    internal QueueDelivery(
        DeliverySource source, in DeliveredMessage message, ReadOnlyMemory<byte> bytes, INexoSerializer serializer)
        : base(source, message, bytes) =>
        _serializer = serializer;

    /// <summary>What the message says; read when it is first asked for.</summary>
    /// <exception cref="NexoException">The serializer cannot read it
    /// (<see cref="ClientErrorCode.ValueUnreadable"/>).</exception>
    public T Body
    {
        get
        {
            if (!_read)
            {
                _body = Values.ReadOwned<T>(_serializer, RawBody);
                _read = true;
            }

            return _body;
        }
    }
}

/// <summary>What is being done about a delivery.</summary>
internal enum DeliveryState : byte
{
    /// <summary>It waits to be taken.</summary>
    Waiting = 0,

    /// <summary>Somebody works on it.</summary>
    Taken = 1,

    /// <summary>It is being settled.</summary>
    Settling = 2,

    Settled = 3,

    /// <summary>The lease has ended otherwise.</summary>
    Lost = 4,
}
