using Nexo.Protocol;

namespace Nexo.Crash.Queues;

/// <summary>A queue of the load: what it is declared with, and what the ledger may therefore expect of it.</summary>
internal sealed record QueuePlan(string Name)
{
    public Durability Durability { get; init; } = Durability.Fsync;

    /// <summary>Where its dead letters go; empty: they stay.</summary>
    public string DeadHome { get; init; } = "";

    public int DeliveriesMax { get; init; } = 6;

    public int BackoffMs { get; init; } = 15;

    public int LeaseMs { get; init; } = 30_000;

    public int Priorities { get; init; } = 1;

    /// <summary>Groups of its messages; 0: they have none.</summary>
    public int Groups { get; init; }

    /// <summary>Its messages are settled by their delivery: no more than once.</summary>
    public bool Once { get; init; }

    /// <summary>Leases are so short that some end while a consumer holds a message.</summary>
    public bool LeasesEnd => LeaseMs < 10_000;

    /// <summary>Nobody pushes to it.</summary>
    public bool IsHome { get; init; }

    /// <summary>Consumers that have to be lost with a message before it is dead.</summary>
    public int LossesMax => 4 * DeliveriesMax;

    public string Home => DeadHome.Length > 0 ? DeadHome : Name;

    /// <summary>One of each kind.</summary>
    public static IReadOnlyList<QueuePlan> All { get; } =
    [
        new("plain"),
        new("groups") { Groups = 8, DeadHome = "graveyard" },
        new("ranks") { Priorities = 4, DeadHome = "graveyard" },
        new("short") { LeaseMs = 1_000, DeliveriesMax = 4 },
        new("lazy") { Durability = Durability.Interval },
        new("once") { Once = true },
        new("graveyard") { IsHome = true },
    ];

    /// <summary>The body of its declaration.</summary>
    /// <param name="buffer">The open frame.</param>
    /// <param name="durability">What it is declared with, which a server that is to be found out does not keep to.</param>
    public void WriteDeclaration(FrameBuffer buffer, Durability durability)
    {
        QueueDeclareRequest.WriteStart(buffer, System.Text.Encoding.UTF8.GetBytes(Name));
        QueueOptionFields.Write(buffer, QueueOptionTag.Durability, (ulong)durability);
        QueueOptionFields.Write(buffer, QueueOptionTag.DeliveriesMax, (ulong)DeliveriesMax);
        QueueOptionFields.Write(buffer, QueueOptionTag.BackoffKind, (ulong)BackoffKind.Fixed);
        QueueOptionFields.Write(buffer, QueueOptionTag.BackoffMs, (ulong)BackoffMs);
        QueueOptionFields.Write(buffer, QueueOptionTag.LeaseMs, (ulong)LeaseMs);
        QueueOptionFields.Write(buffer, QueueOptionTag.Priorities, (ulong)Priorities);
        if (DeadHome.Length > 0)
        {
            QueueOptionFields.Write(buffer, QueueOptionTag.DeadLetterQueue, System.Text.Encoding.UTF8.GetBytes(DeadHome));
        }
    }
}
