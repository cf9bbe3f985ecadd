using Nexo.Engine.Topics;
using Nexo.Protocol;
using Nexo.Server.Connections;
using Nexo.Server.Topics;

namespace Nexo.Server.Native;

/// <summary>
/// One TOPIC SUBSCRIBE. As long as its client gives credits and takes what it is sent, a message is copied once, straight into
/// what is on its way to that client, under that outbox's lock. What there is no credit or no room for waits in
/// <see cref="TopicOutbox"/>: it costs nobody else anything. The other half (<c>TopicSubscription.Life.cs</c>) is its beginning
/// and end.
/// </summary>
internal sealed partial class TopicSubscription : OutboxSource, ISubscription, ITopicSink
{
    // A frame is closed when it has this much, so that the client sees the first messages while the others come.
    private const int FrameBytes = 64 * 1_024;

    private readonly NativeConnection _connection;
    private readonly Outbox _outbox;

    // All that follows is guarded by the outbox's lock.
    private readonly TopicOutbox _waiting;
    private List<TopicGroup>? _shares;
    private Dictionary<TopicGroup, uint>? _shareNumbers;
    private uint _credits;
    private uint _creditsMost;
    private uint _inFrame;
    private int _messageBytes;
    private long _load;

    /// <param name="connection">Where the messages go.</param>
    /// <param name="id">The correlation of the request.</param>
    /// <param name="credits">The first ones.</param>
    /// <param name="waiting">What it has no credits or no room for; it owns it.</param>
    public TopicSubscription(NativeConnection connection, uint id, uint credits, TopicOutbox waiting)
    {
        _connection = connection;
        _outbox = connection.Outbox;
        _waiting = waiting;
        _credits = credits;
        _creditsMost = credits;
        _load = long.MaxValue;
        Id = id;
    }

    public NativeConnection Connection => _connection;

    public uint Id { get; }

    /// <summary>Bytes that wait for credits or room.</summary>
    public long PendingBytes
    {
        get
        {
            lock (_outbox.Gate)
            {
                return _waiting.Bytes;
            }
        }
    }

    // Others of its connection fill it too, and it empties by itself.
    public long Load => _outbox.LooksFull ? long.MaxValue : Volatile.Read(ref _load);

    private bool MaySend => _isStarted && !_isEnding && !_outbox.IsClosed;

    /// <summary>True when there is something to send that may be sent as soon as there is room.</summary>
    private bool WantsRoom => MaySend && !_isReadingRetained
        && (_waiting.IsEmpty ? _waiting.Missed > 0 || (_hasRetained && _credits > 0) : _credits > 0);

    public int Deliver(TopicRun run)
    {
        TopicEncoding encoded = run.Encoded(PublishedEncoder.Instance);
        lock (_outbox.Gate)
        {
            // What a group has given to one that ends is kept, to be given back.
            if (_isEnding && (run.Share is null || _isGivingBack))
            {
                return _endCode == ErrorCode.SlowConsumer ? run.Count : 0;
            }

            int sent = 0;
            if (MaySend && (run.IsRetained || (_waiting.IsEmpty && !_isReadingRetained)))
            {
                sent = Send(encoded, run.Count, isReserved: run.IsRetained);
            }

            int dropped = sent == run.Count ? 0 : Keep(encoded, sent, run.Share);
            NoteLoad();
            return dropped;
        }
    }

    public void Flush() => _outbox.Flush();

    public void AddCredits(uint credits)
    {
        lock (_outbox.Gate)
        {
            _credits = Math.Min(_credits + credits, CreditNotice.CreditsMax);
            _creditsMost = Math.Max(_creditsMost, _credits);
            FillAll();
            NoteLoad();
        }

        _outbox.Flush();
    }

    protected internal override bool Fill()
    {
        if (!WantsRoom)
        {
            return false;
        }

        if (_hasRetained && _credits > 0)
        {
            BeginReadingRetained();
            return false;
        }

        SendWaiting();
        return WantsRoom;
    }

    protected internal override void CloseFrame(FrameBuffer frames)
    {
        TopicPush.PatchCount(frames, _inFrame);
        frames.End();
    }

    /// <summary>Sends the first of these messages, as many as there are credits and is room for, and says how many.</summary>
    private int Send(TopicEncoding encoded, int count, bool isReserved)
    {
        int countMax = (int)Math.Min((uint)count, _credits);
        int sent = 0;
        int at = 0;
        while (sent < countMax && (isReserved || _outbox.HasRoom))
        {
            int next = encoded.Ends[sent] - at;
            if (next > FrameBytes && !_outbox.TryTakeLarge(next, isForced: isReserved))
            {
                break;
            }

            FrameBuffer frames = OpenFrame(next);
            int room = FrameBytes - frames.BodyCount;
            int first = sent;
            int end = encoded.Ends[countMax - 1];
            if (end - at <= room)
            {
                sent = countMax;
            }
            else
            {
                // One is sent even if it is larger than a frame should be.
                end = encoded.Ends[sent++];
                while (sent < countMax && encoded.Ends[sent] - at <= room)
                {
                    end = encoded.Ends[sent++];
                }
            }

            frames.Write(encoded.Bytes[at..end]);
            at = end;
            _inFrame += (uint)(sent - first);
        }

        _credits -= (uint)sent;
        _messageBytes = encoded.Ends[0];
        return sent;
    }

    /// <summary>Sends a frame of what waits, or tells that something is missing: nothing else may come for long.</summary>
    private void SendWaiting()
    {
        int first = _waiting.FirstSize;
        if (first > FrameBytes)
        {
            // It has its room there already.
            _outbox.TryTakeLarge(first, isForced: true);
        }

        FrameBuffer frames = OpenFrame(first);
        int taken = _waiting.Take(frames, (int)_credits, FrameBytes - frames.BodyCount);
        _inFrame += (uint)taken;
        _credits -= (uint)taken;
        NoteLoad();
    }

    /// <summary>Keeps those behind the first so many; says how many messages were dropped for it.</summary>
    private int Keep(TopicEncoding encoded, int from, TopicGroup? share)
    {
        int dropped = _waiting.Add(encoded.Bytes, encoded.Ends, from, ShareNumber(share));
        if (_waiting.IsOverrun)
        {
            EndForSlowness();
        }
        else if (WantsRoom)
        {
            FillAll();
        }

        return dropped;
    }

    private uint ShareNumber(TopicGroup? share)
    {
        if (share is null)
        {
            return 0;
        }

        _shares ??= [];
        _shareNumbers ??= [];
        if (_waiting.IsEmpty)
        {
            // Nothing names one: those that are gone are not kept.
            _shares.Clear();
            _shareNumbers.Clear();
        }

        if (!_shareNumbers.TryGetValue(share, out uint number))
        {
            _shares.Add(share);
            number = (uint)_shares.Count;
            _shareNumbers.Add(share, number);
        }

        return number;
    }

    /// <summary>Sends what waits, as long as there are credits and room; else it is in the line of those who wait for room.</summary>
    private void FillAll()
    {
        while (_outbox.HasRoom && Fill())
        {
        }

        if (WantsRoom)
        {
            _outbox.Wait(this);
        }
    }

    /// <summary>The frame for a message of so many bytes: the one that is open still, if it has room for it, or a new one.</summary>
    private FrameBuffer OpenFrame(int size)
    {
        FrameBuffer frames = _outbox.Open(this, out bool isOpen);
        if (isOpen && frames.BodyCount + size <= FrameBytes && _waiting.Missed == 0)
        {
            return frames;
        }

        if (isOpen)
        {
            CloseFrame(frames);
        }

        frames.Begin(Opcode.TopicSubscribe, FrameKind.Push, Id);
        TopicPush.WriteStart(frames, _waiting.TakeMissed(), count: 0);
        _inFrame = 0;
        return frames;
    }

    // What its client has got and not given credits for again counts too: it is still at work on it.
    private void NoteLoad()
    {
        bool hasRoom = MaySend && _credits > 0 && _waiting.IsEmpty;
        long load = hasRoom ? (long)(_creditsMost - _credits) * Math.Max(1, _messageBytes) : long.MaxValue;
        Volatile.Write(ref _load, load);
    }
}
