using System.Diagnostics;
using System.Runtime.CompilerServices;
using Nexo.Protocol;

namespace Nexo.Client;

/// <summary>
/// One call: what is sent for it, where it waits, and how its caller is told. At any moment it is in one place only:
/// the line of those that wait to be sent, or a slot of one connection. Whoever takes it out of there, under the lock
/// of that place, and nobody else, completes it.
/// </summary>
internal abstract class Operation : ILinked<Operation>
{
    private Link<Operation> _link;
    private CancellationTokenRegistration _cancellation;

    public Opcode Opcode { get; private set; }

    public CallTraits Traits { get; private set; }

    /// <summary>What the server shall have done before it answers.</summary>
    public Durability Durability { get; private set; }

    /// <summary>The timestamp at which the call ends without an answer; <see cref="long.MaxValue"/> for
    /// never.</summary>
    public long DeadlineAt { get; private set; }

    /// <summary>The request's body until it is written.</summary>
    public FrameBuffer? Body { get; private set; }

    /// <summary>What the request opens, if it opens a subscription.</summary>
    public Subscription? Subscription { get; private set; }

    /// <summary>Not answered: it ends when it is on its way.</summary>
    public bool IsNotice { get; private set; }

    /// <summary>The one connection on which it means something.</summary>
    public Connection? OnlyOn { get; private set; }

    /// <summary>What it publishes to.</summary>
    public string? Destination { get; private set; }

    /// <summary>How many bytes at the body's beginning are headers, for the frame's header block.</summary>
    public int HeaderBytes { get; private set; }

    /// <summary>Takes the reply when the caller no longer does.</summary>
    public ILateReply? Late { get; private set; }

    /// <summary>Takes the header block of the reply.</summary>
    public StrongBox<byte[]>? ReplyHeaders { get; private set; }

    /// <summary>The trace that the server should join: an activity's W3C id and state.</summary>
    public Activity? Trace { get; set; }

    /// <summary>The call's measurement, when somebody listens.</summary>
    public CallMeasurement Measurement { get; set; }

    // Where it waits: in the dispatcher's line, or in a slot of a connection, which alone set these, under their locks.
    public ref Link<Operation> Link => ref _link;

    public Connection? Connection { get; set; }

    public int Slot { get; set; }

    /// <summary>The batch of the connection's outbox that holds the request.</summary>
    public long Batch { get; set; }

    public bool IsIdempotent => (Traits & CallTraits.Idempotent) != 0;

    public void Prepare(in CallRequest call, long deadlineAt)
    {
        Opcode = call.Opcode;
        Traits = call.Traits;
        Durability = call.Durability;
        Body = call.Body;
        HeaderBytes = call.HeaderBytes;
        Subscription = call.Subscription;
        IsNotice = call.IsNotice;
        OnlyOn = call.OnlyOn;
        Destination = call.Destination;
        Late = call.Late;
        ReplyHeaders = call.ReplyHeaders;
        DeadlineAt = deadlineAt;
    }

    public FrameBuffer? TakeBody()
    {
        FrameBuffer? body = Body;
        Body = null;
        return body;
    }

    /// <summary>Watches the caller's token. Comes after sending: a callback that finds the call in no place does
    /// nothing, so before it, it could be missed.</summary>
    public void WatchToken(Dispatcher dispatcher, CancellationToken cancel)
    {
        Dispatcher = dispatcher;
        _cancellation = cancel.UnsafeRegister(
            static (state, token) =>
            {
                var operation = (Operation)state!;
                operation.Dispatcher!.Cancel(operation, token);
            },
            this);
    }

    /// <summary>Reads the reply; false when it is malformed. <see cref="Signal"/> tells the caller.</summary>
    public abstract bool TryRead(ReadOnlySpan<byte> body);

    /// <summary>Sets the failure. <see cref="Signal"/> tells the caller.</summary>
    public abstract void SetError(Exception error);

    /// <summary>Wakes the caller.</summary>
    /// <param name="inline">Whether its continuation may run here and now; else it is queued to the pool.</param>
    public abstract void Signal(bool inline);

    public void Fail(Exception error)
    {
        SetError(error);
        Signal(inline: false);
    }

    protected Dispatcher? Dispatcher { get; private set; }

    /// <summary>Forgets everything. After it no cancellation callback can be running or come.</summary>
    protected void Forget()
    {
        _cancellation.Dispose();
        _cancellation = default;
        Dispatcher = null;
        Body = null;
        Subscription = null;
        OnlyOn = null;
        Destination = null;
        Late = null;
        ReplyHeaders = null;
        Trace = null;
        Measurement = default;
        Connection = null;
    }
}
