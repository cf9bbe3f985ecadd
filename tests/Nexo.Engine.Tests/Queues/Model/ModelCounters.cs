namespace Nexo.Engine.Tests.Queues.Model;

/// <summary>What a queue counts since it was made, or since the start.</summary>
internal sealed record ModelCounters
{
    public long Pushed { get; set; }

    public long Delivered { get; set; }

    public long Redelivered { get; set; }

    public long Acked { get; set; }

    public long Nacked { get; set; }

    public long LeasesExpired { get; set; }

    public long DeadLettered { get; set; }

    public long Duplicates { get; set; }

    public long Rejected { get; set; }

    public long Expired { get; set; }
}
