namespace Nexo.Server.Security;

/// <summary>Brokers and operations as rules name them.</summary>
internal static class AccessNames
{
    /// <summary>A bit for each operation that there is.</summary>
    public const int EveryOperation = 0b1111;

    private const int Read = 1 << (int)AccessOperation.Read;
    private const int Write = 1 << (int)AccessOperation.Write;
    private const int Manage = 1 << (int)AccessOperation.Manage;

    public static string Of(AccessBroker broker) => broker switch
    {
        AccessBroker.Store => "store",
        AccessBroker.Queue => "queue",
        AccessBroker.Topics => "topics",
        AccessBroker.Streams => "streams",
        _ => "admin",
    };

    public static string Of(AccessOperation operation) => operation switch
    {
        AccessOperation.Read => "read",
        AccessOperation.Write => "write",
        AccessOperation.Consume => "consume",
        _ => "manage",
    };

    /// <summary>What there is to do with a broker, a bit for each.</summary>
    public static int OperationsOf(AccessBroker broker) => broker switch
    {
        AccessBroker.Store or AccessBroker.Topics => Read | Write | Manage,
        AccessBroker.Admin => Read | Manage,
        _ => EveryOperation,
    };
}
