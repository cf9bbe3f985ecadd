namespace Nexo.Bench.Compare.Streams;

/// <summary>A stream in the comparison.</summary>
/// <param name="confirmed">What its confirm of a record waits for.</param>
internal abstract class StreamContender(string name, Durability confirmed) : Contender(name)
{
    public Durability Confirmed { get; } = confirmed;

    /// <summary>
    /// Three phases on a server that has just been started: append, with the window; read everything from the beginning; append at
    /// the fixed rate while a reader follows.
    /// </summary>
    public abstract Task<StreamFigures> MeasureAsync(ServerProcess server, StreamWork work, CancellationToken cancel);
}
