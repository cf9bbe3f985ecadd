using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Nexo.Protocol;

namespace Nexo.Client;

/// <summary>Records of a group as they came together, owned by the process; or, without any, that its state has changed.</summary>
internal readonly record struct GroupChunk(ulong Epoch, int Count, byte[]? Records, (ulong Lease, uint Attempt)[]? Leases)
{
    public GroupState? State { get; init; }

    public static bool TryRead(ReadOnlySpan<byte> body, out GroupChunk chunk)
    {
        bool read = GroupDelivery.TryRead(body, out GroupDelivery delivery);
        (ulong Lease, uint Attempt)[]? leases = null;
        if (read && delivery.IsLeased)
        {
            leases = new (ulong, uint)[delivery.Records.Count];
            for (int i = 0; delivery.TryTakeLease(out ulong lease, out uint attempt); i++)
            {
                leases[i] = (lease, attempt);
            }
        }

        chunk = read ? new(delivery.Epoch, (int)delivery.Records.Count, delivery.Records.Bytes.ToArray(), leases) : default;
        return read;
    }
}

/// <summary>One membership of a group on one connection, from its JOIN to its end.</summary>
internal sealed class GroupOpening(GroupMembership membership, int prefetch) : Subscription
{
    private readonly Channel<GroupChunk> _waiting = Channel.CreateUnbounded<GroupChunk>(
        new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });

    private readonly Lock _gate = new();
    private CancellationTokenSource _held = new();
    private CreditWindow _window = new(prefetch);
    private ulong _epoch;
    private volatile StrongBox<GroupState> _state = new();
    private volatile bool _isLost;

    /// <summary>Acks of a group that is shared by key.</summary>
    public AckLine<StreamDelivery> Acks { get; } = new(new GroupAckSource(membership));

    public ChannelReader<GroupChunk> Waiting => _waiting.Reader;

    public GroupJoinReply Joined { get; private set; }

    /// <summary>The state that was told last.</summary>
    public GroupState State => _state.Value;

    /// <summary>The group's, as far as it is known here.</summary>
    public ulong Epoch => Volatile.Read(ref _epoch);

    /// <summary>It is a member no more.</summary>
    public bool IsLost => _isLost;

    /// <summary>Why it ended; null after a normal end.</summary>
    public NexoException? Error { get; private set; }

    /// <summary>Is cancelled when what was delivered in an epoch is not this member's any more.</summary>
    public CancellationToken LostAt(ulong epoch)
    {
        lock (_gate)
        {
            return epoch < _epoch ? new CancellationToken(canceled: true) : _held.Token;
        }
    }

    public void OnJoined(in GroupJoinReply reply)
    {
        Joined = reply;
        Take(reply.State);
    }

    /// <summary>A record of a push has left; for one thread at a time.</summary>
    public void Release() => _window.Release(this);

    public override bool OnPush(ReadOnlySpan<byte> body)
    {
        if (!GroupChunk.TryRead(body, out GroupChunk chunk) || !_window.TryHold(chunk.Count))
        {
            return false;
        }

        _waiting.Writer.TryWrite(chunk);
        return true;
    }

    public override bool OnNotice(ReadOnlySpan<byte> body)
    {
        bool read = GroupState.TryRead(body, out GroupState state);
        if (read)
        {
            Take(state);
        }

        return read;
    }

    public override void OnEnd(NexoException? error)
    {
        Error = error;
        _isLost = true;

        // Not on this thread: who works on something is told by callbacks of theirs.
        _ = _held.CancelAsync();
        _waiting.Writer.TryComplete();
    }

    private void Take(GroupState state)
    {
        _state = new StrongBox<GroupState>(state);
        CancellationTokenSource? over = null;
        lock (_gate)
        {
            if (state.Epoch > _epoch)
            {
                (over, _held) = (_held, new CancellationTokenSource());
            }

            Volatile.Write(ref _epoch, state.Epoch);
        }

        _ = over?.CancelAsync();
        _waiting.Writer.TryWrite(new GroupChunk(state.Epoch, 0, null, null) { State = state });
    }
}
