using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Nexo.Protocol;

namespace Nexo.Client;

/// <summary>
/// A member of a group. When its connection is lost, or the server has fenced it, it joins again by itself, as a new member. Dispose it:
/// it leaves, and what it has goes to others at once. For one reader.
/// </summary>
public sealed class StreamMember<T> : IAsyncDisposable
{
    private readonly GroupMembership _membership;

    // What is left of a delivery: whoever leaves the loop and comes back goes on with it.
    private GroupOpening? _opening;
    private GroupChunk _chunk;
    private int _at;
    private int _index;

    internal StreamMember(GroupMembership membership) => _membership = membership;

    /// <summary>Its number, which nobody else has had or will have in this group; another one after it has joined again.</summary>
    public ulong Id => _membership.Opening.Joined.Member;

    /// <summary>How the members share the stream.</summary>
    public GroupMode Mode => _membership.Opening.Joined.Mode;

    /// <summary>What it was told last of the group and of itself.</summary>
    public GroupState State => _membership.Opening.State;

    /// <summary>The records that the group gives to this member, as they come. It lasts until it is disposed, the token is cancelled, or
    /// the server refuses it (the group, or the stream, was deleted).</summary>
    public async IAsyncEnumerable<StreamDelivery<T>> ReadAllAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        do
        {
            while (TryTake(out StreamDelivery<T>? delivery))
            {
                yield return delivery;
                cancellationToken.ThrowIfCancellationRequested();
            }
        }
        while (await _membership.WaitAsync(cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Takes records that there are for this member, or waits for a first one, also while it stands by. For a member that has
    /// joined to pull.</summary>
    /// <param name="max">Most records to take: 1 or more.</param>
    /// <param name="wait">How long to wait for a first one; not at all unless it is given.</param>
    /// <param name="cancellationToken">Ends the wait; what comes too late comes again, in an ordered group to whoever becomes active next,
    /// else when its lease ends.</param>
    public async ValueTask<IReadOnlyList<StreamDelivery<T>>> PullAsync(
        int max = 1, TimeSpan? wait = null, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(max, 1);
        _ = WireTimes.MillisecondsShort(wait ?? TimeSpan.Zero, nameof(wait));
        NexoStream stream = _membership.Stream;
        var end = new Deadline(wait ?? TimeSpan.Zero, stream.Client.Time);
        while (true)
        {
            GroupOpening opening = await _membership.JoinedAsync(cancellationToken).ConfigureAwait(false);
            _membership.TellStates(opening);
            ulong epoch = opening.Epoch;
            try
            {
                TimeSpan left = end.IsOver ? TimeSpan.Zero : end.Left;
                GroupChunk chunk = await PullOnceAsync(opening, epoch, max, left, cancellationToken).ConfigureAwait(false);
                if (chunk.Count > 0 || end.IsOver)
                {
                    return Deliveries(opening, chunk);
                }

                // For one that stands by the server does not wait. Else it is active by now.
                if (opening.State.State == MemberState.Standby
                    && !await _membership.WhenChangedAsync(opening, end.Left, cancellationToken).ConfigureAwait(false))
                {
                    return [];
                }
            }
            catch (NexoException fenced) when (fenced.Code == ErrorCode.MemberFenced)
            {
                // The group was sought, or this is no member any more: that is told too, and then it asks again.
                if (opening.Epoch == epoch
                    && !await _membership.WhenChangedAsync(opening, stream.Timeout, cancellationToken).ConfigureAwait(false))
                {
                    throw;
                }
            }
        }
    }

    /// <summary>In an ordered group: all records before the offset are done. Returns the group's position.</summary>
    /// <exception cref="NexoException"><see cref="ErrorCode.MemberFenced"/>: it is not the active member any more.</exception>
    public ValueTask<ulong> CommitAsync(ulong offset, CancellationToken cancellationToken = default)
    {
        GroupOpening opening = _membership.Opening;
        return GroupSettling.CommitAsync(_membership, opening, opening.Epoch, offset, cancellationToken);
    }

    /// <summary>Leaves the group.</summary>
    public ValueTask DisposeAsync() => _membership.DisposeAsync();

    private ValueTask<GroupChunk> PullOnceAsync(GroupOpening opening, ulong epoch, int max, TimeSpan wait, CancellationToken cancel)
    {
        NexoStream stream = _membership.Stream;
        FrameBuffer body = RequestBodies.Rent();
        new GroupPullRequest
        {
            Member = opening.Joined.Member,
            Epoch = epoch,
            WaitMs = (uint)Math.Min(Math.Ceiling(wait.TotalMilliseconds), uint.MaxValue),
            RecordsMax = (uint)max,
            BytesMax = 0,
            Stream = stream.NameBytes,
            Group = _membership.GroupBytes,
        }.Write(body);
        TimeSpan deadline = stream.Timeout == Timeout.InfiniteTimeSpan ? stream.Timeout : stream.Timeout + wait;
        return stream.Client.CallAsync<GroupPullReader, GroupChunk>(
            Opcode.GroupPull, CallTraits.None, body, default, deadline, cancel);
    }

    private List<StreamDelivery<T>> Deliveries(GroupOpening opening, in GroupChunk chunk)
    {
        var deliveries = new List<StreamDelivery<T>>(chunk.Count);
        int at = 0;
        while (RecordWalk.TryTake(chunk.Records!, ref at, out ReadOnlyMemory<byte> record))
        {
            deliveries.Add(Delivery(opening, chunk, deliveries.Count, record));
        }

        return deliveries;
    }

    private bool TryTake([NotNullWhen(true)] out StreamDelivery<T>? delivery)
    {
        delivery = null;
        do
        {
            while (_chunk.Records is { } records && RecordWalk.TryTake(records, ref _at, out ReadOnlyMemory<byte> record))
            {
                _opening!.Release();
                int index = _index++;

                // What is another one's by now is not to be worked on here.
                if (!_opening.IsLost && _chunk.Epoch >= _opening.Epoch)
                {
                    delivery = Delivery(_opening, _chunk, index, record);
                    return true;
                }
            }

            (_at, _index) = (0, 0);
        }
        while (_membership.TryTake(out _opening, out _chunk));
        return false;
    }

    private StreamDelivery<T> Delivery(GroupOpening opening, in GroupChunk chunk, int index, ReadOnlyMemory<byte> record)
    {
        (ulong lease, uint attempt) = chunk.Leases is { } leases ? leases[index] : default;
        return new StreamDelivery<T>(
            _membership,
            opening,
            chunk.Epoch,
            lease,
            attempt,
            new StreamRecord<T>(_membership.Stream.Serializer, record));
    }
}
