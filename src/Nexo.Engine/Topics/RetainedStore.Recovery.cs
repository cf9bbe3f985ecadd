using Nexo.Engine.Memory;
using Nexo.Storage;

namespace Nexo.Engine.Topics;

/// <content>
/// Recovery: applies records by the methods that publishing applies its changes with. Neither the clock nor a limit has a say.
/// </content>
internal sealed unsafe partial class RetainedStore
{
    private bool _recovering;

    /// <summary>Nothing is due until <see cref="EndRecovery"/>: the clock does not go on yet as it did in the run before.</summary>
    public void BeginRecovery() => _recovering = true;

    /// <summary>False: the record is not valid.</summary>
    public bool ApplySet(ReadOnlySpan<byte> payload)
    {
        if (!RetainedSetRecord.TryRead(payload, out RetainedSetRecord record))
        {
            return false;
        }

        if (_disposed)
        {
            return true;
        }

        ulong hash = _hasher.Of(record.Topic);
        uint* place = _table.Find(_arena, hash, record.Topic, out byte* old);
        Put(record.Topic, record.Headers, record.Body, record.SetAtMs, record.DeadlineMs, hash, place, old);
        return true;
    }

    public bool ApplyRemoved(ReadOnlySpan<byte> topic)
    {
        ulong hash = _hasher.Of(topic);
        uint* place = _table.Find(_arena, hash, topic, out byte* old);
        if (place != null)
        {
            Detach(place, hash, old);
        }

        return !topic.IsEmpty;
    }

    /// <summary>All records have come: what expires is put on the wheel, and changes are logged from now on.</summary>
    public void EndRecovery(ILogWriter? log)
    {
        _recovering = false;
        Log = log;
        _arena.SettleOverdraft();

        // A millisecond ago, so that what was due before is due now.
        _wheel.BeginAt(_clock.NowMs - 1);
        for (OrderedIndex.Position at = _index.Seek([], after: false); !at.AtEnd; at = _index.Next(at))
        {
            uint reference = _index.ReferenceAt(at);
            byte* entry = _arena.At(reference);
            if (Entry.Is(entry, EntryFlags.Expires))
            {
                _wheel.Add(reference, entry);
            }
        }
    }
}
