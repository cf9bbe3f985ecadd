using Nexo.Engine.Topics;
using Xunit;

namespace Nexo.Engine.Tests.Topics;

/// <summary>
/// A sequence of steps, done by the topics and by a model of lists: publishers with a work of their own, subscriptions with filters of
/// their own and shared ones, some of them not for their own messages.
/// </summary>
internal sealed class TopicModelRun(TopicLimits limits) : IDisposable
{
    private const string Inbox = "$inbox/0123456789abcdef";
    private const int Publishers = 3;

    private static readonly string[] Levels = ["", "a", "b", "c", "$x", "é"];
    private static readonly string[] Groups = ["g", "h"];

    private readonly TopicHarness _harness = new(limits);
    private readonly TopicOwner[] _owners = [new(), new(), new()];
    private readonly TopicWork[] _works = [new(), new(), new()];
    private readonly List<ModelSubscription> _subscriptions = [];
    private readonly List<(int Publisher, string Body, HashSet<string> Shares)> _pending = [];
    private int _published;
    private long _delivered;

    public static string Topic(int choice, Random random)
    {
        string text = string.Join('/', Enumerable.Range(0, 1 + random.Next(4)).Select(_ => Levels[random.Next(Levels.Length)]));
        bool isOwn = text.Length == 0 || text[0] == '$';
        return choice % 8 == 0 ? $"{Inbox}/{text}" : isOwn ? "a" + text : text;
    }

    public static string Filter(int choice, Random random)
    {
        string[] levels = [.. Enumerable.Range(0, 1 + random.Next(4))
            .Select(_ => random.Next(3) == 0 ? "+" : Levels[random.Next(Levels.Length)])];
        string text = string.Join('/', random.Next(3) == 0 ? [.. levels, "#"] : levels);
        return choice % 11 == 0 ? "#" : choice % 7 == 0 ? $"{Inbox}/{text}" : text.Length == 0 ? "/" : text;
    }

    public void Dispose() => _harness.Dispose();

    public void All(int[] steps)
    {
        foreach (int step in steps)
        {
            var random = new Random(step);
            Step(step % 10, random);
        }

        DeliverAll();
        TopicStats stats = _harness.Topics.Stats;
        Assert.Equal((_published, _delivered), (stats.Published, stats.Delivered));
        Assert.Equal(_subscriptions.Sum(subscription => subscription.Filters.Count), stats.Filters);
        _harness.Topics.Check();
        _subscriptions.ForEach(subscription => subscription.Subscriber.Dispose());
        Assert.All(_owners, owner => Assert.Equal(0, owner.Filters));
        _harness.CheckEmpty();
    }

    private void Step(int kind, Random random)
    {
        switch (kind)
        {
            case 0 or 1:
                Subscribe(random);
                break;
            case 2 when _subscriptions.Count > 0:
                Change(_subscriptions[random.Next(_subscriptions.Count)], random);
                break;
            case 3 when _subscriptions.Count > 0:
                End(random.Next(_subscriptions.Count));
                break;
            case 4:
                Deliver(random.Next(Publishers));
                break;
            default:
                Publish(random.Next(Publishers), random);
                break;
        }
    }

    private void Subscribe(Random random)
    {
        int owner = random.Next(Publishers);
        bool notOwn = random.Next(3) == 0;
        string[] filters = Filters(random, 4, shared: !notOwn);
        var sink = new SinkDouble { Load = random.Next(3) };
        var options = new TopicSubscribeOptions { Owner = _owners[owner], NotOwn = notOwn };
        TopicStatus status = _harness.TrySubscribe(sink, options, out TopicSubscriber? subscriber, filters);
        Assert.Equal(HasRoom(owner, filters.Length) ? TopicStatus.Ok : TopicStatus.TooManyFilters, status);
        if (status == TopicStatus.Ok)
        {
            _subscriptions.Add(new ModelSubscription(owner, notOwn, sink, subscriber!, [.. filters]));
        }
    }

    private void Change(ModelSubscription subscription, Random random)
    {
        DeliverAll();
        string[] added = Filters(random, 3, shared: !subscription.NotOwn);
        string[] removed = [.. subscription.Filters.Where(_ => random.Next(3) == 0), .. Filters(random, 2, shared: true)];
        int fresh = added.Count(filter => !subscription.Filters.Contains(filter));
        int gone = removed.Except(added).Count(subscription.Filters.Contains);
        TopicStatus status = TopicHarness.Change(subscription.Subscriber, added, removed);
        bool hasRoom = fresh - gone <= 0 || HasRoom(subscription.Owner, fresh - gone);
        Assert.Equal(hasRoom ? TopicStatus.Ok : TopicStatus.TooManyFilters, status);
        if (status == TopicStatus.Ok)
        {
            subscription.Filters.ExceptWith(removed);
            subscription.Filters.UnionWith(added);
        }

        Assert.Equal(subscription.Filters.Count, subscription.Subscriber.Filters);
    }

    private void End(int index)
    {
        // A share without members would lose what was published to it.
        DeliverAll();
        _subscriptions[index].Subscriber.Dispose();
        _subscriptions[index].Subscriber.Dispose();
        _subscriptions.RemoveAt(index);
    }

    private void Publish(int publisher, Random random)
    {
        string topic = Topic(random.Next(), random);
        string body = $"{publisher}:{_published++}";
        var shares = new HashSet<string>();
        int receivers = 0;
        foreach (ModelSubscription subscription in _subscriptions)
        {
            shares.UnionWith(subscription.Filters.Where(IsShare).Where(filter => NaiveTopics.Matches(Unshared(filter), topic)));
            if ((!subscription.NotOwn || subscription.Owner != publisher)
                && subscription.Filters.Any(filter => !IsShare(filter) && NaiveTopics.Matches(filter, topic)))
            {
                receivers++;
                subscription.Expected.Add(body);
            }
        }

        _pending.Add((publisher, body, shares));
        TopicStatus status = _harness.Publish(topic, body, out TopicPublished published, _works[publisher], _owners[publisher]);
        Assert.Equal((TopicStatus.Ok, receivers + shares.Count), (status, published.Receivers));
        _delivered += receivers;
    }

    private void DeliverAll()
    {
        for (int i = 0; i < Publishers; i++)
        {
            Deliver(i);
        }
    }

    /// <summary>Of each share with members exactly one of them gets each message; the others get theirs in the order of publishing.</summary>
    private void Deliver(int publisher)
    {
        TopicHarness.RunAll(_works[publisher]);
        foreach ((_, string body, HashSet<string> shares) in _pending.Where(message => message.Publisher == publisher))
        {
            foreach (string share in shares)
            {
                int came = _subscriptions.Sum(subscription => subscription.Sink.All.Count(
                    message => message.Body == body && message.Share is { } group && NameOf(group) == share));
                Assert.True(came == 1, $"{share} of {body}");
                _delivered++;
            }
        }

        _pending.RemoveAll(message => message.Publisher == publisher);
        foreach (ModelSubscription subscription in _subscriptions)
        {
            string mine = $"{publisher}:";
            Assert.Equal(
                subscription.Expected.Where(body => body.StartsWith(mine, StringComparison.Ordinal)),
                subscription.Sink.All.Where(message => message.Share == null).Select(message => message.Body)
                    .Where(body => body.StartsWith(mine, StringComparison.Ordinal)));
            Assert.Equal(subscription.Sink.All.Count, subscription.Subscriber.Delivered);
        }
    }

    private bool HasRoom(int owner, int filters) =>
        _subscriptions.Sum(subscription => subscription.Filters.Count) + filters <= limits.FiltersMax
        && _subscriptions.Where(subscription => subscription.Owner == owner).Sum(subscription => subscription.Filters.Count)
            + filters <= limits.FiltersPerOwnerMax;

    private static string[] Filters(Random random, int max, bool shared)
    {
        return [.. Enumerable.Range(0, random.Next(max + 1)).Select(_ => One()).Distinct()];

        string One()
        {
            string filter = Filter(random.Next(), random);
            return shared && random.Next(3) == 0 ? $"$share/{Groups[random.Next(Groups.Length)]}/{filter}" : filter;
        }
    }

    private static bool IsShare(string filter) => filter.StartsWith("$share/", StringComparison.Ordinal);

    private static string Unshared(string filter) => filter[(filter.IndexOf('/', 7) + 1)..];

    private static string NameOf(TopicGroup group) =>
        $"$share/{System.Text.Encoding.UTF8.GetString(group.Name.Span)}/{System.Text.Encoding.UTF8.GetString(group.Filter.Span)}";

    private sealed record ModelSubscription(
        int Owner, bool NotOwn, SinkDouble Sink, TopicSubscriber Subscriber, HashSet<string> Filters)
    {
        public List<string> Expected { get; } = [];
    }
}
