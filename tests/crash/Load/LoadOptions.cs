using Nexo.Protocol;

namespace Nexo.Crash.Load;

/// <summary>What a load asks for.</summary>
internal sealed record LoadOptions
{
    /// <summary>Connections, each with keys of its own.</summary>
    public int Lanes { get; init; } = 4;

    /// <summary>Requests of a connection that may be without an answer.</summary>
    public int DepthMax { get; init; } = 48;

    public int ValueBytesMax { get; init; } = 96 * 1_024;

    /// <summary>The durabilities that requests ask for, chosen from at random.</summary>
    public IReadOnlyList<Durability> Wishes { get; init; } = [Durability.ServerDefault];

    /// <summary>What suits a server that is set so.</summary>
    public static IReadOnlyList<Durability> WishesFor(Durability server) => server switch
    {
        Durability.Interval => [Durability.Fsync, Durability.Fsync, Durability.ServerDefault, Durability.Memory],
        Durability.Fsync =>
        [
            Durability.ServerDefault, Durability.ServerDefault, Durability.ServerDefault, Durability.ServerDefault,
            Durability.Fsync, Durability.Interval, Durability.Memory,
        ],
        _ => [Durability.ServerDefault],
    };
}
