using System.Text;
using Nexo.Protocol;

namespace Nexo.Client;

/// <summary>
/// Being a member of a group for as long as it takes: joins, gives signs of life, and joins again, as a new member, when the connection
/// is lost or the server has fenced it. What was delivered to an earlier member cannot be settled any more. For one reader.
/// </summary>
internal sealed class GroupMembership : IAsyncDisposable, ILateReply
{
    private const int SignsPerSession = 3;

    private readonly StreamJoinOptions _options;
    private readonly bool _isPulled;
    private volatile GroupOpening _opening = null!;
    private ITimer? _heart;
    private volatile bool _left;

    private GroupMembership(NexoStream stream, string group, StreamJoinOptions options, bool isPulled)
    {
        options.Require();
        Stream = stream;
        Group = group;
        GroupBytes = Encoding.UTF8.GetBytes(group);
        _options = options;
        _isPulled = isPulled;
    }

    public NexoStream Stream { get; }

    public string Group { get; }

    public byte[] GroupBytes { get; }

    public GroupOpening Opening => _opening;

    public static async ValueTask<GroupMembership> JoinAsync(
        NexoStream stream, string group, StreamJoinOptions options, bool isPulled, CancellationToken cancel)
    {
        var membership = new GroupMembership(stream, group, options, isPulled);
        await Reopening.BridgeAsync(
            static async (membership, token) =>
            {
                await membership.JoinAsync(token).ConfigureAwait(false);
                return true;
            },
            membership,
            stream.Timeout,
            stream.Client.Time,
            cancel).ConfigureAwait(false);
        membership.KeepAlive();
        return membership;
    }

    /// <summary>Waits for something; false once it was left. Lost memberships are joined again.</summary>
    /// <exception cref="NexoException">The server ended it for good.</exception>
    public async ValueTask<bool> WaitAsync(CancellationToken cancel)
    {
        while (!await _opening.Waiting.WaitToReadAsync(cancel).ConfigureAwait(false))
        {
            if (_left)
            {
                return false;
            }

            await JoinAgainAsync(cancel).ConfigureAwait(false);
        }

        return true;
    }

    /// <summary>Joins again if the membership was lost.</summary>
    public async ValueTask<GroupOpening> JoinedAsync(CancellationToken cancel)
    {
        if (_opening.IsLost)
        {
            await JoinAgainAsync(cancel).ConfigureAwait(false);
        }

        return _opening;
    }

    /// <summary>Takes what came; changes of the state are told, and what is another one's by now is passed over.</summary>
    public bool TryTake(out GroupOpening opening, out GroupChunk chunk)
    {
        opening = _opening;
        while (opening.Waiting.TryRead(out chunk))
        {
            if (chunk.State is { } state)
            {
                _options.OnState?.Invoke(state);
            }
            else if (chunk.Epoch >= opening.Epoch)
            {
                return true;
            }
            else
            {
                for (int i = 0; i < chunk.Count; i++)
                {
                    opening.Release();
                }
            }
        }

        return false;
    }

    /// <summary>Of a member that pulls, to which no records come: tells the changes of its state that came.</summary>
    public void TellStates(GroupOpening opening)
    {
        while (_isPulled && opening.Waiting.TryRead(out GroupChunk chunk))
        {
            if (chunk.State is { } state)
            {
                _options.OnState?.Invoke(state);
            }
        }
    }

    /// <summary>Of a member that pulls: waits until its state has changed, or it is a member no more; false: not in this time.</summary>
    public async ValueTask<bool> WhenChangedAsync(GroupOpening opening, TimeSpan wait, CancellationToken cancel)
    {
        using var over = new CancellationTokenSource(wait, Stream.Client.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(over.Token, cancel);
        try
        {
            await opening.Waiting.WaitToReadAsync(either.Token).ConfigureAwait(false);
            return true;
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return false;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_left)
        {
            return;
        }

        _left = true;
        if (_heart is not null)
        {
            await _heart.DisposeAsync().ConfigureAwait(false);
        }

        GroupOpening opening = _opening;
        if (!opening.IsLost)
        {
            await LeaveAsync(opening.Joined.Member, opening.Epoch).ConfigureAwait(false);
        }
    }

    /// <summary>It joined after its caller had gone: it must not stand in the way of others.</summary>
    public void OnLateReply(ReadOnlySpan<byte> body)
    {
        if (GroupJoinReply.TryRead(body, out GroupJoinReply reply))
        {
            _ = LeaveAsync(reply.Member, reply.State.Epoch);
        }
    }

    private async Task LeaveAsync(ulong member, ulong epoch)
    {
        try
        {
            await Stream.CallAsync<EmptyReader, bool>(
                Opcode.GroupLeave, CallTraits.Idempotent, MemberBody(member, epoch), default, CancellationToken.None)
                .ConfigureAwait(false);
        }
        catch (NexoException)
        {
            // Then it ends with its connection, or its session.
        }
    }

    private async ValueTask JoinAgainAsync(CancellationToken cancel)
    {
        if (_opening.Error is { Retryable: false, Code: not ErrorCode.MemberFenced } refused)
        {
            throw refused;
        }

        await Reopening.UntilDoneAsync(JoinAsync, Stream.Client.Time, cancel).ConfigureAwait(false);
    }

    private async ValueTask JoinAsync(CancellationToken cancel)
    {
        var opening = new GroupOpening(this, _options.Prefetch);
        FrameBuffer body = RequestBodies.Rent();
        new GroupJoinRequest
        {
            Credits = _isPulled ? 0 : (uint)_options.Prefetch,
            SessionMs = WireTimes.MillisecondsShort(_options.SessionTimeout, nameof(_options.SessionTimeout)),
            BytesMax = StreamTailOpening.PushBytes,
            LeaseMs = WireTimes.MillisecondsShort(_options.Lease ?? TimeSpan.Zero, nameof(_options.Lease)),
            Stream = Stream.NameBytes,
            Group = GroupBytes,
            Name = Encoding.UTF8.GetBytes(_options.Name ?? Stream.Client.Options.ClientName ?? string.Empty),
        }.Write(body);
        var call = new CallRequest
        {
            Opcode = Opcode.GroupJoin,

            // One that joined on a lost connection left with it, and one that joins too late is stopped.
            Traits = CallTraits.Idempotent,
            Body = body,
            Subscription = opening,
            Late = this,
        };
        await Stream.Client.CallAsync<GroupJoinReader, bool>(call, new(opening), Stream.Timeout, cancel).ConfigureAwait(false);
        _opening = opening;
        if (_left)
        {
            // It was left while it joined again, and nobody else would leave for it.
            await LeaveAsync(opening.Joined.Member, opening.Epoch).ConfigureAwait(false);
        }
    }

    private void KeepAlive()
    {
        if (_options.SessionTimeout > TimeSpan.Zero)
        {
            TimeSpan period = _options.SessionTimeout / SignsPerSession;
            _heart = Stream.Client.Time.CreateTimer(
                static state => _ = ((GroupMembership)state!).BeatAsync(), this, period, period);
        }
    }

    private async Task BeatAsync()
    {
        GroupOpening opening = _opening;
        if (opening.IsLost)
        {
            return;
        }

        try
        {
            await Stream.CallAsync<GroupStateReader, GroupState>(
                Opcode.GroupHeartbeat,
                CallTraits.Idempotent,
                MemberBody(opening.Joined.Member, opening.Epoch),
                default,
                CancellationToken.None).ConfigureAwait(false);
        }
        catch (NexoException)
        {
            // The subscription's end says so too.
        }
    }

    private FrameBuffer MemberBody(ulong member, ulong epoch)
    {
        FrameBuffer body = RequestBodies.Rent();
        new GroupMemberRequest
        {
            Member = member,
            Epoch = epoch,
            Stream = Stream.NameBytes,
            Group = GroupBytes,
        }.Write(body);
        return body;
    }
}
