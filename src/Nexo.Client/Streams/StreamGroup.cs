using System.Runtime.CompilerServices;
using System.Text;
using Nexo.Protocol;

namespace Nexo.Client;

/// <summary>
/// A group of a stream: a durable position at which its members go on together, so each record is delivered at least once. Ordered: one
/// member gets all records in their order, the others stand by. Shared by key: all get records, of each key one at a time. Thread-safe;
/// nothing is asked of the server before a method is called.
/// </summary>
/// <example>
/// <code>
/// StreamGroup&lt;Order&gt; billing = client.Stream&lt;Order&gt;("orders").Group("billing");
/// await billing.CreateAsync(GroupMode.SharedByKey);
/// await foreach (StreamDelivery&lt;Order&gt; delivery in billing.ConsumeAsync(cancellationToken: stopping))
/// {
///     await BillAsync(delivery.Value);
///     await delivery.AckAsync();
/// }
/// </code>
/// </example>
public sealed class StreamGroup<T>
{
    private readonly NexoStream<T> _stream;
    private readonly byte[] _nameBytes;

    internal StreamGroup(NexoStream<T> stream, string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        _stream = stream;
        Name = name;
        _nameBytes = Encoding.UTF8.GetBytes(name);
    }

    /// <summary>The group's name in its stream.</summary>
    public string Name { get; }

    /// <summary>Makes the group, unless it is there.</summary>
    /// <param name="mode">How its members share the stream.</param>
    /// <param name="from">Where it begins, the beginning unless it is given; means nothing when it is there.</param>
    /// <param name="options">Of a group that is shared by key.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="NexoException"><see cref="ErrorCode.GroupConflict"/>: it is there with another mode, or another value of an
    /// option that is given.</exception>
    public ValueTask<StreamGroupCreation> CreateAsync(
        GroupMode mode,
        StreamFrom? from = null,
        StreamGroupOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        FrameBuffer body = RequestBodies.Rent();
        new GroupCreateRequest
        {
            Mode = mode,
            From = (from ?? StreamFrom.Beginning).ToWire(),
            Stream = _stream.NameBytes,
            Group = _nameBytes,
        }.WriteStart(body);
        GroupOptionBodies.Write(body, options ?? new StreamGroupOptions());
        return _stream.CallAsync<GroupCreateReader, StreamGroupCreation>(
            Opcode.GroupCreate, CallTraits.Idempotent, body, default, cancellationToken);
    }

    /// <summary>The group as it is.</summary>
    /// <exception cref="NexoException"><see cref="ErrorCode.GroupNotFound"/>.</exception>
    public ValueTask<StreamGroupDescription> DescribeAsync(CancellationToken cancellationToken = default) =>
        _stream.CallAsync<GroupDescribeReader, StreamGroupDescription>(
            Opcode.GroupDescribe, CallTraits.Idempotent, NameBody(), new(Name), cancellationToken);

    /// <summary>Deletes the group; false when there was none. Its members end with <see cref="ErrorCode.GroupNotFound"/>.</summary>
    public async ValueTask<bool> DeleteAsync(CancellationToken cancellationToken = default) =>
        await _stream.CallAsync<CountReader, long>(
            Opcode.GroupDelete, CallTraits.Idempotent, NameBody(), default, cancellationToken).ConfigureAwait(false) > 0;

    /// <summary>Sets the position: all records before it are done, none behind it is. Its members go on from there; what they have by then
    /// they can no longer settle.</summary>
    /// <param name="to">Where to.</param>
    /// <param name="dryRun">True: nothing is changed, and the result tells what would be.</param>
    /// <param name="clamp">True: an offset that the stream does not have stands for the nearest one.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public ValueTask<StreamSeekResult> SeekAsync(
        StreamFrom to, bool dryRun = false, bool clamp = false, CancellationToken cancellationToken = default)
    {
        FrameBuffer body = RequestBodies.Rent();
        new GroupSeekRequest
        {
            DryRun = dryRun,
            To = to.ToWire(clamp: clamp),
            Stream = _stream.NameBytes,
            Group = _nameBytes,
        }.Write(body);
        return _stream.CallAsync<GroupSeekReader, StreamSeekResult>(
            Opcode.GroupSeek, dryRun ? CallTraits.Idempotent : CallTraits.None, body, default, cancellationToken);
    }

    /// <summary>Becomes a member that is given records.</summary>
    /// <exception cref="NexoException"><see cref="ErrorCode.GroupNotFound"/>.</exception>
    public async ValueTask<StreamMember<T>> JoinAsync(
        StreamJoinOptions? options = null, CancellationToken cancellationToken = default) =>
        new(await GroupMembership.JoinAsync(_stream, Name, options ?? new(), isPulled: false, cancellationToken)
            .ConfigureAwait(false));

    /// <summary>Becomes a member that takes records by <see cref="StreamMember{T}.PullAsync"/>.</summary>
    /// <inheritdoc cref="JoinAsync" path="/exception"/>
    public async ValueTask<StreamMember<T>> JoinToPullAsync(
        StreamJoinOptions? options = null, CancellationToken cancellationToken = default) =>
        new(await GroupMembership.JoinAsync(_stream, Name, options ?? new(), isPulled: true, cancellationToken)
            .ConfigureAwait(false));

    /// <summary>Joins with the first <c>MoveNextAsync</c>, gives the records of the group as they come, and leaves when the loop is left. A
    /// lost connection is bridged: what was not done by then comes again, here or at another member.</summary>
    /// <inheritdoc cref="JoinAsync" path="/exception"/>
    public async IAsyncEnumerable<StreamDelivery<T>> ConsumeAsync(
        StreamJoinOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        StreamMember<T> member = await JoinAsync(options, cancellationToken).ConfigureAwait(false);
        await using (member.ConfigureAwait(false))
        {
            await foreach (StreamDelivery<T> delivery in member.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                yield return delivery;
            }
        }
    }

    private FrameBuffer NameBody()
    {
        FrameBuffer body = RequestBodies.Rent();
        new GroupNameRequest { Stream = _stream.NameBytes, Group = _nameBytes }.Write(body);
        return body;
    }
}
