using System.Text;
using Nexo.Crash.Ledger;
using Nexo.Protocol;

namespace Nexo.Crash.Streams.Groups;

/// <summary>What was said about a record that a member had.</summary>
internal enum RecordVerdict
{
    /// <summary>It is done.</summary>
    Ack,

    /// <summary>It has failed.</summary>
    Nack,

    /// <summary>It was not worked on.</summary>
    GiveBack,

    /// <summary>It is to be a dead letter.</summary>
    DeadLetter,
}

/// <summary>
/// Of a group that is shared by key: what is known of each record, by the epoch, which only a seek changes here. What is done for certain
/// never comes again, what nobody has settled is not done, and of a key one record is out at a time, in its order.
/// </summary>
internal sealed partial class SharedHistory(GroupPlan plan) : GroupHistory(plan)
{
    // Also of an epoch that has begun by a seek whose answer has not come yet.
    private readonly SortedDictionary<ulong, Era> _eras = [];
    private readonly Dictionary<ulong, int> _letters = [];

    private sealed class Fact
    {
        /// <summary>The record's; empty: it has none, or is not known.</summary>
        public string Key { get; set; } = string.Empty;

        public bool WasDelivered { get; set; }

        /// <summary>An acknowledgement was sent, which may have been taken.</summary>
        public bool IsAsked { get; set; }

        public bool IsDone { get; set; }

        /// <summary>It is a dead letter, or will be: it is not delivered any more.</summary>
        public bool IsDead { get; set; }

        public bool IsDeathAsked { get; set; }

        public int Failures { get; set; }

        public int Losses { get; set; }

        public bool MayBeDead => IsDead || IsDeathAsked || Failures >= GroupPlan.DeliveriesMax || Losses >= GroupPlan.LossesMax;
    }

    private sealed class Era
    {
        public Dictionary<ulong, Fact> Facts { get; } = [];

        /// <summary>The highest offset of each key that was delivered, or was so for certain before a crash.</summary>
        public Dictionary<string, ulong> Highest { get; } = [];

        /// <summary>Of each key what is out, and with whom.</summary>
        public Dictionary<string, (ulong Offset, TrackedMember Member)> Out { get; } = [];

        public Fact Of(ulong offset)
        {
            if (!Facts.TryGetValue(offset, out Fact? fact))
            {
                Facts.Add(offset, fact = new Fact());
            }

            return fact;
        }
    }

    public Finding? Delivered(TrackedMember member, ulong epoch, StreamCopy record)
    {
        if (epoch < Epoch)
        {
            // It was on its way when the group was sought.
            return null;
        }

        Era era = EraOf(epoch);
        Fact fact = era.Of(record.Offset);
        Finding? wrong = fact switch
        {
            _ when epoch > Epoch && SeekingTo is null => Wrong(FindingKind.Answer, $"{record.Offset} was delivered in epoch {epoch}"),
            { IsDone: true } => Wrong(FindingKind.Again, $"{record.Offset} was delivered, and its acknowledgement is confirmed"),
            { IsDead: true } => Wrong(FindingKind.Again, $"{record.Offset} was delivered, and is a dead letter"),
            _ when epoch == Epoch && record.Offset < Base => Wrong(FindingKind.Again, $"{record.Offset} was delivered, before {Base}"),
            _ => null,
        };

        // What was sent of it has not come, and cannot any more.
        fact.IsAsked = false;
        fact.WasDelivered = true;
        string key = KeyOf(record);
        fact.Key = key;
        if (key.Length == 0)
        {
            return wrong;
        }

        if (era.Highest.TryGetValue(key, out ulong highest) && highest > record.Offset)
        {
            wrong ??= Wrong(FindingKind.Order, $"{record.Offset} of {key} was delivered behind {highest}");
        }

        if (era.Out.TryGetValue(key, out (ulong Offset, TrackedMember Member) held)
            && held.Offset != record.Offset
            && !held.Member.IsGone)
        {
            wrong ??= Wrong(FindingKind.Order, $"{record.Offset} of {key} was delivered while {held.Offset} is out");
        }

        era.Highest[key] = Math.Max(highest, record.Offset);
        era.Out[key] = (record.Offset, member);
        return wrong;
    }

    /// <summary>A settlement is about to be sent, the first one of this delivery.</summary>
    public void Settling(TrackedRecord record, RecordVerdict verdict)
    {
        Era era = EraOf(record.Epoch);
        Fact fact = era.Of(record.Offset);
        fact.IsAsked |= verdict == RecordVerdict.Ack;
        fact.IsDeathAsked |= verdict == RecordVerdict.DeadLetter;
        fact.Failures += verdict == RecordVerdict.Nack ? 1 : 0;
        foreach (string key in era.Out.Where(held => held.Value.Offset == record.Offset).Select(held => held.Key).ToList())
        {
            era.Out.Remove(key);
        }
    }

    public Finding? Settled(TrackedRecord record, RecordVerdict verdict, ulong seen)
    {
        Fact fact = EraOf(record.Epoch).Of(record.Offset);
        fact.IsDone |= verdict == RecordVerdict.Ack;
        fact.IsDead |= verdict == RecordVerdict.DeadLetter;
        return Accepted(record.Epoch, seen);
    }

    /// <summary>A member's connection is about to be cut: what it has may count that.</summary>
    public void Lost(TrackedMember member)
    {
        foreach (TrackedRecord record in member.Held.Where(record => record.Epoch >= Epoch))
        {
            EraOf(record.Epoch).Of(record.Offset).Losses++;
        }
    }

    /// <summary>Good members have taken all there is.</summary>
    public IEnumerable<Finding> Skipped(OffsetRange range)
    {
        Era era = EraOf(Epoch);
        for (ulong offset = Math.Max(Base, range.First); offset < range.Next; offset++)
        {
            if (!era.Facts.TryGetValue(offset, out Fact? fact) || !(fact.WasDelivered || fact.IsAsked || fact.IsDone))
            {
                yield return Wrong(FindingKind.Lost, $"{offset} was delivered to nobody");
            }
        }
    }

    protected override void OnTold(TrackedMember member)
    {
        // Records say what they are of.
    }

    protected override void OnBegun()
    {
        foreach (ulong epoch in _eras.Keys.Where(epoch => epoch < Epoch).ToList())
        {
            _eras.Remove(epoch);
        }
    }

    private static string KeyOf(StreamCopy record) => Encoding.ASCII.GetString(StreamCopy.KeyOf(record.Number));

    private Era EraOf(ulong epoch)
    {
        if (!_eras.TryGetValue(epoch, out Era? era))
        {
            _eras.Add(epoch, era = new Era());
        }

        return era;
    }
}
