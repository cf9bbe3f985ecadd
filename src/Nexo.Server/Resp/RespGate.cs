using Nexo.Engine.Topics;
using Nexo.Server.Security;

namespace Nexo.Server.Resp;

/// <summary>Whether a client may have a command with these words, by <see cref="RespNeed"/>.</summary>
internal static class RespGate
{
    private const int OperationBits = 4;

    /// <summary>Whether the access allows it; <paramref name="name"/> is what it does not, or what is managed.</summary>
    public static bool Allows(
        Access access, RespCommand command, RespArguments words, TopicLimits limits, out ReadOnlySpan<byte> name)
    {
        RespNeed need = command.Need;
        name = default;
        switch (need.Reach)
        {
            case RespReach.Own:
                return true;
            case RespReach.Keys:
                return AllowsKeys(access, command, words, ref name);
            case RespReach.AllKeys:
                return AllowsPrefix(access, need.First, default);
            case RespReach.KeyPattern:
                name = words[1];
                return AllowsPrefix(access, need.First, RespGlob.Prefix(words[1], out _));
            case RespReach.ScanPattern:
                name = PatternOf(words);
                return AllowsPrefix(access, need.First, name.IsEmpty ? default : RespGlob.Prefix(name, out _));
            case RespReach.Channels:
                return AllowsChannels(access, words, limits, ref name);
            case RespReach.ChannelPatterns:
                return AllowsPatterns(access, words, limits, ref name);
            case RespReach.PublishedChannel:
                name = words[1];
                return AllowsChannel(access, AccessOperation.Write, name, limits);
            case RespReach.ShardChannels:
                return AllowsShards(access, words, limits, ref name);
            case RespReach.PublishedShard:
                name = words[1];
                return AllowsShard(access, AccessOperation.Write, name, limits);
            case RespReach.AllChannels:
                return access.CoversPrefix(AccessBroker.Topics, AccessOperation.Read, default);
            case RespReach.Admin:
                return access.AllowsAdmin(IsReset(command, words) ? AccessOperation.Manage : AccessOperation.Read);
            case RespReach.Clients:
                return AllowsClients(access, words);
            default:
                return ReferenceEquals(access, Access.Everything);
        }
    }

    /// <summary>Whether it manages what others use, which is written down.</summary>
    public static bool IsManaging(RespCommand command, RespArguments words) => command.Need.Reach switch
    {
        RespReach.AllKeys => command.Need.First == 1 << (int)AccessOperation.Manage,
        RespReach.Clients => words.Count > 1 && IsOfOthers(words[1]),
        RespReach.Admin => IsReset(command, words),
        _ => false,
    };

    private static bool IsReset(RespCommand command, RespArguments words) =>
        command.Name == "slowlog" && words.Count > 1 && RespNumbers.IsWord(words[1], "reset"u8);

    /// <summary>Whether a client may listen to a channel.</summary>
    public static bool AllowsChannel(Access access, AccessOperation operation, ReadOnlySpan<byte> channel, TopicLimits limits) =>
        RespChannels.TryTopic(channel, limits, out ReadOnlySpan<byte> topic) && access.Allows(AccessBroker.Topics, operation, topic);

    /// <summary>
    /// Whether a client may listen to a pattern. What a pattern matches has the beginning of its channel; those that are no topics as
    /// they are lie elsewhere, and are its channels all the same.
    /// </summary>
    public static bool AllowsPattern(Access access, ReadOnlySpan<byte> pattern, TopicLimits limits)
    {
        byte[] filters = RespChannels.FiltersOf(pattern, limits);
        TopicFilterList.Enumerator list = new TopicFilterList(filters, RespChannels.CountOf(filters)).GetEnumerator();
        return list.MoveNext() && access.Covers(AccessOperation.Read, list.Current);
    }

    private static bool AllowsKeys(Access access, RespCommand command, RespArguments words, ref ReadOnlySpan<byte> name)
    {
        RespNeed need = command.Need;
        int first = need.First;
        int others = need.Others;
        if (need.ReadsWith is { } word && Has(words, need.ReadsFrom, word))
        {
            first |= 1 << (int)AccessOperation.Read;
        }

        int last = Math.Min(command.LastKey < 0 ? words.Count + command.LastKey : command.LastKey, words.Count - 1);
        for (int at = command.FirstKey; command.FirstKey > 0 && at <= last; at += command.KeyStep)
        {
            name = words[at];
            if (!AllowsKey(access, at == command.FirstKey ? first : others, name))
            {
                return false;
            }
        }

        // A count that is none, or too large, is refused by the command itself.
        if (need.CountAt > 0 && need.CountAt < words.Count
            && RespNumbers.TryInteger(words[need.CountAt], out long count) && count > 0)
        {
            long end = Math.Min(words.Count, need.CountAt + 1 + count);
            for (int at = need.CountAt + 1; at < end; at++)
            {
                name = words[at];
                if (!AllowsKey(access, others, name))
                {
                    return false;
                }
            }
        }

        return true;
    }

    private static bool AllowsKey(Access access, int operations, ReadOnlySpan<byte> key)
    {
        for (int bit = 0; bit < OperationBits; bit++)
        {
            if ((operations & (1 << bit)) != 0 && !access.Allows(AccessBroker.Store, (AccessOperation)bit, key))
            {
                return false;
            }
        }

        return true;
    }

    private static bool AllowsPrefix(Access access, int operations, ReadOnlySpan<byte> prefix)
    {
        for (int bit = 0; bit < OperationBits; bit++)
        {
            if ((operations & (1 << bit)) != 0 && !access.CoversPrefix(AccessBroker.Store, (AccessOperation)bit, prefix))
            {
                return false;
            }
        }

        return true;
    }

    private static bool AllowsChannels(Access access, RespArguments words, TopicLimits limits, ref ReadOnlySpan<byte> name)
    {
        for (int i = 1; i < words.Count; i++)
        {
            name = words[i];
            if (!AllowsChannel(access, AccessOperation.Read, name, limits))
            {
                return false;
            }
        }

        return true;
    }

    private static bool AllowsShards(Access access, RespArguments words, TopicLimits limits, ref ReadOnlySpan<byte> name)
    {
        for (int i = 1; i < words.Count; i++)
        {
            name = words[i];
            if (!AllowsShard(access, AccessOperation.Read, name, limits))
            {
                return false;
            }
        }

        return true;
    }

    private static bool AllowsShard(Access access, AccessOperation operation, ReadOnlySpan<byte> channel, TopicLimits limits) =>
        RespChannels.TryShardTopic(channel, limits, out ReadOnlySpan<byte> topic) && access.Allows(AccessBroker.Topics, operation, topic);

    private static bool AllowsPatterns(Access access, RespArguments words, TopicLimits limits, ref ReadOnlySpan<byte> name)
    {
        for (int i = 1; i < words.Count; i++)
        {
            name = words[i];
            if (!AllowsPattern(access, name, limits))
            {
                return false;
            }
        }

        return true;
    }

    private static bool AllowsClients(Access access, RespArguments words) =>
        words.Count < 2
        || (IsOfOthers(words[1]) ? access.AllowsAdmin(AccessOperation.Manage)
            : !RespNumbers.IsWord(words[1], "list"u8) || access.AllowsAdmin(AccessOperation.Read));

    private static bool IsOfOthers(ReadOnlySpan<byte> subcommand) =>
        RespNumbers.IsWord(subcommand, "kill"u8) || RespNumbers.IsWord(subcommand, "unblock"u8);

    private static bool Has(RespArguments words, int from, string word)
    {
        for (int i = from; i < words.Count; i++)
        {
            if (System.Text.Ascii.EqualsIgnoreCase(words[i], word))
            {
                return true;
            }
        }

        return false;
    }

    // The last one counts, as it does to SCAN itself.
    private static ReadOnlySpan<byte> PatternOf(RespArguments words)
    {
        ReadOnlySpan<byte> pattern = default;
        for (int i = 2; i + 1 < words.Count; i += 2)
        {
            pattern = RespNumbers.IsWord(words[i], "match"u8) ? words[i + 1] : pattern;
        }

        return pattern;
    }
}
