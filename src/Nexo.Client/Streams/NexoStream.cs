using System.Text;
using Nexo.Protocol;

namespace Nexo.Client;

/// <summary>
/// A stream by its name, whatever its records say: its definition and its figures. <see cref="NexoStream{T}"/> appends and reads.
/// Thread-safe; nothing is asked of the server before a method is called. A call fails with <see cref="NexoException"/>
/// (<see cref="ErrorCode.StreamNotFound"/> when there is no such stream), or with <see cref="OperationCanceledException"/> when its
/// token was cancelled.
/// </summary>
public abstract class NexoStream
{
    private const int PageGroups = 1_000;

    private protected NexoStream(NexoClient client, string name, INexoSerializer serializer, TimeSpan timeout)
    {
        ArgumentNullException.ThrowIfNull(name);
        Client = client;
        Name = name;
        NameBytes = Encoding.UTF8.GetBytes(name);
        Serializer = serializer;
        Timeout = timeout;
    }

    /// <summary>The stream's name.</summary>
    public string Name { get; }

    internal NexoClient Client { get; }

    internal byte[] NameBytes { get; }

    internal INexoSerializer Serializer { get; }

    internal TimeSpan Timeout { get; }

    /// <summary>Makes the stream, unless it is there.</summary>
    /// <param name="options">What it is to be set to; what is not given has the server's default, or stays as it is when the stream is
    /// there.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="NexoException"><see cref="ErrorCode.StreamConflict"/>: it is there with another value of an option that is
    /// given. <see cref="ErrorCode.InvalidArgument"/>: an option is out of its range.</exception>
    public ValueTask<StreamCreation> CreateAsync(
        StreamOptions? options = null, CancellationToken cancellationToken = default)
    {
        FrameBuffer body = RequestBodies.Rent();
        StreamCreateRequest.WriteStart(body, NameBytes);
        StreamOptionBodies.Write(body, options ?? new StreamOptions());
        return CallAsync<StreamCreateReader, StreamCreation>(
            Opcode.StreamCreate, CallTraits.Idempotent, body, new(Name), cancellationToken);
    }

    /// <summary>The stream's definition, and what there is of it.</summary>
    public ValueTask<StreamDescription> DescribeAsync(CancellationToken cancellationToken = default) =>
        CallAsync<StreamDescribeReader, StreamDescription>(
            Opcode.StreamDescribe, CallTraits.Idempotent, NameBody(), new(Name), cancellationToken);

    /// <summary>Changes the options that are given, and returns the new definition.</summary>
    /// <param name="changes">What is to be set; the others stay as they are.</param>
    /// <param name="revision">Only if the definition has this revision (compare and set).</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="NexoException"><see cref="ErrorCode.StreamConflict"/>: it has another revision.
    /// <see cref="ErrorCode.InvalidArgument"/>: an option is out of its range.</exception>
    public ValueTask<StreamDefinition> UpdateAsync(
        StreamOptions changes, ulong? revision = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(changes);
        FrameBuffer body = RequestBodies.Rent();
        StreamUpdateRequest.WriteStart(body, revision ?? 0, NameBytes);
        StreamOptionBodies.Write(body, changes);
        CallTraits traits = revision is null ? CallTraits.Idempotent : CallTraits.None;
        return CallAsync<StreamUpdateReader, StreamDefinition>(
            Opcode.StreamUpdate, traits, body, new(Name), cancellationToken);
    }

    /// <summary>Lets the records before an offset go, also those that groups have not done, and returns the offset of the first one
    /// that stays.</summary>
    /// <exception cref="NexoException"><see cref="ErrorCode.OffsetOutOfRange"/>: the stream does not have this
    /// offset.</exception>
    public ValueTask<ulong> TrimBeforeAsync(ulong offset, CancellationToken cancellationToken = default) =>
        TrimAsync(TrimBy.Offset, offset, cancellationToken);

    /// <summary>Lets the records before the first one with this time or a later one go.</summary>
    /// <inheritdoc cref="TrimBeforeAsync(ulong, CancellationToken)" path="/param"/>
    public ValueTask<ulong> TrimBeforeAsync(DateTimeOffset time, CancellationToken cancellationToken = default) =>
        TrimAsync(TrimBy.Time, WireTimes.Place(time), cancellationToken);

    /// <summary>Lets all go but the last so many records, or bytes, roughly.</summary>
    /// <param name="by"><see cref="TrimBy.Records"/> or <see cref="TrimBy.Bytes"/>.</param>
    /// <param name="keep">How many stay.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public ValueTask<ulong> TrimToLastAsync(TrimBy by, ulong keep, CancellationToken cancellationToken = default)
    {
        if (by is not (TrimBy.Records or TrimBy.Bytes))
        {
            throw new ArgumentOutOfRangeException(nameof(by), by, "Give Records or Bytes.");
        }

        return TrimAsync(by, keep, cancellationToken);
    }

    /// <summary>Deletes the stream with its records and groups, and returns how many records went. Its readers end with
    /// <see cref="ErrorCode.StreamNotFound"/>.</summary>
    /// <param name="conditions">What must hold for it; the stream stays when it does not.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public ValueTask<long> DeleteAsync(
        StreamDeleteConditions conditions = StreamDeleteConditions.None, CancellationToken cancellationToken = default)
    {
        FrameBuffer body = RequestBodies.Rent();
        new StreamDeleteRequest { Conditions = conditions, Name = NameBytes }.Write(body);
        return CallAsync<CountReader, long>(Opcode.StreamDelete, CallTraits.None, body, default, cancellationToken);
    }

    /// <summary>The groups of the stream, in the order of their names, page after page.</summary>
    public IAsyncEnumerable<StreamGroupSummary> ListGroupsAsync(CancellationToken cancellationToken = default) =>
        Pages.AllAsync(
            (cursor, cancel) => CallAsync<GroupsReader, NexoPage<StreamGroupSummary>>(
                Opcode.GroupList, CallTraits.Idempotent, PageBodies.Scan(Name, cursor, PageGroups), default, cancel),
            cancellationToken);

    /// <summary>The stream's figures; reading them costs the same however much is in it.</summary>
    public ValueTask<StreamStats> StatsAsync(CancellationToken cancellationToken = default) =>
        CallAsync<StreamStatsReader, StreamStats>(
            Opcode.StreamStats, CallTraits.Idempotent, NameBody(), default, cancellationToken);

    internal ValueTask<TResult> CallAsync<TReader, TResult>(
        Opcode opcode, CallTraits traits, FrameBuffer body, TReader reader, CancellationToken cancel)
        where TReader : struct, IReplyReader<TResult> =>
        Client.CallAsync<TReader, TResult>(opcode, traits, body, reader, Timeout, cancel);

    internal ValueTask<ReadRun> ReadRunAsync(
        StreamPosition from, uint recordsMax, uint bytesMax, NexoKey key, TimeSpan wait, CancellationToken cancel)
    {
        uint waitMs = WireTimes.MillisecondsShort(wait, nameof(wait));
        FrameBuffer body = StreamBodies.Read(this, from, waitMs, recordsMax, bytesMax, key);
        TimeSpan deadline = Timeout == System.Threading.Timeout.InfiniteTimeSpan ? Timeout : Timeout + wait;
        return Client.CallAsync<StreamReadReader, ReadRun>(
            Opcode.StreamRead, CallTraits.Idempotent, body, default, deadline, cancel);
    }

    private ValueTask<ulong> TrimAsync(TrimBy by, ulong value, CancellationToken cancel)
    {
        FrameBuffer body = RequestBodies.Rent();
        new StreamTrimRequest { By = by, Value = value, Name = NameBytes }.Write(body);
        return CallAsync<StreamTrimReader, ulong>(Opcode.StreamTrim, CallTraits.Idempotent, body, default, cancel);
    }

    private FrameBuffer NameBody()
    {
        FrameBuffer body = RequestBodies.Rent();
        body.Write(NameBytes);
        return body;
    }
}
