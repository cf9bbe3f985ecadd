using System.Text;
using Nexo.Protocol;

namespace Nexo.Crash.Streams.Groups;

/// <summary>A group of the load: what it is created with, and what the ledger may therefore expect of it.</summary>
internal sealed record GroupPlan(StreamPlan Stream, GroupMode Mode)
{
    /// <summary>The stream of all dead letters.</summary>
    public const string Letters = "letters";

    public const int DeliveriesMax = 3;

    /// <summary>Members that a record takes with it before it is dead.</summary>
    public const int LossesMax = 4 * DeliveriesMax;

    private const ulong LeaseMs = 30_000;
    private const ulong BackoffMs = 20;

    public string Name => Mode == GroupMode.Ordered ? "ordered" : "shared";

    public byte[] StreamBytes => Encoding.UTF8.GetBytes(Stream.Name);

    public byte[] NameBytes => Encoding.UTF8.GetBytes(Name);

    /// <summary>One of each mode for each stream whose confirms wait for the disk.</summary>
    public static IReadOnlyList<GroupPlan> All { get; } =
    [
        .. from stream in StreamPlan.All
           where stream.Durability == Durability.Fsync
           from mode in (GroupMode[])[GroupMode.Ordered, GroupMode.SharedByKey]
           select new GroupPlan(stream, mode),
    ];

    public void WriteDefinition(FrameBuffer body)
    {
        new GroupCreateRequest
        {
            Mode = Mode,
            From = new StreamPosition(PositionKind.Beginning),
            Stream = StreamBytes,
            Group = NameBytes,
        }.WriteStart(body);
        GroupOptionFields.Write(body, GroupOptionTag.LeaseMs, LeaseMs);
        if (Mode == GroupMode.SharedByKey)
        {
            GroupOptionFields.Write(body, GroupOptionTag.DeliveriesMax, DeliveriesMax);
            GroupOptionFields.Write(body, GroupOptionTag.BackoffMs, BackoffMs);
            GroupOptionFields.Write(body, GroupOptionTag.DeadLetterStream, Encoding.UTF8.GetBytes(Letters));
        }
    }

    public override string ToString() => $"{Stream.Name}/{Name}";
}
