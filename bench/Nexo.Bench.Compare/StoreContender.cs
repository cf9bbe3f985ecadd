namespace Nexo.Bench.Compare;

/// <summary>What a load generator saw: rates in requests per second, latencies in microseconds.</summary>
internal sealed record LoadFigures(double OperationsPerSecond, long Operations, double P50, double P99, double P999);

/// <summary>One cell of the comparison.</summary>
/// <param name="Operation"><c>get</c> or <c>set</c>.</param>
internal sealed record Work(string Operation, int Depth, int Clients, int ValueBytes, int Keys)
{
    public override string ToString() => $"{Operation.ToUpperInvariant()} depth {Depth}";
}

/// <summary>A store in the comparison: how to load its keys and put load on it.</summary>
internal abstract class StoreContender(string name) : Contender(name)
{
    /// <summary>What a load generator is given.</summary>
    public abstract string Url(int port);

    /// <summary>Writes keys 0 to <paramref name="keys"/>, each once.</summary>
    public abstract Task LoadAsync(int port, int keys, int valueBytes, CancellationToken cancel);

    /// <summary>Load for about so long; every request that the server gets meanwhile is counted in the answer.</summary>
    public abstract Task<LoadFigures> PutLoadAsync(int port, Work work, double seconds, CancellationToken cancel);
}
