namespace Nexo.Engine.Streams;

/// <content>Reading into the window, and giving out of it.</content>
internal sealed partial class SharedGroup
{
    private const int LooksMax = 16;

    private readonly List<StreamGroupMember> _takers = [];
    private readonly List<StreamGroupMember> _packed = [];
    private readonly Stack<GroupPack> _packs = new();
    private int _lookFrom;

    /// <summary>What the pump is to read next.</summary>
    private enum Reading
    {
        /// <summary>Nothing: nobody takes, or the window is full.</summary>
        Nothing,

        /// <summary>Nothing yet: there is more to be given.</summary>
        Later,

        /// <summary>Records behind the window.</summary>
        Ahead,

        /// <summary>A record whose bytes were let go of.</summary>
        Again,
    }

    protected override void OnTaker(StreamGroupMember member)
    {
        if (!member.IsTaker && !member.Closed && CanTake(member))
        {
            member.IsTaker = true;
            _takers.Add(member);
        }
    }

    protected override bool Slice(GroupWork work)
    {
        Reading reading;
        long offset;
        long version;
        int recordsMax;
        lock (Gate)
        {
            reading = Work(work, out offset, out recordsMax);
            version = Version;
        }

        if (reading is Reading.Nothing or Reading.Later)
        {
            return reading == Reading.Later;
        }

        var page = new GroupPage();
        bool isRead = TryRead(offset, recordsMax, Context.Limits.Groups.DeliveryBytes, page, out StreamReadResult read);
        lock (Gate)
        {
            if (!isRead || version != Version || _window is null)
            {
                page.Release();
                return isRead;
            }

            if (reading == Reading.Again)
            {
                Attach(offset, page);
            }
            else
            {
                Admit(offset, read.ContinueAt, page);
            }

            _window.Keep(page);
            return read.Count > 0 || read.ContinueAt != offset || !WaitForRecords(offset);
        }
    }

    private static bool CanTake(StreamGroupMember member) =>
        member.FirstPull is not null || (member.Credits > 0 && !member.Stopped && !member.Parked);

    private Reading Work(GroupWork work, out long offset, out int recordsMax)
    {
        StreamGroupLimits limits = Context.Limits.Groups;
        offset = 0;
        recordsMax = limits.DeliveryRecordsMax;
        if (_window is not { } window || IsClosed)
        {
            return Reading.Nothing;
        }

        bool waits = false;
        bool areBuried = BuryDying(work, out offset, ref waits);
        LogRuns();
        if (!areBuried)
        {
            recordsMax = 1;
            return Reading.Again;
        }

        bool isBounded = !Give(work, out int cold);
        if (cold >= 0)
        {
            offset = window[cold].Offset;
            return Reading.Again;
        }

        if (isBounded || window.Dying.Count > 0)
        {
            return Reading.Later;
        }

        int room = limits.WindowRecordsMax - window.Count;
        if (_takers.Count == 0 || window.HasReady || room <= 0)
        {
            return Reading.Nothing;
        }

        offset = _readNext = Done.FirstOpen(_readNext);
        recordsMax = Math.Min(recordsMax, room);
        return Reading.Ahead;
    }

    /// <summary>Gives ready records to members that take some.</summary>
    /// <param name="work">Takes whom to flush.</param>
    /// <param name="cold">The record that is next, if its bytes are to be read first; else -1.</param>
    /// <returns>False: it has held the lock for long enough.</returns>
    private bool Give(GroupWork work, out int cold)
    {
        GroupWindow window = _window!;
        cold = -1;
        long nowMs = Context.Clock.NowMs;
        int left = Context.Limits.Groups.HoldRecordsMax;
        for (; left > 0 && window.TryPeekReady(out int index); left--)
        {
            if (!window[index].IsWarm)
            {
                cold = _takers.Count > 0 ? index : cold;
                break;
            }

            if (!TryPick(window[index].Length, work, out StreamGroupMember? member))
            {
                break;
            }

            ref GroupEntry entry = ref window[index];
            ulong lease = _leases.Next();
            long leaseMs = member!.Options.LeaseMs > 0 ? member.Options.LeaseMs : Options.LeaseMs;
            window.Lend(member, lease, nowMs + leaseMs);
            NoteDue(nowMs + leaseMs);
            member.Pack!.Add(entry.Bytes, new StreamGroupLease(lease, entry.Deliveries));
            member.Credits -= member.Pack.Pull is null ? 1 : 0;
            Delivered++;
            Redelivered += entry.Deliveries > 1 ? 1 : 0;
        }

        foreach (StreamGroupMember member in _packed)
        {
            Send(member, work);
        }

        _packed.Clear();
        return left > 0;
    }

    /// <summary>The one of some members with the fewest records that takes one more; it has a pack that has room for it.</summary>
    private bool TryPick(int bytes, GroupWork work, out StreamGroupMember? best)
    {
        best = null;
        while (_takers.Count > 0)
        {
            int at = 0;
            int looks = Math.Min(_takers.Count, LooksMax);
            best = null;
            for (int i = 0; i < looks; i++)
            {
                int candidate = (_lookFrom + i) % _takers.Count;
                if (best is null || _takers[candidate].Load < best.Load)
                {
                    best = _takers[candidate];
                    at = candidate;
                }
            }

            if (TryPack(best!, bytes, work))
            {
                _lookFrom = at + 1;
                return true;
            }

            best!.IsTaker = false;
            _takers[at] = _takers[^1];
            _takers.RemoveAt(_takers.Count - 1);
        }

        return false;
    }

    // False: it takes no more now.
    private bool TryPack(StreamGroupMember member, int bytes, GroupWork work)
    {
        if (member.Pack is { } pack)
        {
            if (pack.Fits(bytes) && (pack.Pull is not null || member.Credits > 0))
            {
                return true;
            }

            Send(member, work);
            _packed.Remove(member);
        }

        member.Parked |= member.FirstPull is null && member.Credits > 0 && member.Sink.IsCongested;
        if (!CanTake(member))
        {
            return false;
        }

        StreamGroupPull? pull = member.FirstPull;
        TermsOf(member, pull, out int recordsMax, out int bytesMax);
        member.Pack = _packs.TryPop(out GroupPack? spare) ? spare : new GroupPack();
        member.Pack.Begin(pull, recordsMax, bytesMax);
        _packed.Add(member);
        return true;
    }

    private void Send(StreamGroupMember member, GroupWork work)
    {
        GroupPack pack = member.Pack!;
        member.Pack = null;
        if (pack.Count > 0)
        {
            IStreamGroupSink sink = pack.Pull?.Target ?? member.Sink;
            if (pack.Pull is { } pull)
            {
                member.Pulls!.Remove(pull);
            }

            sink.Deliver(pack.Records(Epoch));
            work.Touch(sink);
        }

        pack.Release();
        _packs.Push(pack);
    }

    private void LeaveTakers(StreamGroupMember member)
    {
        if (member.IsTaker)
        {
            member.IsTaker = false;
            _takers.Remove(member);
        }
    }

    /// <summary>Takes what was read into the window, but for what is done.</summary>
    private void Admit(long offset, long continueAt, GroupPage page)
    {
        GroupWindow window = _window!;
        ReadOnlySpan<byte> rest = page.Written;
        long next = offset;
        while (!rest.IsEmpty && StreamRecordForm.TryTake(ref rest, out StreamRecordView record))
        {
            // What is not there any more is done.
            Done.Add(next, record.Offset);
            next = record.Offset + 1;
            if (Done.FirstOpen(record.Offset) == record.Offset)
            {
                Failures.Remove(record.Offset, out GroupFailure failure);
                window.Add(record, page, page.Length - rest.Length - record.Bytes.Length, failure);
            }
        }

        Done.Add(next, continueAt);
        _readNext = continueAt;
    }

    /// <summary>Gives records of the window their bytes again; the first that was wanted may be there no more, and then is done.</summary>
    private void Attach(long offset, GroupPage page)
    {
        GroupWindow window = _window!;
        ReadOnlySpan<byte> rest = page.Written;
        while (!rest.IsEmpty && StreamRecordForm.TryTake(ref rest, out StreamRecordView record))
        {
            if (window.TryFind(record.Offset, out int index) && !window[index].IsWarm)
            {
                window.Attach(index, page, page.Length - rest.Length - record.Bytes.Length, record.Bytes.Length);
            }
        }

        if (window.TryFind(offset, out int wanted) && !window[wanted].IsWarm)
        {
            Finish(wanted);
        }
    }

    // It is done, or there is nothing of it any more.
    private void Finish(int index)
    {
        long offset = _window![index].Offset;
        Done.Add(offset, offset + 1);
        _reasons.Remove(offset);
        _window.Remove(index);
    }
}
