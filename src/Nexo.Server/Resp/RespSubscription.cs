using Nexo.Engine.Topics;
using Nexo.Protocol;
using Nexo.Server.Connections;
using Nexo.Server.Security;
using Nexo.Server.Topics;

namespace Nexo.Server.Resp;

/// <summary>What a <see cref="RespSubscription"/> is to.</summary>
internal enum RespSubscriptionKind
{
    /// <summary>All channels of SUBSCRIBE.</summary>
    Channels,

    /// <summary>All channels of SSUBSCRIBE.</summary>
    Shards,

    Pattern,
}

/// <summary>
/// What a client has subscribed to: all its channels, or one pattern. As long as the client reads what it is sent, a message is
/// copied once, into what is on its way. What there is no room for waits; a client for which too much waits is cut, as Redis does
/// it, since it could not be told what it has missed.
/// </summary>
internal sealed class RespSubscription : OutboxSource, ITopicSink
{
    private const int PieceBytes = 64 * 1_024;

    private readonly RespConnection _connection;
    private readonly Outbox _outbox;
    private readonly TopicOutbox _waiting;
    private readonly RespSubscriptionKind _kind;
    private readonly byte[]? _pattern;
    private readonly byte[] _head2;
    private readonly byte[] _head3;
    private readonly int[] _oneEnd = new int[1];
    private TopicSubscriber? _subscriber;
    private int _paused;
    private bool _isEnded;

    /// <param name="connection">Where the messages go.</param>
    /// <param name="kind">What it is to.</param>
    /// <param name="pattern">If it is one.</param>
    public RespSubscription(RespConnection connection, RespSubscriptionKind kind, byte[]? pattern = null)
    {
        _connection = connection;
        _kind = kind;
        _outbox = connection.Outbox;
        _waiting = new TopicOutbox(connection.Server.Options.Topics.OutboxBytes, TopicWhenSlow.End, _outbox.TopicRoom);
        _pattern = pattern;
        _head2 = pattern is null ? [] : RespMessageEncoder.PatternHead(pattern, 2);
        _head3 = pattern is null ? [] : RespMessageEncoder.PatternHead(pattern, 3);
    }

    // It is in no shared group.
    public long Load => 0;

    // The version may change as long as nobody waits for a reply.
    private byte[] Head => _connection.Writer.IsV3 ? _head3 : _head2;

    private bool MaySend => _paused == 0 && !_isEnded && !_outbox.IsClosed;

    /// <summary>Begins the subscription of a pattern.</summary>
    public TopicStatus Begin(byte[] filters)
    {
        // First, so that whoever ends it finds it.
        _connection.Server.Patterns.Add(_pattern!, filters);
        return Change(new TopicFilterList(filters, RespChannels.CountOf(filters)), default);
    }

    /// <summary>Whether who has this access may have it. From any thread.</summary>
    public bool IsAllowed(Access access) => _pattern is { } pattern
        ? RespGate.AllowsPattern(access, pattern, _connection.Server.Topics.Limits)
        : _subscriber is not { } subscriber || subscriber.AllFilters(filter => access.Covers(AccessOperation.Read, filter));

    public TopicStatus Change(TopicFilterList added, TopicFilterList removed)
    {
        TopicStatus status = Set(added, removed);
        if (added.Count > 0)
        {
            _connection.LookAgain();
        }

        return status;
    }

    private TopicStatus Set(TopicFilterList added, TopicFilterList removed)
    {
        if (_subscriber is { } known)
        {
            return known.Change(added, removed);
        }

        var options = new TopicSubscribeOptions(_connection.TopicOwner, Retained: false, NotOwn: false, TopicWhenSlow.End);
        TopicStatus status = _connection.Server.Topics.Subscribe(this, options, added, out TopicSubscriber? subscriber);
        if (subscriber is null)
        {
            return status;
        }

        _connection.CountSubscriber(1);
        bool isEnded;
        lock (_outbox.Gate)
        {
            _subscriber = subscriber;
            isEnded = _isEnded;
        }

        if (isEnded)
        {
            // So much has come meanwhile that it was ended, by a thread that could not know it yet.
            Leave();
        }

        return status;
    }

    /// <summary>Keeps what comes until <see cref="Resume"/>: first the client is to be told that it has subscribed.</summary>
    public void Pause()
    {
        lock (_outbox.Gate)
        {
            _paused++;
        }
    }

    public void Resume()
    {
        lock (_outbox.Gate)
        {
            _paused--;
            FillAll();
        }

        _outbox.Flush();
    }

    public void End()
    {
        lock (_outbox.Gate)
        {
            if (_isEnded)
            {
                return;
            }

            _isEnded = true;
            _waiting.Clear();
        }

        Leave();
    }

    public int Deliver(TopicRun run)
    {
        TopicEncoding encoded = run.Encoded(RespMessageEncoder.For(_kind, _connection.Writer.IsV3));
        lock (_outbox.Gate)
        {
            if (_isEnded || _outbox.IsClosed)
            {
                return 0;
            }

            int dropped = _pattern is null ? DeliverAll(encoded, run.Count) : DeliverMatching(encoded, run.Count);
            if (_waiting.IsOverrun)
            {
                EndForSlowness();
            }
            else if (MaySend && !_waiting.IsEmpty)
            {
                _outbox.Wait(this);
            }

            return dropped;
        }
    }

    public void Flush() => _outbox.Flush();

    protected internal override bool Fill()
    {
        if (!MaySend || _waiting.IsEmpty)
        {
            return false;
        }

        int first = _waiting.FirstSize;
        if (first > PieceBytes)
        {
            // It has its room there already.
            _outbox.TryTakeLarge(first, isForced: true);
        }

        FrameBuffer frames = _outbox.Open(this, out _);
        frames.Write(Head);
        _waiting.TryTake(frames, out _);
        return !_waiting.IsEmpty;
    }

    // Messages end by themselves.
    protected internal override void CloseFrame(FrameBuffer frames)
    {
    }

    private int DeliverAll(TopicEncoding encoded, int count)
    {
        int sent = 0;
        int at = 0;
        while (sent < count && MaySend && _waiting.IsEmpty && _outbox.HasRoom)
        {
            int end = encoded.Ends[sent];
            if (end - at > PieceBytes && !_outbox.TryTakeLarge(end - at, isForced: false))
            {
                break;
            }

            sent++;
            while (sent < count && encoded.Ends[sent] - at <= PieceBytes)
            {
                end = encoded.Ends[sent++];
            }

            _outbox.Open(this, out _).Write(encoded.Bytes[at..end]);
            at = end;
        }

        return sent == count ? 0 : _waiting.Add(encoded.Bytes, encoded.Ends, sent, 0);
    }

    private int DeliverMatching(TopicEncoding encoded, int count)
    {
        int dropped = 0;
        int at = 0;
        for (int i = 0; i < count && !_waiting.IsOverrun; i++)
        {
            ReadOnlySpan<byte> message = encoded.Bytes[at..encoded.Ends[i]];
            at = encoded.Ends[i];
            if (RespGlob.Matches(_pattern, RespMessageEncoder.ChannelIn(message)) && !TrySend(message))
            {
                _oneEnd[0] = message.Length;
                dropped += _waiting.Add(message, _oneEnd, 0, 0);
            }
        }

        return dropped;
    }

    private bool TrySend(ReadOnlySpan<byte> message)
    {
        if (!MaySend || !_waiting.IsEmpty || !_outbox.HasRoom
            || (message.Length > PieceBytes && !_outbox.TryTakeLarge(message.Length, isForced: false)))
        {
            return false;
        }

        FrameBuffer frames = _outbox.Open(this, out _);
        frames.Write(Head);
        frames.Write(message);
        return true;
    }

    private void FillAll()
    {
        while (_outbox.HasRoom && Fill())
        {
        }

        if (MaySend && !_waiting.IsEmpty)
        {
            _outbox.Wait(this);
        }
    }

    private void EndForSlowness()
    {
        _isEnded = true;
        _waiting.Clear();
        _connection.Server.Clients.TopicBuffers.CountEndedSlow();
        ThreadPool.UnsafeQueueUserWorkItem(static self => self.FinishSlow(), this, preferLocal: false);
    }

    private void FinishSlow()
    {
        _connection.EndForSlowness();
        Leave();
    }

    private void Leave()
    {
        _connection.Forget(this);
        TopicSubscriber? subscriber;
        lock (_outbox.Gate)
        {
            subscriber = _subscriber;
            _subscriber = null;
        }

        if (_pattern is not null)
        {
            _connection.Server.Patterns.Remove(_pattern);
        }

        if (subscriber is not null)
        {
            subscriber.Dispose();
            _connection.CountSubscriber(-1);
        }
    }
}
