using Nexo.Engine.Memory;
using Nexo.Storage;

namespace Nexo.Engine.Topics;

/// <content>Sweeps by filters, in bounded holds of the lock: each begins at a cursor and says where it stopped.</content>
internal sealed unsafe partial class RetainedStore
{
    /// <summary>
    /// Gives the next messages that match, in the order of their topics, as many as a hold may look at, or copy.
    /// </summary>
    /// <param name="sweep">The filters.</param>
    /// <param name="cursor">Where it goes on.</param>
    /// <param name="versionMax">What was set later is left out.</param>
    /// <param name="page">Takes them.</param>
    /// <returns>True: there are no more.</returns>
    public bool Page<TPage>(FilterSweep sweep, ref RetainedCursor cursor, ulong versionMax, ref TPage page)
        where TPage : IRetainedPage, allows ref struct
    {
        long now = _clock.NowMs;
        long offset = _clock.WallOffsetAt(now);
        long stepsEnd = sweep.Steps + Tuning.HoldLooksMax;
        long bytes = 0;
        uint done = 0;
        bool isEnd = false;
        OrderedIndex.Position at = _index.Seek(cursor.Key, cursor.IsAfter);
        while (!at.AtEnd && sweep.Steps < stepsEnd && bytes < Tuning.HoldBytesMax)
        {
            uint reference = _index.ReferenceAt(at);
            byte* entry = _arena.At(reference);
            SweepLook look = sweep.Look(Entry.Key(entry));
            if (look == SweepLook.End)
            {
                isEnd = true;
                break;
            }

            if (look == SweepLook.Match && Entry.Version(entry) <= versionMax && !Entry.IsDue(entry, now))
            {
                if (!page.TryAdd(RetainedMessage.Of(entry, offset, now)))
                {
                    break;
                }

                bytes += Entry.Bytes(entry);
            }

            if (look == SweepLook.Seek)
            {
                done = 0;
                cursor.Set(sweep.SeekKey, isAfter: false);
                at = _index.Seek(sweep.SeekKey, after: false);
            }
            else
            {
                done = reference;
                at = _index.Next(at);
            }
        }

        Remember(ref cursor, done);
        return isEnd || at.AtEnd;
    }

    /// <summary>
    /// Removes the next messages that match, a bounded number of them.
    /// </summary>
    /// <returns>True: there are no more, or none may be removed now.</returns>
    public bool Clear(FilterSweep sweep, ref RetainedCursor cursor, ref long removed, out TopicStatus status)
    {
        Span<uint> found = stackalloc uint[Tuning.HoldMessagesMax];
        var page = new Collecting(this, found);
        bool isEnd = Page(sweep, ref cursor, ulong.MaxValue, ref page);
        status = TopicStatus.Ok;
        foreach (uint reference in found[..page.Count])
        {
            ReadOnlySpan<byte> topic = Entry.Key(_arena.At(reference));
            status = StatusOf(Log?.RoomForRemoval(topic.Length) ?? LogRoom.Ok);
            if (status != TopicStatus.Ok)
            {
                return true;
            }

            LogRemoved(topic);
            Detach(reference);
            removed++;
        }

        return isEnd;
    }

    /// <summary>Copies the next messages for a snapshot; true: that was the last.</summary>
    public bool Snapshot(ref RetainedCursor cursor, RecordBuffer buffer)
    {
        long now = _clock.NowMs;
        int left = Tuning.HoldMessagesMax;
        uint done = 0;
        OrderedIndex.Position at = _index.Seek(cursor.Key, cursor.IsAfter);
        for (; !at.AtEnd && left-- > 0 && buffer.Length < Tuning.HoldBytesMax; at = _index.Next(at))
        {
            done = _index.ReferenceAt(at);
            byte* entry = _arena.At(done);
            if (!Entry.IsDue(entry, now))
            {
                RetainedMessage kept = RetainedMessage.Of(entry, offsetMs: 0);
                RetainedSetRecord.Write(
                    buffer.Add(
                        (byte)TopicRecordKind.RetainedSet,
                        RetainedSetRecord.Bytes(kept.Topic.Length, kept.Headers.Length, kept.Body.Length)),
                    kept.SetAtMs,
                    kept.ExpiresAtMs,
                    kept.Topic,
                    kept.Headers,
                    kept.Body);
            }
        }

        Remember(ref cursor, done);
        return at.AtEnd;
    }

    private void Remember(ref RetainedCursor cursor, uint done)
    {
        if (done != 0)
        {
            cursor.Set(Entry.Key(_arena.At(done)), isAfter: true);
        }
    }

    /// <summary>Keeps where the messages lie that are to go.</summary>
    private ref struct Collecting(RetainedStore store, Span<uint> found) : IRetainedPage
    {
        private readonly Span<uint> _found = found;

        public int Count { get; private set; }

        public bool TryAdd(in RetainedMessage message)
        {
            if (Count == _found.Length)
            {
                return false;
            }

            _found[Count++] = *store._table.Find(store._arena, store._hasher.Of(message.Topic), message.Topic, out _);
            return true;
        }
    }
}
