using System.Diagnostics.CodeAnalysis;
using System.Text;
using Nexo.Engine.Topics;

namespace Nexo.Server.Security;

/// <summary>
/// One line of what a user may do: <c>BROKER OPERATIONS PATTERN</c>, such as <c>queue consume jobs.*</c>. A pattern is a name, or the
/// beginning of names with a <c>*</c> at its end; of topics it is a filter of MQTT; the server itself has none.
/// </summary>
public sealed class AccessRule
{
    private const string All = "*";
    private const int TextLengthMax = 2_048;

    private static readonly TopicLimits Topics = new() { TopicBytesMax = ushort.MaxValue, LevelsMax = ushort.MaxValue };

    private AccessRule(AccessBroker? broker, int operations, string pattern)
    {
        Broker = broker;
        Operations = operations;
        Pattern = pattern;
    }

    /// <summary>Null: every broker, and the server itself.</summary>
    public AccessBroker? Broker { get; }

    /// <summary>The pattern as it was written; empty: the server has none.</summary>
    public string Pattern { get; }

    /// <summary>A bit for each operation, by its number.</summary>
    internal int Operations { get; }

    internal bool IsEverything => Broker is null && Operations == AccessNames.EveryOperation;

    public bool Has(AccessOperation operation) => (Operations & (1 << (int)operation)) != 0;

    /// <summary>Reads a rule as people write it.</summary>
    /// <param name="text">The rule.</param>
    /// <param name="rule">Null: it is none.</param>
    /// <param name="reason">What is wrong with it, and what would be right.</param>
    public static bool TryParse(string text, [NotNullWhen(true)] out AccessRule? rule, [NotNullWhen(false)] out string? reason)
    {
        rule = null;
        string[] words = text.Split(' ', 3, StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        reason = text.Length > TextLengthMax ? $"a rule has at most {TextLengthMax} characters"
            : text.Any(char.IsControl) ? "a rule has no control characters"
            : words.Length < 2 ? "a rule is BROKER OPERATIONS PATTERN, such as 'queue consume jobs.*'"
            : null;
        if (reason is not null || !TryBroker(words[0], out AccessBroker? broker, out reason)
            || !TryOperations(words[1], broker, out int operations, out reason))
        {
            reason ??= "it cannot be read";
            return false;
        }

        string pattern = words.Length == 3 ? words[2] : string.Empty;
        reason = FaultOf(broker, pattern);
        if (reason is not null)
        {
            return false;
        }

        rule = new AccessRule(broker, operations, broker == AccessBroker.Admin ? string.Empty : pattern);
        return true;
    }

    /// <summary>As <see cref="TryParse"/> reads it.</summary>
    public override string ToString()
    {
        string broker = Broker is { } one ? AccessNames.Of(one) : All;
        int every = Broker is { } of ? AccessNames.OperationsOf(of) : AccessNames.EveryOperation;
        string operations = Operations == every
            ? All
            : string.Join(',', Enum.GetValues<AccessOperation>().Where(Has).Select(AccessNames.Of));
        return Pattern.Length == 0 ? $"{broker} {operations}" : $"{broker} {operations} {Pattern}";
    }

    private static bool TryBroker(string word, out AccessBroker? broker, out string? reason)
    {
        broker = null;
        reason = null;
        if (word == All)
        {
            return true;
        }

        foreach (AccessBroker one in Enum.GetValues<AccessBroker>())
        {
            if (word == AccessNames.Of(one))
            {
                broker = one;
                return true;
            }
        }

        reason = $"'{word}' is no broker: they are store, queue, topics, streams, admin, or * for all";
        return false;
    }

    private static bool TryOperations(string word, AccessBroker? broker, out int operations, out string? reason)
    {
        reason = null;
        int there = broker is { } one ? AccessNames.OperationsOf(one) : AccessNames.EveryOperation;
        operations = word == All ? there : 0;
        if (word == All)
        {
            return true;
        }

        // A list of settings has commas of its own.
        foreach (string name in word.Split([',', '+']))
        {
            int bit = 0;
            foreach (AccessOperation operation in Enum.GetValues<AccessOperation>())
            {
                bit |= name == AccessNames.Of(operation) ? 1 << (int)operation : 0;
            }

            if (bit == 0)
            {
                reason = $"'{name}' is no operation: they are read, write, consume, manage, with commas between them, or * for all";
                return false;
            }

            if ((bit & there) == 0)
            {
                reason = $"there is nothing to {name} of {AccessNames.Of(broker!.Value)}";
                return false;
            }

            operations |= bit;
        }

        return true;
    }

    private static string? FaultOf(AccessBroker? broker, string pattern) => broker switch
    {
        AccessBroker.Admin => pattern is "" or All ? null : "the server itself has no names: leave the pattern out",
        _ when pattern.Length == 0 => "the pattern is missing: a name, or the beginning of names with a * at its end",
        null => pattern == All ? null : "a rule for every broker has the pattern *; write one rule for each broker for less",
        AccessBroker.Topics => FaultOfFilter(pattern),
        _ => pattern.IndexOf('*', StringComparison.Ordinal) is var star && star >= 0 && star < pattern.Length - 1
            ? "a * stands at the end of a pattern, or not at all"
            : null,
    };

    private static string? FaultOfFilter(string pattern)
    {
        if (pattern == All)
        {
            return "all topics are #";
        }

        byte[] filter = Encoding.UTF8.GetBytes(pattern);
        return pattern[0] == '$' ? "topics that begin with $ are the server's: they need no rule"
            : TopicRules.IsFilter(filter, Topics) ? null
            : "the pattern of a rule for topics is a filter of MQTT: + for one level, # at the end for all below";
    }
}
