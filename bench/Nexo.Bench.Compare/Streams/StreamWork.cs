namespace Nexo.Bench.Compare.Streams;

/// <summary>What every stream is asked to do: the same for all.</summary>
internal sealed record StreamWork
{
    /// <summary>Bytes of a record's value; the first eight are the moment at which it was sent.</summary>
    public required int ValueBytes { get; init; }

    /// <summary>Records that may be on their way without a confirm.</summary>
    public required int Window { get; init; }

    /// <summary>Records that a reader asks for at once, where it asks.</summary>
    public required int Page { get; init; }

    /// <summary>Records a second while a reader follows.</summary>
    public required double Rate { get; init; }

    /// <summary>How long is appended, alone and again with the reader beside it.</summary>
    public required double Seconds { get; init; }
}
