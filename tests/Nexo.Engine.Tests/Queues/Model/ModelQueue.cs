using Nexo.Engine.Queues;
using Xunit;

namespace Nexo.Engine.Tests.Queues.Model;

/// <summary>One queue of the model: its messages, by id, and the rules of who is next.</summary>
internal sealed class ModelQueue(string name, QueueOptions options)
{
    /// <summary>In this many ms the deliveries of a group are counted.</summary>
    private const long RateMs = 1_000;

    private readonly Dictionary<string, List<long>> _deliveredAt = [];

    public string Name => name;

    public QueueOptions Options { get; set; } = options;

    public ulong Revision { get; set; } = 1;

    public QueuePausedParts Paused { get; set; }

    /// <summary>0: not known, after a restart that lost it with the messages.</summary>
    public ulong NextId { get; set; } = 1;

    public SortedDictionary<ulong, ModelMessage> Messages { get; } = [];

    /// <summary>Dead letters of other queues whose new ids have not been seen yet.</summary>
    public List<ModelMessage> Unnumbered { get; } = [];

    /// <summary>It is made when the first of those comes.</summary>
    public bool IsAwaited { get; set; }

    public Dictionary<string, (ulong Id, long At)> Dedup { get; } = [];

    public List<ModelConsumer> Consumers { get; } = [];

    public ModelTurns Turns { get; } = new();

    public ModelCounters Counters { get; private set; } = new();

    /// <summary>The last moment at which something spoke against its being unused.</summary>
    public long UsedAt { get; set; }

    public IEnumerable<ModelMessage> Live => Messages.Values.Where(message => !message.IsDead);

    public IEnumerable<ModelMessage> Dead => Messages.Values.Where(message => message.IsDead).Concat(Unnumbered);

    public int Count(ModelState state) =>
        Messages.Values.Count(message => message.State == state) + (state == ModelState.Dead ? Unnumbered.Count : 0);

    public bool HasRoomFor(long bytes)
    {
        long count = 0;
        foreach (ModelMessage message in Live)
        {
            count++;
            bytes += message.Bytes;
        }

        return (Options.MessagesMax == 0 || count < Options.MessagesMax)
            && (Options.BytesMax == 0 || bytes <= Options.BytesMax);
    }

    /// <summary>All that could be delivered now, were there a consumer for it.</summary>
    public List<ModelMember> Members(long now)
    {
        List<ModelMember> members = [];
        if (Paused.HasFlag(QueuePausedParts.Deliveries))
        {
            return members;
        }

        foreach (IGrouping<string, ModelMessage> group in Live.GroupBy(message => message.Group))
        {
            if (group.Key.Length == 0)
            {
                members.AddRange(group
                    .Where(message => message.State == ModelState.Ready && !message.IsExpired(now))
                    .GroupBy(message => message.Priority)
                    .Select(same => new ModelMember(same.Key, "", same.First(), Must: true)));
            }
            else if (MemberOf([.. group], now) is { } member)
            {
                members.Add(member);
            }
        }

        return members;
    }

    /// <summary>Checks a delivery against the rules, and applies it.</summary>
    public ModelMessage Deliver(Delivered delivered, long now)
    {
        List<ModelMember> members = Members(now);
        Turns.Sync(members);
        ModelMember? chosen = members.Find(member => member.Head.Id == delivered.Id);
        Assert.True(
            chosen is not null,
            $"{name}: {delivered} is not what is next; that is one of\n{string.Join('\n', members)}\nof\n{this}");
        ModelMember? higher = members.Find(member => member.Must && member.Priority > chosen.Priority);
        Assert.True(higher is null, $"{name}: {delivered} went before {higher}");
        Turns.Serve(chosen, $"{name}: {delivered}\n{string.Join('\n', members)}");
        if (!delivered.ByPull)
        {
            CheckConsumer(delivered.Consumer);
        }

        Apply(chosen.Head, delivered, now);
        Turns.Sync(Members(now));
        return chosen.Head;
    }

    /// <summary>A delivery that the rules demand and that has not been made.</summary>
    public string? Undelivered(long now)
    {
        ModelMember? member = Members(now).Find(member => member.Must);
        ModelConsumer? consumer = Consumers.Find(consumer => consumer.MayTake);
        return member is null || consumer is null ? null : $"{name}: {member} is not delivered to {consumer}\n{this}";
    }

    public void AddTo(SortedDictionary<ulong, ModelMessage> messages, ModelMessage message) =>
        Assert.True(messages.TryAdd(message.Id, message), $"{name}: the id {message.Id} was given twice");

    /// <summary>With the messages as they are, without consumers.</summary>
    public ModelQueue Copy()
    {
        var copy = new ModelQueue(name, Options) { Revision = Revision, Paused = Paused, IsAwaited = IsAwaited };
        copy.Restore(this);
        return copy;
    }

    /// <summary>Has the messages of that one, and all that goes with them.</summary>
    public void Restore(ModelQueue from)
    {
        (NextId, UsedAt, Counters) = (from.NextId, from.UsedAt, from.Counters with { });
        Messages.Clear();
        foreach ((ulong id, ModelMessage message) in from.Messages)
        {
            Messages.Add(id, message.Copy());
        }

        Unnumbered.Clear();
        Unnumbered.AddRange(from.Unnumbered.Select(message => message.Copy()));
        Dedup.Clear();
        foreach ((string id, (ulong Id, long At) first) in from.Dedup)
        {
            Dedup.Add(id, first);
        }
    }

    public override string ToString() =>
        $"{name} {Options} paused {Paused}, next {NextId}\n"
        + string.Join('\n', Messages.Values.Concat(Unnumbered))
        + $"\n{string.Join('\n', Consumers)}";

    private ModelMember? MemberOf(List<ModelMessage> group, long now)
    {
        ModelMessage? head = group.Find(message => message.State == ModelState.Ready && !message.IsExpired(now));
        int limit = Options.InFlightPerGroup;
        int busy = group.Count(message => message.IsBusy);
        int over = group.Count(message => message.IsHeld && message.IsExpired(now));
        if (head is null || (limit > 0 && busy - over >= limit))
        {
            return null;
        }

        bool must = limit == 0 || busy < limit;

        // How a second is counted is left open: within a whole one without a delivery, one must be possible.
        if (Options.PerSecondPerGroup > 0 && _deliveredAt.TryGetValue(head.Group, out List<long>? moments))
        {
            int recent = moments.Count(moment => moment > now - RateMs);
            if (recent >= 2 * Options.PerSecondPerGroup)
            {
                return null;
            }

            must &= recent == 0;
        }

        return new ModelMember(head.Priority, head.Group, head, must);
    }

    private void CheckConsumer(ModelConsumer consumer)
    {
        Assert.True(consumer.MayTake, $"{consumer} was given a message");
        ModelConsumer? freer = Consumers.Find(other => other.MayTake && other.Load < consumer.Load);
        Assert.True(freer is null, $"{consumer} was given a message although there is {freer}");
    }

    private void Apply(ModelMessage message, Delivered delivered, long now)
    {
        Counters.Delivered++;
        Counters.Redelivered += message.Deliveries > 0 ? 1 : 0;
        message.Deliveries++;
        if (message.Group.Length > 0)
        {
            if (!_deliveredAt.TryGetValue(message.Group, out List<long>? moments))
            {
                _deliveredAt.Add(message.Group, moments = []);
            }

            moments.Add(now);
        }

        message.TookCredit = !delivered.ByPull || (delivered.Consumer.Options.CreditsAreUnsettled && delivered.Lease != 0);
        if (message.TookCredit)
        {
            delivered.Consumer.Credits--;
        }
    }
}
