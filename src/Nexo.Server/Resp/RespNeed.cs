using System.Collections.Frozen;
using Nexo.Server.Security;

namespace Nexo.Server.Resp;

/// <summary>What a command wants to touch.</summary>
internal enum RespReach
{
    /// <summary>The connection itself, and what is nobody's secret.</summary>
    Own,

    /// <summary>Its keys.</summary>
    Keys,

    /// <summary>All keys, or those with the beginning of its pattern.</summary>
    AllKeys,
    KeyPattern,
    ScanPattern,

    /// <summary>Channels that it listens to, patterns of them, one that it publishes to, or all.</summary>
    Channels,
    ChannelPatterns,
    PublishedChannel,
    ShardChannels,
    PublishedShard,
    AllChannels,

    /// <summary>The server itself.</summary>
    Admin,

    /// <summary>The connection itself, or by some subcommands those of others.</summary>
    Clients,

    /// <summary>Nobody has said: only who may do everything may have it.</summary>
    Unknown,
}

/// <summary>
/// What a client must be allowed to for a command. Of a command with keys that is told by its flags, unless it is named here.
/// </summary>
/// <param name="Reach">What it touches.</param>
/// <param name="First">What it does with the first key, a bit for each operation; without keys, the operation.</param>
/// <param name="Others">What it does with the other keys.</param>
/// <param name="CountAt">Behind which word, which counts them, there are more keys; 0: there are none.</param>
/// <param name="ReadsWith">A word with which it reads its key too; null: there is none.</param>
/// <param name="ReadsFrom">Which is the first that may be it.</param>
internal sealed record RespNeed(
    RespReach Reach, int First = 0, int Others = 0, int CountAt = 0, string? ReadsWith = null, int ReadsFrom = 0)
{
    private const int Read = 1 << (int)AccessOperation.Read;
    private const int Write = 1 << (int)AccessOperation.Write;
    private const int Manage = 1 << (int)AccessOperation.Manage;

    private static readonly RespNeed Own = new(RespReach.Own);
    private static readonly RespNeed ReadWrite = new(RespReach.Keys, Read | Write, Read | Write);

    private static readonly (RespNeed Need, string Commands)[] Groups =
    [
        (Own, "ping echo hello auth select reset quit command time lolwut multi exec discard unwatch"),
        (Own, "unsubscribe punsubscribe sunsubscribe"),
        (new RespNeed(RespReach.Clients), "client"),
        (new RespNeed(RespReach.Admin, Read), "info config slowlog"),
        (new RespNeed(RespReach.AllKeys, Read), "dbsize randomkey"),
        (new RespNeed(RespReach.AllKeys, Manage), "flushdb flushall"),
        (new RespNeed(RespReach.KeyPattern, Read), "keys"),
        (new RespNeed(RespReach.ScanPattern, Read), "scan"),
        (new RespNeed(RespReach.Channels, Read), "subscribe"),
        (new RespNeed(RespReach.ChannelPatterns, Read), "psubscribe"),
        (new RespNeed(RespReach.PublishedChannel, Write), "publish"),
        (new RespNeed(RespReach.ShardChannels, Read), "ssubscribe"),
        (new RespNeed(RespReach.PublishedShard, Write), "spublish"),
        (new RespNeed(RespReach.AllChannels, Read), "pubsub"),
        (new RespNeed(RespReach.Keys, Read, Read), "watch"),
        (new RespNeed(RespReach.Keys, Write, Write, ReadsWith: "get", ReadsFrom: 3), "set"),
        (new RespNeed(RespReach.Keys, Write, Write, ReadsWith: "incr", ReadsFrom: 2), "zadd"),
        (ReadWrite, "getset getdel getex incr decr incrby decrby incrbyfloat hincrby hincrbyfloat zincrby"),
        (ReadWrite, "lpop rpop spop zpopmin zpopmax blpop brpop bzpopmin bzpopmax"),
        (ReadWrite with { CountAt = 1 }, "lmpop zmpop"),
        (ReadWrite with { CountAt = 2 }, "blmpop bzmpop"),
        (new RespNeed(RespReach.Keys, Read | Write, Write), "lmove rpoplpush blmove brpoplpush smove rename renamenx"),
        (new RespNeed(RespReach.Keys, Read, Write), "copy"),
        (new RespNeed(RespReach.Keys, Write, Read), "sinterstore sunionstore sdiffstore zrangestore"),
        (new RespNeed(RespReach.Keys, Write, Read, CountAt: 2), "zunionstore zinterstore zdiffstore"),
        (new RespNeed(RespReach.Keys, Read, Read, CountAt: 1), "zunion zinter zdiff zintercard sintercard"),
    ];

    private static readonly FrozenDictionary<string, RespNeed> Named = Groups
        .SelectMany(group => group.Commands.Split(' ').Select(name => KeyValuePair.Create(name, group.Need)))
        .ToFrozenDictionary();

    /// <summary>That of a command.</summary>
    public static RespNeed Of(string name, RespFlags flags, int firstKey)
    {
        if (Named.TryGetValue(name, out RespNeed? named))
        {
            return named;
        }

        int operation = (flags & RespFlags.Write) != 0 ? Write : (flags & RespFlags.ReadOnly) != 0 ? Read : 0;
        return firstKey > 0 && operation != 0
            ? new RespNeed(RespReach.Keys, operation, operation)
            : new RespNeed(RespReach.Unknown);
    }
}
