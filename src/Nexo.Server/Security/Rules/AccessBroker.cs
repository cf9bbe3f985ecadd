namespace Nexo.Server.Security;

/// <summary>What a rule is about.</summary>
public enum AccessBroker : byte
{
    Store = 0,
    Queue = 1,
    Topics = 2,
    Streams = 3,

    /// <summary>The server itself: figures, clients, snapshots, backups. It has no names.</summary>
    Admin = 4,
}
