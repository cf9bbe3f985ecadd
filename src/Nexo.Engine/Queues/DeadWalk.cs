using System.Text;
using Nexo.Engine.Memory;

namespace Nexo.Engine.Queues;

/// <summary>Goes over the dead letters of a queue that a filter lets through, by id. It holds its place, not a lock.</summary>
internal sealed unsafe class DeadWalk
{
    private readonly QueueDeadFilter _filter;
    private readonly ulong[]? _ids;
    private readonly byte[] _source;
    private readonly byte[] _reason;
    private readonly ulong _endId;
    private int _nextOfIds;

    /// <param name="filter">What is let through.</param>
    /// <param name="afterId">Begin behind this one.</param>
    /// <param name="endId">End before this one.</param>
    public DeadWalk(QueueDeadFilter filter, ulong afterId, ulong endId = ulong.MaxValue)
    {
        _filter = filter;
        _endId = endId;
        _source = Encoding.UTF8.GetBytes(filter.Source ?? string.Empty);
        _reason = Encoding.UTF8.GetBytes(filter.ReasonContains ?? string.Empty);
        _ids = filter.MessageIds is null ? null : [.. filter.MessageIds.Where(id => id > afterId).Order()];
        LastId = afterId;
    }

    /// <summary>The last one that was looked at.</summary>
    public ulong LastId { get; private set; }

    /// <summary>The next message of the queue that may be meant; false: there is none.</summary>
    public bool TryNext(MessageIndex index, out ulong id, out uint reference)
    {
        if (_ids is null)
        {
            id = LastId;
            return index.TryNext(ref id, out reference) && id < _endId;
        }

        // Ids that are not there cost a look too: they are the caller's.
        bool more = _nextOfIds < _ids.Length && _ids[_nextOfIds] < _endId;
        id = more ? _ids[_nextOfIds] : 0;
        reference = more ? index.Find(id) : 0;
        return more;
    }

    /// <summary>The one that <see cref="TryNext"/> gave is dealt with.</summary>
    public void Pass(ulong id)
    {
        LastId = id;
        _nextOfIds += _ids is null ? 0 : 1;
    }

    /// <summary>Whether a message is a dead letter that the filter lets through.</summary>
    /// <param name="wallOffsetMs">From the engine's clock to the wall clock.</param>
    public bool Matches(MessageSlot* message, Arena arena, ReadOnlySpan<byte> queue, long wallOffsetMs)
    {
        if (message->State != MessageState.Dead)
        {
            return false;
        }

        long diedAtMs = message->Stamp + wallOffsetMs;
        ReadOnlySpan<byte> source = MessageNote.Source(arena, message);
        return (_filter.Source is null || (source.IsEmpty ? queue : source).SequenceEqual(_source))
            && (_filter.Cause is not { } cause || message->Cause == (byte)cause)
            && (_filter.ReasonContains is null || MessageNote.Reason(arena, message).IndexOf(_reason) >= 0)
            && (_filter.FromMs is not { } from || diedAtMs >= from)
            && (_filter.ToMs is not { } to || diedAtMs < to)
            && (_filter.AttemptsMin is not { } attempts || message->Deliveries >= attempts);
    }
}
