namespace Nexo.Cli.Bench.Streams;

/// <summary>How far a reader has come in a stream.</summary>
/// <param name="number">Of the stream.</param>
internal sealed class FollowedStream(int number)
{
    public int Number => number;

    /// <summary>The offset of the record that must come next.</summary>
    public ulong Next { get; set; }

    /// <summary>Credits that were used up and not given again.</summary>
    public int Owed { get; set; }
}
