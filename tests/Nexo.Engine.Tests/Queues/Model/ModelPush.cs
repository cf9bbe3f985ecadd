using System.Text;
using Nexo.Engine.Queues;

namespace Nexo.Engine.Tests.Queues.Model;

/// <summary>A push in strings, each char a byte.</summary>
internal sealed record ModelPush(string Body)
{
    public int Priority { get; init; }

    public long? DelayMs { get; init; }

    public long? DueAtMs { get; init; }

    public long? TtlMs { get; init; }

    public string DedupId { get; init; } = "";

    public string Group { get; init; } = "";

    public string Headers { get; init; } = "";

    public long Bytes => Body.Length + Headers.Length + Group.Length;

    public QueueMessage ToMessage() => new()
    {
        Priority = Priority,
        DelayMs = DelayMs,
        DueAtMs = DueAtMs,
        TtlMs = TtlMs,
        DedupId = Encoding.Latin1.GetBytes(DedupId),
        Group = Encoding.Latin1.GetBytes(Group),
        Headers = Encoding.Latin1.GetBytes(Headers),
        Body = Encoding.Latin1.GetBytes(Body),
    };
}
