namespace Nexo.Server.Resp;

/// <summary>What a command is and may do.</summary>
[Flags]
internal enum RespFlags
{
    None = 0,

    /// <summary>It changes the store: its answer waits for what writes wait for.</summary>
    Write = 1,

    /// <summary>It reads the store.</summary>
    ReadOnly = 2,

    /// <summary>It may make the store larger.</summary>
    DenyOom = 4,

    Fast = 8,

    Admin = 16,

    PubSub = 32,

    /// <summary>It may wait for others.</summary>
    Blocking = 64,

    /// <summary>It may come before the client has said who it is.</summary>
    NoAuth = 128,

    /// <summary>It may come from a RESP2 client that has subscriptions.</summary>
    WhenSubscribed = 256,

    /// <summary>In a transaction it is done at once, not queued.</summary>
    NotQueued = 512,

    /// <summary>In a transaction it is refused.</summary>
    NotInTransaction = 1024,

    /// <summary>It works on more than its keys, so a transaction with it holds the whole store.</summary>
    AllKeys = 2048,

    /// <summary>It has keys, or further ones, whose places its words say.</summary>
    MovableKeys = 4096,
}

/// <summary>Handles a command and answers it once, in the batch of its connection.</summary>
internal delegate void RespHandler(in RespRequest request);

/// <summary>One line of the table of commands.</summary>
/// <param name="Name">In lower case.</param>
/// <param name="Arity">Words, the name included; negative: at least as many.</param>
/// <param name="FirstKey">Which word is the first key; 0: none.</param>
/// <param name="LastKey">Which is the last; negative: from the end.</param>
/// <param name="KeyStep">From one key to the next.</param>
/// <param name="Group">Of the documentation.</param>
/// <param name="Summary">What it does, for COMMAND DOCS and docs/redis.md.</param>
internal sealed record RespCommand(
    string Name,
    int Arity,
    RespFlags Flags,
    int FirstKey,
    int LastKey,
    int KeyStep,
    string Group,
    string Summary,
    RespHandler Handler)
{
    public byte[] NameBytes { get; } = System.Text.Encoding.ASCII.GetBytes(Name);

    /// <summary>What a client must be allowed to for it.</summary>
    public RespNeed Need { get; } = RespNeed.Of(Name, Flags, FirstKey);

    public bool Has(RespFlags flag) => (Flags & flag) != 0;

    /// <summary>Whether it works on one key and nothing else, and is done at once.</summary>
    public bool IsOfOneKey { get; } = FirstKey == 1 && LastKey == 1
        && (Flags & (RespFlags.Write | RespFlags.ReadOnly)) != 0
        && (Flags & (RespFlags.Blocking | RespFlags.AllKeys | RespFlags.MovableKeys | RespFlags.NotQueued)) == 0;

    /// <summary>Whether it may have so many words.</summary>
    public bool Takes(int words) => Arity < 0 ? words >= -Arity : words == Arity;
}
