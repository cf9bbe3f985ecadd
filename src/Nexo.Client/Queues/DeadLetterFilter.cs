using Nexo.Protocol;

namespace Nexo.Client;

/// <summary>Which dead letters are meant: those for which all that is given holds.</summary>
public sealed record DeadLetterFilter
{
    /// <summary>Any of these ids; empty: any at all.</summary>
    public IReadOnlyCollection<ulong> MessageIds { get; init; } = [];

    /// <summary>The queue in which it died.</summary>
    public string? Source { get; init; }

    /// <summary>Why it died.</summary>
    public DeadCause? Cause { get; init; }

    /// <summary>Text that stands somewhere in its reason.</summary>
    public string? ReasonContains { get; init; }

    /// <summary>It died then or later.</summary>
    public DateTimeOffset? DiedFrom { get; init; }

    /// <summary>It died before then.</summary>
    public DateTimeOffset? DiedTo { get; init; }

    /// <summary>Deliveries that were made, at least.</summary>
    public long? AttemptsMin { get; init; }

    /// <summary>The one dead letter of this id.</summary>
    public static DeadLetterFilter Of(ulong messageId) => new() { MessageIds = [messageId] };
}
