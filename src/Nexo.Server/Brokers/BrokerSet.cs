using Microsoft.Extensions.Logging;
using Nexo.Protocol;
using Nexo.Server.Connections;
using Nexo.Server.Data;
using Nexo.Server.Hosting;
using Nexo.Server.Security;
using Nexo.Storage;

namespace Nexo.Server.Brokers;

/// <summary>
/// The brokers of the process, one for each namespace: the one that everybody has who asks for no other, and those that are declared.
/// Which one a connection is to is decided when it has logged in.
/// </summary>
internal sealed partial class BrokerSet : IAsyncDisposable
{
    private readonly ClientConnections _clients;
    private readonly ILogger<BrokerSet> _log;

    public BrokerSet(BrokerSurroundings shared)
    {
        _clients = shared.Clients;
        _log = shared.Logs.CreateLogger<BrokerSet>();
        Default = new Broker(Namespaces.Default, this, shared);
        All = [Default, .. shared.Options.Namespaces.Select(name => new Broker(name, this, shared))];
    }

    /// <summary>Where a connection begins.</summary>
    public Broker Default { get; }

    /// <summary>All of them, the default one first.</summary>
    public IReadOnlyList<Broker> All { get; }

    /// <summary>Why no traffic may come, in a word or a sentence; null: it may.</summary>
    public string? Obstacle
    {
        get
        {
            foreach (Broker broker in All)
            {
                if (broker.Persistence.Obstacle is { } obstacle)
                {
                    // Which one is for the log: this is told to anybody.
                    return ReferenceEquals(broker, Default) ? obstacle : $"in a namespace: {obstacle}";
                }
            }

            return null;
        }
    }

    /// <summary>True when what is kept has been read back, of all.</summary>
    public bool AreOpen => All.All(broker => broker.IsOpen);

    /// <summary>The broker of a namespace; null: there is none.</summary>
    public Broker? Find(string name) => All.FirstOrDefault(broker => broker.Name == name);

    /// <summary>The broker of who has logged in; null: what is asked for is refused.</summary>
    /// <param name="login">Who it is: who is bound to a namespace is in that one.</param>
    /// <param name="asked">The namespace that is asked for; null: none.</param>
    /// <param name="refusal">Why not; who may not be in it does not learn whether it is there.</param>
    public Broker? Choose(in AuthResult login, string? asked, out (ErrorCode Code, string Message) refusal)
    {
        refusal = default;
        string name = asked ?? login.Namespace ?? Namespaces.Default;
        if (!login.Access.MayBeIn(name, login.Namespace))
        {
            refusal = (ErrorCode.PermissionDenied, "The user may not be in the namespace that was asked for.");
            return null;
        }

        Broker? broker = Find(name);
        if (broker is null)
        {
            refusal = (ErrorCode.NamespaceNotFound, "The namespace that was asked for is not one of this server's.");
        }

        return broker;
    }

    /// <summary>Opens and locks the data directories.</summary>
    /// <exception cref="ServerStartException">One cannot be.</exception>
    public void Open()
    {
        Default.Persistence.Open();
        if (Default.Persistence.Directory is { } directory)
        {
            Prepare(directory.Disk);
        }

        foreach (Broker broker in All.Skip(1))
        {
            broker.Persistence.Open();
        }
    }

    /// <summary>Ends when all have read back what they keep: with false, when the server was stopped before.</summary>
    /// <exception cref="ServerStartException">The data of one cannot be read, or not be gone on with.</exception>
    public async Task<bool> WhenReadyAsync()
    {
        // One that fails is told at once, however long others take.
        bool isReady = true;
        await foreach (Task<bool> one in Task.WhenEach(All.Select(broker => broker.Persistence.WhenReadyAsync())))
        {
            isReady &= await one;
        }

        return isReady;
    }

    /// <summary>Snapshots that are being written are given up, and who waits for one is told so.</summary>
    public Task BeginStopAsync() => Task.WhenAll(All.Select(broker => broker.Snapshots.BeginStopAsync()));

    /// <summary>Nothing happens by itself any more. May be called again.</summary>
    public void StopTicks()
    {
        foreach (Broker broker in All)
        {
            broker.StopTicks();
        }
    }

    public async ValueTask DisposeAsync()
    {
        // Its sweep looks at connections, and they at what goes now.
        _clients.Dispose();
        foreach (Broker broker in All)
        {
            await broker.DisposeAsync();
        }
    }

    private void Prepare(IDisk disk)
    {
        try
        {
            string[] undeclared = [.. disk.ListDirectories(DataDirectory.NamespacesDirectory).Where(name => Find(name) is null)];
            if (undeclared.Length > 0)
            {
                LogUndeclared(string.Join(", ", undeclared));
            }

            if (All.Count > 1)
            {
                disk.CreateDirectory(DataDirectory.NamespacesDirectory);
                disk.SyncDirectory(string.Empty);
            }
        }
        catch (DiskException failure)
        {
            throw new ServerStartException(StartFailures.Explain(failure, disk.Root)!, failure);
        }
    }

    [LoggerMessage(
        1, LogLevel.Warning, "There is data of namespaces that data.namespaces does not declare; it is kept, and not served: {Names}")]
    private partial void LogUndeclared(string names);
}
