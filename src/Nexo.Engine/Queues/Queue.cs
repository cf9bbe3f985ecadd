using Nexo.Engine.Memory;
using Nexo.Storage;

namespace Nexo.Engine.Queues;

/// <summary>
/// A queue. Methods whose names say what users do take the shard's lock; the others expect it to be held. Every change is decided,
/// applied and logged under one hold, and recovery applies records through the same <see cref="Enter"/> and <see cref="Leave"/>.
/// </summary>
internal sealed unsafe partial class Queue
{
    private readonly QueueShard _shard;
    private readonly QueueService _service;
    private readonly Arena _arena;
    private readonly MessageIndex _index;
    private QueueCounters _counters;

    /// <summary>False while records are applied: lines and timers are set up when all have come.</summary>
    private bool _live;
    private ulong _nextId = 1;
    private long _usedAtMs;

    public Queue(QueueService service, QueueShard shard, byte[] name, uint number, QueueOptions options, bool live)
    {
        _service = service;
        _shard = shard;
        _arena = shard.Arena;
        _index = new MessageIndex(_arena);
        _live = live;
        Name = name;
        Number = number;
        Options = options;
        Slot = shard.Add(this);
        _usedAtMs = shard.Clock.NowMs;
    }

    public QueueShard Shard => _shard;

    /// <summary>UTF-8.</summary>
    public byte[] Name { get; }

    /// <summary>Its number in records; given out once and never again.</summary>
    public uint Number { get; }

    /// <summary>Its place in the shard.</summary>
    public uint Slot { get; }

    /// <summary>May be read without the lock.</summary>
    public QueueOptions Options { get; private set; }

    public ulong Revision { get; private set; } = 1;

    public QueuePausedParts Paused { get; private set; }

    /// <summary>Deleted; what it holds is being freed.</summary>
    public bool Closed { get; private set; }

    /// <summary>Where messages are logged; null: they are not.</summary>
    private ILogWriter? Log => Options.Durability == QueueDurability.Memory ? null : _shard.Log;

    /// <summary>Whether an answer about messages waits for the disk.</summary>
    private bool Waits => Options.Durability == QueueDurability.Fsync && _shard.Log is not null;

    public ulong NextIdUnderLock()
    {
        lock (_shard.Gate)
        {
            return _nextId;
        }
    }

    private MessageSlot* MessageAt(uint reference) => (MessageSlot*)_arena.At(reference);

    private ReadyLine* LineAt(uint reference) => (ReadyLine*)_arena.At(reference);

    /// <summary>Puts a message where its state belongs. Its <see cref="MessageSlot.Stamp"/> is set.</summary>
    private void Enter(uint reference, MessageSlot* message, MessageState state)
    {
        message->State = state;
        Count(message, state, 1);
        if (_live)
        {
            Attach(reference, message);
        }
    }

    /// <summary>
    /// Takes a message out of where its state had it. Its timer and its line stay: <see cref="Enter"/> or <see cref="Free"/> see to
    /// them.
    /// </summary>
    private void Leave(uint reference, MessageSlot* message)
    {
        Count(message, message->State, -1);
        if (_live)
        {
            Detach(reference, message);
        }
    }

    private void Count(MessageSlot* message, MessageState state, int by)
    {
        switch (state)
        {
            case MessageState.Ready:
                _counters.Ready += by;
                if (message->GroupLength == 0)
                {
                    LevelOf(message->Priority).PlainBytes += by * (MessageSlot.HeaderBytes + message->ContentBytes);
                }

                break;
            case MessageState.Delayed:
            case MessageState.Held:
                _counters.Delayed += by;
                break;
            case MessageState.Leased:
                _counters.Leased += by;
                break;
            case MessageState.Dead:
                _counters.Dead += by;
                return;
            default:
                _counters.Dying += by;
                return;
        }

        _counters.Bytes += by * message->ContentBytes;
    }

    private void Attach(uint reference, MessageSlot* message)
    {
        switch (message->State)
        {
            case MessageState.Ready:
                EnterLine(reference, message);
                Arm(reference, message, message->ExpiresAtMs);
                break;
            case MessageState.Delayed:
                Arm(reference, message, Earlier(message->Stamp, message->ExpiresAtMs));
                break;
            case MessageState.Held:
                Occupy(LineOf(message));
                Arm(reference, message, Earlier(message->Stamp, message->ExpiresAtMs));
                break;
            case MessageState.Leased:
                Occupy(LineOf(message));
                break;
            case MessageState.Dead:
                DropLine(message);
                Arm(reference, message, 0);
                break;
            default:
                DropLine(message);
                Arm(reference, message, 0);
                AddDying(reference, message);
                break;
        }
    }

    private void Detach(uint reference, MessageSlot* message)
    {
        switch (message->State)
        {
            case MessageState.Ready:
                LeaveLine(reference, message);
                break;
            case MessageState.Held:
                Release(message->Line);
                break;
            case MessageState.Leased:
                LeaveConsumer(message);
                Release(message->Line);
                break;
            case MessageState.Dying:
                RemoveDying(message);
                break;
            default:
                break;
        }
    }

    /// <summary>Removes a message for good.</summary>
    private void Remove(uint reference, MessageSlot* message)
    {
        Leave(reference, message);
        _index.Remove(message->Id);
        Free(reference, message);
    }

    private void Free(uint reference, MessageSlot* message)
    {
        if (_live)
        {
            DropLine(message);
            _shard.Wheel.Remove((byte*)message);
        }

        FreeSlots(reference, message);
    }

    private void FreeSlots(uint reference, MessageSlot* message)
    {
        _counters.MemoryBytes -= _arena.Capacity(reference);
        if (message->Note != 0)
        {
            _arena.Free(message->Note);
        }

        _arena.Free(reference);
    }

    /// <summary>A slot for a message with all that it brings; it is not in the queue yet.</summary>
    private uint Build(
        ulong id, byte priority, ReadOnlySpan<byte> group, ReadOnlySpan<byte> headers, ReadOnlySpan<byte> body)
    {
        int bytes = MessageSlot.HeaderBytes + group.Length + headers.Length + body.Length;
        uint reference = _arena.Allocate(bytes);
        MessageSlot* message = MessageAt(reference);
        *message = default;
        message->Id = id;
        message->Queue = Slot;
        message->Priority = priority;
        MessageSlot.Fill(message, group, headers, body);
        _counters.MemoryBytes += _arena.Capacity(reference);
        return reference;
    }

    /// <summary>Adds a message that was built to the queue.</summary>
    private void Add(uint reference, MessageSlot* message, MessageState state)
    {
        _index.Add(message->Id, reference);
        Enter(reference, message, state);
    }

    /// <summary>Sets the timer of a message; 0: none.</summary>
    private void Arm(uint reference, MessageSlot* message, long deadlineMs)
    {
        if (deadlineMs == 0)
        {
            _shard.Wheel.Remove((byte*)message);
        }
        else if (message->WheelPrev != 0)
        {
            _shard.Wheel.Move(reference, (byte*)message, deadlineMs);
        }
        else
        {
            message->DeadlineMs = deadlineMs;
            _shard.Wheel.Add(reference, (byte*)message);
        }
    }

    private static long Earlier(long dueAtMs, long expiresAtMs) =>
        expiresAtMs == 0 ? dueAtMs : Math.Min(dueAtMs, expiresAtMs);
}
