using Nexo.Engine.Memory;

namespace Nexo.Engine.Streams;

/// <summary>
/// A group whose members all get records, of each key one at a time, and settle each for itself. What was read and is not done is in its
/// window while it has members; without them it is its position, what is done behind it, and what has failed.
/// </summary>
internal sealed partial class SharedGroup : StreamGroup
{
    private const long DueAtOnce = 0;

    private GroupWindow? _window;
    private LeaseTokens _leases = new();

    /// <summary>The next offset to be read; all before it are done or in the window.</summary>
    private long _readNext;

    public SharedGroup(StreamGroups groups, byte[] name, uint number, StreamGroupOptions options, long position)
        : base(groups, name, number, options, position)
    {
    }

    public override StreamGroupMode Mode => StreamGroupMode.SharedByKey;

    protected override int InFlight => _window?.InFlight ?? 0;

    protected override int Waiting => _window is { } window ? window.Count - window.InFlight : 0;

    protected override StreamMemberState StateOf(StreamGroupMember member) => StreamMemberState.Active;

    protected override bool OnJoined(StreamGroupMember member)
    {
        if (_window is null)
        {
            OpenWindow();
        }

        return false;
    }

    // What it had goes to others, in its place and without a failure.
    protected override bool OnLeft(StreamGroupMember member, bool isLost)
    {
        LeaveTakers(member);
        if (_window is { } window && member.Load > 0)
        {
            int longest = isLost ? window.LongestOf(member) : GroupWindow.None;
            for (int i = 0; i < window.Entries.Length; i++)
            {
                if (window[i].State == GroupEntryState.InFlight && window[i].Member == member)
                {
                    if (i == longest)
                    {
                        Lose(ref window[i]);
                    }

                    window.MakeReady(i);
                }
            }

            LogFailed();
        }

        return false;
    }

    protected override void OnSought()
    {
        Failures.Clear();
        _reasons.Clear();
        if (_window is { } window)
        {
            window.Clear();
            OpenWindow();
        }
    }

    protected override void OnEmptied()
    {
        if (_window is not { } window)
        {
            return;
        }

        _window = null;
        _takers.Clear();
        foreach (ref GroupEntry entry in window.Entries)
        {
            if (entry.HasFailed)
            {
                Failures[entry.Offset] = entry.Failure;
            }
        }

        window.Clear();

        // Of what was trimmed nothing is read again.
        ForgetDoneFailures();
        foreach (long offset in _reasons.Keys)
        {
            if (Done.FirstOpen(offset) != offset)
            {
                _reasons.Remove(offset);
            }
        }
    }

    protected override void AddFailures(List<GroupFailure> failures)
    {
        if (_window is { } window)
        {
            foreach (ref GroupEntry entry in window.Entries)
            {
                if (entry.HasFailed)
                {
                    failures.Add(entry.Failure);
                }
            }
        }
    }

    /// <summary>Leases that have ended, and pauses that are over.</summary>
    protected override void DoDue(long nowMs, GroupWork work)
    {
        if (_window is not { } window)
        {
            return;
        }

        long next = long.MaxValue;
        _failed.Clear();
        for (int i = 0; i < window.Entries.Length; i++)
        {
            ref GroupEntry entry = ref window[i];
            if (entry.State is not (GroupEntryState.InFlight or GroupEntryState.Delayed))
            {
                continue;
            }

            if (entry.DueMs > nowMs)
            {
                next = Math.Min(next, entry.DueMs);
            }
            else if (entry.State == GroupEntryState.Delayed)
            {
                window.MakeReady(i);
            }
            else
            {
                Fail(i, StreamNack.Backoff, DueAtOnce, "the lease ended"u8);
                next = window[i].State == GroupEntryState.Delayed ? Math.Min(next, window[i].DueMs) : next;
            }
        }

        LogFailed();
        NoteDue(next);
    }

    /// <summary>
    /// Its member is lost. That is no failure of the record, or each deployment would bring what is worked on nearer to its death; but one
    /// that kills its members must not hold up its key for ever. It counts against the one alone that the member had longest, which it was
    /// working on.
    /// </summary>
    private void Lose(ref GroupEntry entry)
    {
        entry.Losses++;
        entry.IsDead |= Options.DeliveriesMax > 0 && entry.Losses >= Context.Limits.Groups.LossesPerFailure * Options.DeliveriesMax;
        _failed.Add(entry.Failure);
    }

    private void OpenWindow()
    {
        Floor();
        _readNext = Position;
        _window = new GroupWindow(Context.Hasher, Context.OtherHasher, Context.Limits.Groups.WindowBytesMax, Context.GroupMemory);
    }
}
