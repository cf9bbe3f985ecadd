namespace Nexo.Server.Observability;

/// <summary>
/// What INFO tells of the server beyond its brokers: each room adds where its facts are to be had, and is asked when somebody asks.
/// Thread-safe.
/// </summary>
internal sealed class FactBoard
{
    private readonly Lock _gate = new();
    private Func<IEnumerable<KeyValuePair<string, string>>>[] _sources = [];

    /// <summary>Adds a room; what it gives is asked for on any thread, and has names that nobody else has.</summary>
    public void Add(Func<IEnumerable<KeyValuePair<string, string>>> source)
    {
        lock (_gate)
        {
            Volatile.Write(ref _sources, [.. _sources, source]);
        }
    }

    /// <summary>All facts of now.</summary>
    public IEnumerable<KeyValuePair<string, string>> Gather() => Volatile.Read(ref _sources).SelectMany(source => source());

    public static KeyValuePair<string, string> Number(string name, long value) => new(name, value.ToString());
}
