using Nexo.Crash.Ledger;

namespace Nexo.Crash.Streams.Groups;

/// <content>The verdict after a crash.</content>
internal sealed partial class SharedHistory
{
    protected override void Judge(GroupStanding found, IReadOnlyDictionary<ulong, int> letters, List<Finding> findings)
    {
        if (found.Epoch == Epoch + 1 && SeekingTo is { } to)
        {
            // The seek was done that was not answered.
            Begin(found.Epoch, to);
        }
        else if (found.Epoch != Epoch)
        {
            findings.Add(Wrong(FindingKind.Lost, $"its epoch is {found.Epoch}, and seeks have made it {Epoch}"));
        }

        // What an epoch did that is not there is undone.
        foreach (ulong epoch in _eras.Keys.Where(epoch => epoch != Epoch).ToList())
        {
            _eras.Remove(epoch);
        }

        Era era = EraOf(Epoch);
        JudgeLetters(era, letters, findings);
        JudgePosition(era, found, findings);
        TakeOver(era, found);
    }

    private void JudgeLetters(Era era, IReadOnlyDictionary<ulong, int> letters, List<Finding> findings)
    {
        bool isSought = SeeksOfRun > 0 || SeekingTo is not null;
        foreach ((ulong offset, int count) in letters)
        {
            int more = count - _letters.GetValueOrDefault(offset);
            if (more > (isSought ? 1 + SeeksOfRun + 1 : 1))
            {
                findings.Add(Wrong(FindingKind.Twice, $"{offset} has become a dead letter {more} times"));
            }

            if (more > 0 && !isSought)
            {
                Fact fact = era.Of(offset);
                if (!fact.MayBeDead)
                {
                    findings.Add(Wrong(
                        FindingKind.DeadLetter, $"{offset} is a dead letter after {fact.Failures} failures and {fact.Losses} losses"));
                }

                if (fact.IsDone)
                {
                    findings.Add(Wrong(FindingKind.DeadLetter, $"{offset} is a dead letter, and its acknowledgement is confirmed"));
                }

                // Appended there and done here, by one record of the log.
                (fact.IsDone, fact.IsDead) = (true, true);
            }

            _letters[offset] = count;
        }

        foreach (ulong offset in _letters.Keys.Where(offset => !letters.ContainsKey(offset)).ToList())
        {
            findings.Add(Wrong(FindingKind.Lost, $"the dead letter of {offset} is not there"));
            _letters.Remove(offset);
        }
    }

    private void JudgePosition(Era era, GroupStanding found, List<Finding> findings)
    {
        ulong? least = null;
        ulong? most = null;
        ulong openAtLeast = 0;
        ulong openAtMost = 0;
        for (ulong offset = Math.Max(Base, found.Range.First); offset < found.Range.Next; offset++)
        {
            Fact? fact = era.Facts.GetValueOrDefault(offset);
            if (fact is not { IsDone: true })
            {
                least ??= offset;
                openAtMost++;
            }

            // One that may be dead may be buried, and by a seek in between its letter be of another epoch.
            if (fact is null or { IsDone: false, IsAsked: false, MayBeDead: false })
            {
                most ??= offset;
                openAtLeast++;
            }
        }

        (ulong from, ulong to) = (least ?? found.Range.Next, most ?? found.Range.Next);
        (from, to) = (Math.Max(from, found.Range.First), Math.Max(Math.Max(to, found.Range.First), Math.Min(Base, found.Range.Next)));
        if (found.Position < from || found.Position > to)
        {
            findings.Add(Wrong(FindingKind.Lost, $"its position is {found.Position}, and must be {from} to {to} of {found.Range}"));
        }

        if (found.Lag < openAtLeast || found.Lag > openAtMost)
        {
            findings.Add(Wrong(FindingKind.Lost, $"{found.Lag} are not done, and must be {openAtLeast} to {openAtMost}"));
        }
    }

    // What was before the crash is out no more; of each key, what was done for certain was preceded by all before it.
    private void TakeOver(Era era, GroupStanding found)
    {
        foreach (ulong offset in era.Facts.Keys.Where(offset => offset < found.Range.First).ToList())
        {
            era.Facts.Remove(offset);
        }

        era.Out.Clear();
        era.Highest.Clear();
        foreach ((ulong offset, Fact fact) in era.Facts.Where(one => one.Value.IsDone && one.Value.Key.Length > 0))
        {
            era.Highest[fact.Key] = Math.Max(era.Highest.GetValueOrDefault(fact.Key), offset);
        }
    }
}
