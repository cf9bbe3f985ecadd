using System.Text;
using Nexo.Protocol;

namespace Nexo.Client;

/// <summary>
/// A queue by its name, whatever its messages say: its definition and its figures. <see cref="NexoQueue{T}"/> pushes and
/// consumes. Thread-safe; nothing is asked of the server before a method is called. A call fails with
/// <see cref="NexoException"/>, or with <see cref="OperationCanceledException"/> when its token was cancelled.
/// </summary>
public abstract partial class NexoQueue
{
    // Long enough for nearly every group and dedup id; longer ones are encoded into an array.
    private protected const int KeyScratchBytes = 256;

    private protected NexoQueue(NexoClient client, string name, INexoSerializer serializer, TimeSpan timeout)
    {
        ArgumentNullException.ThrowIfNull(name);
        Client = client;
        Name = name;
        NameBytes = Encoding.UTF8.GetBytes(name);
        Serializer = serializer;
        Timeout = timeout;
    }

    /// <summary>The queue's name.</summary>
    public string Name { get; }

    internal NexoClient Client { get; }

    internal byte[] NameBytes { get; }

    internal INexoSerializer Serializer { get; }

    internal TimeSpan Timeout { get; }

    /// <summary>Makes the queue, unless it is there.</summary>
    /// <param name="options">What it is to be set to; what is not given has the server's default, or stays as it is when
    /// the queue is there.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="NexoException"><see cref="ErrorCode.QueueConflict"/>: it is there with another value of an option
    /// that is given; the message names both. <see cref="ErrorCode.InvalidArgument"/>: an option is out of its
    /// range.</exception>
    public ValueTask<QueueDeclaration> DeclareAsync(
        QueueOptions? options = null, CancellationToken cancellationToken = default)
    {
        FrameBuffer body = RequestBodies.Rent();
        QueueDeclareRequest.WriteStart(body, NameBytes);
        OptionFields.Write(body, options ?? OptionFields.None);
        return CallAsync<DeclareReader, QueueDeclaration>(
            Opcode.QueueDeclare, CallTraits.Idempotent, body, new(Name), cancellationToken);
    }

    /// <summary>The queue's definition.</summary>
    /// <exception cref="NexoException"><see cref="ErrorCode.QueueNotFound"/>: there is no such queue.</exception>
    public ValueTask<QueueDefinition> DescribeAsync(CancellationToken cancellationToken = default) =>
        CallAsync<DefinitionReader, QueueDefinition>(
            Opcode.QueueDescribe, CallTraits.Idempotent, NameBody(), new(Name), cancellationToken);

    /// <summary>Changes the options that are given, and returns the new definition.</summary>
    /// <param name="changes">What is to be set; the others stay as they are.</param>
    /// <param name="revision">Only if the definition has this revision (compare and set).</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="NexoException"><see cref="ErrorCode.QueueConflict"/>: it has another revision.
    /// <see cref="ErrorCode.InvalidArgument"/>: an option is out of its range.</exception>
    public ValueTask<QueueDefinition> UpdateAsync(
        QueueOptions changes, ulong? revision = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(changes);
        FrameBuffer body = RequestBodies.Rent();
        QueueUpdateRequest.WriteStart(body, revision ?? 0, NameBytes);
        OptionFields.Write(body, changes);
        CallTraits traits = revision is null ? CallTraits.Idempotent : CallTraits.None;
        return CallAsync<DefinitionReader, QueueDefinition>(
            Opcode.QueueUpdate, traits, body, new(Name), cancellationToken);
    }

    /// <summary>Pauses the queue, until it is resumed, also over a restart: pushes fail with
    /// <see cref="ErrorCode.QueuePaused"/>, deliveries wait. What was delivered can be settled.</summary>
    public ValueTask PauseAsync(
        QueueFlow flow = QueueFlow.Pushes | QueueFlow.Deliveries, CancellationToken cancellationToken = default) =>
        SetFlowAsync(Opcode.QueuePause, flow, cancellationToken);

    /// <summary>Ends a pause.</summary>
    public ValueTask ResumeAsync(
        QueueFlow flow = QueueFlow.Pushes | QueueFlow.Deliveries, CancellationToken cancellationToken = default) =>
        SetFlowAsync(Opcode.QueueResume, flow, cancellationToken);

    /// <summary>Removes messages, ready and delayed ones unless it is said otherwise, and returns how many there were. What
    /// is leased stays. For a large queue give it time: see <see cref="NexoQueue{T}.WithTimeout"/>.</summary>
    public ValueTask<long> PurgeAsync(
        PurgeParts parts = PurgeParts.Ready | PurgeParts.Delayed, CancellationToken cancellationToken = default)
    {
        FrameBuffer body = RequestBodies.Rent();
        new QueuePurgeRequest { Parts = parts, Name = NameBytes }.Write(body);
        return CallAsync<CountReader, long>(
            Opcode.QueuePurge, CallTraits.Idempotent, body, default, cancellationToken);
    }

    /// <summary>Deletes the queue with all that is in it, dead letters included, and returns how many messages there were.
    /// Its consumers end with <see cref="ErrorCode.QueueNotFound"/>.</summary>
    /// <param name="conditions">What must hold for it; the queue stays when it does not.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public ValueTask<long> DeleteAsync(
        QueueDeleteConditions conditions = QueueDeleteConditions.None, CancellationToken cancellationToken = default)
    {
        FrameBuffer body = RequestBodies.Rent();
        new QueueDeleteRequest { Conditions = conditions, Name = NameBytes }.Write(body);
        return CallAsync<CountReader, long>(Opcode.QueueDelete, CallTraits.None, body, default, cancellationToken);
    }

    /// <summary>The queue's figures; reading them costs the same however much is in it.</summary>
    public ValueTask<QueueStats> StatsAsync(CancellationToken cancellationToken = default) =>
        CallAsync<StatsReader, QueueStats>(
            Opcode.QueueStats, CallTraits.Idempotent, NameBody(), default, cancellationToken);

    internal ValueTask<TResult> CallAsync<TReader, TResult>(
        Opcode opcode, CallTraits traits, FrameBuffer body, TReader reader, CancellationToken cancel)
        where TReader : struct, IReplyReader<TResult> =>
        Client.CallAsync<TReader, TResult>(opcode, traits, body, reader, Timeout, cancel);

    private FrameBuffer NameBody()
    {
        FrameBuffer body = RequestBodies.Rent();
        body.Write(NameBytes);
        return body;
    }

    private async ValueTask SetFlowAsync(Opcode opcode, QueueFlow flow, CancellationToken cancel)
    {
        FrameBuffer body = RequestBodies.Rent();
        new QueuePauseRequest { Flow = flow, Name = NameBytes }.Write(body);
        await CallAsync<EmptyReader, bool>(opcode, CallTraits.Idempotent, body, default, cancel).ConfigureAwait(false);
    }
}
