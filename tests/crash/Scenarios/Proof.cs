using Nexo.Crash.Ledger;
using Nexo.Crash.Server;

namespace Nexo.Crash.Scenarios;

/// <summary>A load and the ledger that judges it: what a scenario puts a server under before it crashes it.</summary>
internal abstract class Proof
{
    public abstract long Acknowledged { get; }

    public abstract long Durable { get; }

    /// <summary>Keys and messages that were compared.</summary>
    public abstract long Verified { get; }

    /// <summary>Requests that were answered with the failure of the log.</summary>
    public abstract long Unknown { get; }

    /// <summary>What else is worth a word in the report, summed over the run.</summary>
    public virtual IEnumerable<KeyValuePair<string, long>> Facts => [];

    /// <summary>A server has started: for who needs more of it than its port.</summary>
    public virtual void OnStarted(ServerProcess server)
    {
    }

    /// <summary>Before the first load on an empty data directory.</summary>
    public abstract Task<IReadOnlyList<Finding>> PrepareAsync(int port, CancellationToken cancel);

    /// <summary>Runs all connections until they are told to stop, or the server is gone.</summary>
    public abstract Task RunAsync(int port, CancellationToken stop, CancellationToken cancel);

    /// <summary>Wrong answers so far; each is given once. Not while it runs.</summary>
    public abstract IReadOnlyList<Finding> TakeFindings();

    /// <summary>The server is gone.</summary>
    public abstract void Crash();

    /// <summary>Reads all that a server holds and compares; what was found is the truth from here on.</summary>
    public abstract Task<IReadOnlyList<Finding>> VerifyAsync(int port, CancellationToken cancel);

    /// <summary>What else must hold at the end of all, on a server that is not crashed any more.</summary>
    public virtual Task<IReadOnlyList<Finding>> EndAsync(int port, CancellationToken cancel) =>
        Task.FromResult<IReadOnlyList<Finding>>([]);
}
