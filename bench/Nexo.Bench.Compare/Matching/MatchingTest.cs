namespace Nexo.Bench.Compare.Matching;

/// <summary>
/// Clients subscribe, unsubscribe, and get what matches: at mosquitto, at Nexo's engine, and by the plain rules. All three must
/// agree on every message, in its order. Topics are published again and again while filters come and go, so what the engine
/// remembers of a topic is put to the test too.
/// </summary>
internal sealed class MatchingTest : IDisposable
{
    private const int Clients = 24;
    private const int SharedClients = 12;
    private const int FiltersMax = 6;
    private const int ChangesPerRound = 12;
    private const int TopicsPerRound = 48;
    private const int Known = 64;

    // Matched by no wildcard; mosquitto lets clients publish to it.
    private const string EndTopic = "$end";
    private const int EndNumber = -1;

    private readonly Random _random;
    private readonly RandomTopics _topics;
    private readonly MqttClient _publisher;
    private readonly EngineTopics _engine = new();
    private readonly Member[] _members;
    private readonly List<string> _known;

    public MatchingTest(int port, int seed)
    {
        _random = new Random(seed);
        _topics = new RandomTopics(_random);
        _publisher = new MqttClient(port);
        _members =
        [
            .. Enumerable.Range(0, Clients + SharedClients)
                .Select(i => new Member(new MqttClient(port), _engine.NewClient(), IsShared: i >= Clients)),
        ];
        _known = [.. Enumerable.Range(0, Known).Select(_ => _topics.Topic())];
        foreach (Member member in _members)
        {
            member.Mosquitto.Subscribe(EndTopic);
        }
    }

    /// <summary>Messages that were published.</summary>
    public long Messages { get; private set; }

    /// <summary>Deliveries that all agree on.</summary>
    public long Deliveries { get; private set; }

    /// <summary>Messages of which one member of a shared group got each.</summary>
    public long Shared { get; private set; }

    /// <summary>Filters and topics that Nexo refused by rules of its own.</summary>
    public long Refused { get; private set; }

    /// <summary>Changes some filters, publishes, and compares.</summary>
    public void Round()
    {
        for (int i = 0; i < ChangesPerRound; i++)
        {
            Change(_members[_random.Next(_members.Length)]);
        }

        string[] topics = [.. Enumerable.Range(0, TopicsPerRound).Select(_ => NextTopic())];
        for (int number = 0; number < topics.Length; number++)
        {
            _publisher.Publish(topics[number], number);
            bool isTaken = _engine.Publish(topics[number], number);
            Require(
                isTaken == TopicReference.IsNexoTopic(topics[number]),
                $"the engine {(isTaken ? "takes" : "refuses")} the topic \"{topics[number]}\"");
            Refused += isTaken ? 0 : 1;
        }

        _publisher.Publish(EndTopic, EndNumber);
        _publisher.Flush();
        _engine.Run();
        Messages += topics.Length;
        Compare(topics);
    }

    public void Dispose()
    {
        foreach (Member member in _members)
        {
            member.Mosquitto.Dispose();
            member.Engine.Dispose();
        }

        _publisher.Dispose();
        _engine.Dispose();
    }

    private string NextTopic()
    {
        if (_random.Next(8) == 0)
        {
            _known[_random.Next(_known.Count)] = _topics.Topic();
        }

        return _known[_random.Next(_known.Count)];
    }

    // Of shared filters a client has one: mosquitto gives a client a message once, whatever it comes for.
    private void Change(Member member)
    {
        int most = member.IsShared ? 1 : FiltersMax;
        if (member.Filters.Count == most || (member.Filters.Count > 0 && _random.Next(3) == 0))
        {
            string gone = member.Filters[_random.Next(member.Filters.Count)];
            member.Filters.Remove(gone);
            member.Mosquitto.Unsubscribe(gone);
            member.Engine.Unsubscribe(gone);
            return;
        }

        string filter = member.IsShared ? SharedFilter() : _topics.Filter();
        bool allowed = TopicReference.IsNexoFilter(TopicReference.Split(filter).Filter);
        Require(
            member.Engine.Subscribe(filter) == allowed,
            $"the engine {(allowed ? "refuses" : "takes")} the filter \"{filter}\"");
        if (!allowed)
        {
            Refused++;
        }
        else if (!member.Filters.Contains(filter))
        {
            Require(member.Mosquitto.Subscribe(filter), $"mosquitto refuses the filter \"{filter}\"");
            member.Filters.Add(filter);
        }
    }

    // Half of the time one that another has, so that there is something to share.
    private string SharedFilter()
    {
        string[] others = [.. _members.Where(member => member.IsShared).SelectMany(member => member.Filters)];
        return others.Length > 0 && _random.Next(2) == 0 ? others[_random.Next(others.Length)] : _topics.SharedFilter();
    }

    private void Compare(string[] topics)
    {
        var shares = new Dictionary<string, (List<int> Mosquitto, List<int> Engine)>();
        foreach (Member member in _members)
        {
            List<int> mosquitto = member.Mosquitto.ReadUntil(EndNumber);
            List<int> engine = member.Engine.Take();
            if (!member.IsShared)
            {
                RequireSame(topics, member.Filters, mosquitto, engine);
            }
            else if (member.Filters.Count > 0)
            {
                (List<int> Mosquitto, List<int> Engine) share = shares.GetValueOrDefault(member.Filters[0], ([], []));
                share.Mosquitto.AddRange(mosquitto);
                share.Engine.AddRange(engine);
                shares[member.Filters[0]] = share;
            }
            else
            {
                RequireSame(topics, [], mosquitto, engine);
            }
        }

        foreach ((string filter, (List<int> mosquitto, List<int> engine)) in shares)
        {
            // Who of them got it is each server's own affair; that one did, once, is not.
            mosquitto.Sort();
            engine.Sort();
            string shared = TopicReference.Split(filter).Filter;
            if (shared[0] == '$')
            {
                // Mosquitto 2.0 looks for the members of such a group under topics without a dollar: nobody gets anything.
                RequireSame("mosquitto", topics, [filter], mosquitto, []);
            }

            RequireSame(topics, [shared], shared[0] == '$' ? Expected(topics, [shared]) : mosquitto, engine);
            Shared += engine.Count;
        }
    }

    private void RequireSame(string[] topics, List<string> filters, List<int> mosquitto, List<int> engine)
    {
        List<int> expected = Expected(topics, filters);
        RequireSame("mosquitto", topics, filters, mosquitto, expected);
        expected.RemoveAll(number => !TopicReference.IsNexoTopic(topics[number]));
        RequireSame("the engine", topics, filters, engine, expected);
        Deliveries += engine.Count;
    }

    private static List<int> Expected(string[] topics, List<string> filters) =>
    [
        .. Enumerable.Range(0, topics.Length)
            .Where(number => filters.Any(filter => TopicReference.Matches(filter, topics[number]))),
    ];

    private static void RequireSame(string who, string[] topics, List<string> filters, List<int> got, List<int> expected)
    {
        if (!got.SequenceEqual(expected))
        {
            string[] more = [.. got.Except(expected).Select(number => topics[number])];
            string[] less = [.. expected.Except(got).Select(number => topics[number])];
            throw new CompareFailure(
                $"{who} disagrees with the rules on the filters {Quoted(filters)}: "
                + $"more {Quoted(more)}, less {Quoted(less)}, got {got.Count}, expected {expected.Count}");
        }
    }

    private static string Quoted(IEnumerable<string> texts) => $"[{string.Join(", ", texts.Select(text => $"\"{text}\""))}]";

    private static void Require(bool condition, string otherwise)
    {
        if (!condition)
        {
            throw new CompareFailure($"Not as the rules are: {otherwise}.");
        }
    }

    private sealed record Member(MqttClient Mosquitto, EngineClient Engine, bool IsShared)
    {
        public List<string> Filters { get; } = [];
    }
}
