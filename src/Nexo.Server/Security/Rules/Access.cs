using System.Text;
using Nexo.Engine;
using Nexo.Engine.Topics;
using Nexo.Server.Brokers;

namespace Nexo.Server.Security;

/// <summary>
/// What a user may do, ready to be asked: immutable, thread-safe, without allocation. Who may do everything has
/// <see cref="Everything"/> itself, so that the usual case is one comparison.
/// </summary>
internal sealed class Access
{
    private const int Brokers = 5;
    private const int Operations = 4;

    private readonly Grant?[] _grants = new Grant?[Brokers * Operations];

    private Access()
    {
    }

    /// <summary>Of who may do everything.</summary>
    public static Access Everything { get; } = Compile([ParseAll()]);

    /// <summary>Of who may do nothing.</summary>
    public static Access Nothing { get; } = new();

    private static ReadOnlySpan<byte> Share => "$share/"u8;

    /// <summary>What these rules allow together.</summary>
    public static Access Of(IReadOnlyCollection<AccessRule> rules) =>
        rules.Count == 0 ? Nothing
        : rules.Any(rule => rule.IsEverything) ? Everything
        : Compile(rules);

    /// <summary>Whether something may be done with this name, or this topic; the server itself has none.</summary>
    public bool Allows(AccessBroker broker, AccessOperation operation, ReadOnlySpan<byte> name)
    {
        if (ReferenceEquals(this, Everything))
        {
            return true;
        }

        Grant? grant = GrantOf(broker, operation);
        if (broker != AccessBroker.Topics)
        {
            return grant is not null && grant.HasName(name);
        }

        return IsSecret(ref name) ? UsesTopics : grant is not null && grant.HasTopic(name);
    }

    /// <summary>
    /// Whether something may be done with all topics that a filter matches, with or without its share. One rule must match them all:
    /// several that do so together are not looked for.
    /// </summary>
    public bool Covers(AccessOperation operation, ReadOnlySpan<byte> filter)
    {
        if (ReferenceEquals(this, Everything))
        {
            return true;
        }

        if (filter.StartsWith(Share))
        {
            ReadOnlySpan<byte> rest = filter[Share.Length..];
            int end = rest.IndexOf((byte)'/');
            filter = end < 0 ? default : rest[(end + 1)..];
        }

        return IsSecret(ref filter)
            ? UsesTopics
            : GrantOf(AccessBroker.Topics, operation) is { } grant && grant.Covers(filter);
    }

    /// <summary>Whether something may be done with all names that begin so.</summary>
    public bool CoversPrefix(AccessBroker broker, AccessOperation operation, ReadOnlySpan<byte> prefix) =>
        ReferenceEquals(this, Everything)
        || (GrantOf(broker, operation) is { } grant
            && (broker == AccessBroker.Topics ? grant.CoversTopics(prefix) : grant.CoversNames(prefix)));

    /// <summary>Whether something may be done with any name at all.</summary>
    public bool AllowsAny(AccessBroker broker, AccessOperation operation) => GrantOf(broker, operation) is not null;

    /// <summary>Whether something may be done with the server itself.</summary>
    public bool AllowsAdmin(AccessOperation operation) => AllowsAny(AccessBroker.Admin, operation);

    /// <summary>
    /// Whether somebody may be in a namespace: in his own one, if he is bound to one; else in the default one, and in every one if he
    /// manages the server.
    /// </summary>
    /// <param name="space">Which.</param>
    /// <param name="bound">His own; null: he is not bound to one.</param>
    public bool MayBeIn(string space, string? bound) => bound is not null
        ? bound == space
        : space == Namespaces.Default || AllowsAdmin(AccessOperation.Manage);

    // The name of an inbox is a secret: who knows it was told it, or has made it up. Who publishes requests, or answers them, needs no
    // rule for it.
    private bool UsesTopics =>
        AllowsAny(AccessBroker.Topics, AccessOperation.Read) || AllowsAny(AccessBroker.Topics, AccessOperation.Write);

    // Channels of SSUBSCRIBE lie there too, and their names are no secrets: they need a rule for the name.
    private static bool IsSecret(ref ReadOnlySpan<byte> topic)
    {
        if (!topic.StartsWith(Resp.RespChannels.ShardPrefix))
        {
            return TopicRules.IsInbox(topic);
        }

        topic = topic[Resp.RespChannels.ShardPrefix.Length..];
        return false;
    }

    private static Access Compile(IReadOnlyCollection<AccessRule> rules)
    {
        var access = new Access();
        foreach (AccessBroker broker in Enum.GetValues<AccessBroker>())
        {
            foreach (AccessOperation operation in Enum.GetValues<AccessOperation>())
            {
                string[] patterns =
                [
                    .. rules.Where(rule => (rule.Broker is null || rule.Broker == broker) && rule.Has(operation))
                        .Select(rule => PatternOf(rule, broker)).Distinct(),
                ];
                access._grants[Slot(broker, operation)] = patterns.Length == 0 ? null : new Grant(patterns, broker == AccessBroker.Topics);
            }
        }

        return access;
    }

    private static string PatternOf(AccessRule rule, AccessBroker broker) => broker switch
    {
        AccessBroker.Admin => "*",
        AccessBroker.Topics when rule.Broker is null => "#",
        _ => rule.Pattern,
    };

    private static AccessRule ParseAll() => AccessRule.TryParse("* * *", out AccessRule? rule, out string? reason)
        ? rule
        : throw new InvalidOperationException(reason);

    private static int Slot(AccessBroker broker, AccessOperation operation) => ((int)broker * Operations) + (int)operation;

    private Grant? GrantOf(AccessBroker broker, AccessOperation operation) => _grants[Slot(broker, operation)];

    /// <summary>The patterns of one operation on one broker.</summary>
    private sealed class Grant
    {
        private readonly byte[][] _prefixes;
        private readonly byte[][] _filters;
        private readonly HashSet<byte[]>.AlternateLookup<ReadOnlySpan<byte>> _names;

        public Grant(string[] patterns, bool areFilters)
        {
            var names = new HashSet<byte[]>(BytesComparer.Instance);
            if (!areFilters)
            {
                names.UnionWith(patterns.Where(pattern => !pattern.EndsWith('*')).Select(Encoding.UTF8.GetBytes));
            }

            _names = names.GetAlternateLookup<ReadOnlySpan<byte>>();
            _filters = areFilters ? [.. patterns.Select(Encoding.UTF8.GetBytes)] : [];
            _prefixes = areFilters
                ? []
                : [.. patterns.Where(pattern => pattern.EndsWith('*')).Select(pattern => Encoding.UTF8.GetBytes(pattern[..^1]))];
        }

        public bool HasName(ReadOnlySpan<byte> name) => _names.Contains(name) || CoversNames(name);

        public bool CoversNames(ReadOnlySpan<byte> prefix)
        {
            foreach (byte[] one in _prefixes)
            {
                if (prefix.StartsWith(one))
                {
                    return true;
                }
            }

            return false;
        }

        public bool HasTopic(ReadOnlySpan<byte> topic)
        {
            foreach (byte[] filter in _filters)
            {
                if (!topic.IsEmpty && TopicRules.Matches(filter, topic))
                {
                    return true;
                }
            }

            return false;
        }

        public bool Covers(ReadOnlySpan<byte> filter)
        {
            foreach (byte[] wide in _filters)
            {
                if (!filter.IsEmpty && TopicRules.Covers(wide, filter))
                {
                    return true;
                }
            }

            return false;
        }

        // All that begin so lie below the last whole level, and nothing narrower than all of that holds them.
        public bool CoversTopics(ReadOnlySpan<byte> prefix)
        {
            int end = prefix.LastIndexOf((byte)'/');
            byte[] below = [.. prefix[..(end + 1)], (byte)'#'];
            return Covers(below);
        }
    }
}
