using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Nexo.Engine.Store;
using Nexo.Server.Brokers;
using Nexo.Server.Connections;
using Nexo.Server.Data;
using Nexo.Server.Hosting;
using Nexo.Server.Mqtt;
using Nexo.Server.Observability;
using Nexo.Server.Pressure;
using Nexo.Server.Security;
using Nexo.Server.Topics;
using Nexo.Storage;

namespace Nexo.Server;

/// <summary>
/// Proves a backup by what it is for: restores it to a place of its own, opens it as a server would, without one, goes over all that is
/// in it, and takes the place away again.
/// </summary>
public static class BackupDrill
{
    // What is in a backup may have been written under larger bounds than the defaults.
    private const int FrameBytesMax = 512 * 1_024 * 1_024;

    /// <param name="file">The backup.</param>
    /// <param name="scratch">A directory with room for as much as the backup has; a directory is made in it, for the time being.</param>
    /// <param name="like">The settings of the server that it is of; null: any.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancel">Ends it.</param>
    /// <exception cref="IOException">There is no such file, or the scratch directory cannot be written to: nothing is proven.</exception>
    public static async Task<BackupProof> RunAsync(
        string file, string scratch, NexoServerOptions? like, TimeProvider time, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(file);
        ArgumentNullException.ThrowIfNull(scratch);
        ArgumentNullException.ThrowIfNull(time);
        string place = Path.Combine(Path.GetFullPath(scratch), $".nexo-drill-{Guid.NewGuid():N}");
        try
        {
            return await Task.Run(() => ProveAsync(Path.GetFullPath(file), place, like, time, cancel), cancel);
        }
        finally
        {
            if (Directory.Exists(place))
            {
                Directory.Delete(place, recursive: true);
            }
        }
    }

    private static async Task<BackupProof> ProveAsync(
        string file, string place, NexoServerOptions? like, TimeProvider time, CancellationToken cancel)
    {
        long started = time.GetTimestamp();
        var proof = new BackupProof { Bytes = new FileInfo(file).Length, FileSha256 = await HashAsync(file, cancel) };
        using (IDiskFile backup = new RealDisk(Path.GetDirectoryName(file)!).Open(Path.GetFileName(file), forWriting: false))
        {
            SnapshotReport report = await Restoration.RunAsync(backup, new RealDisk(place), time, new StopObserver(cancel));
            proof = proof with { CreatedAt = DateTimeOffset.FromUnixTimeMilliseconds(report.CreatedUnixMs) };
            if (!report.Ok)
            {
                return proof with { Problem = $"{report.Reason} at offset {report.Offset}" };
            }
        }

        try
        {
            proof = await OpenAsync(proof, OptionsFor(place, like), time, cancel);
        }
        catch (Exception failure) when (failure is ServerStartException or InvalidDataException or WalException)
        {
            // What a start would say is of the scratch place; why it does is of the backup.
            return proof with { Problem = failure.InnerException?.Message ?? failure.Message };
        }

        return proof with { Took = time.GetElapsedTime(started) };
    }

    private static async Task<BackupProof> OpenAsync(
        BackupProof proof, NexoServerOptions options, TimeProvider time, CancellationToken cancel)
    {
        long started = time.GetTimestamp();
        ILoggerFactory logs = NullLoggerFactory.Instance;
        var users = UserDirectory.Load(options);
        var audit = new AuditLog(logs, time);
        using var authenticator = new Authenticator(options, users, time);

        // What is read back is never refused, and nothing is added.
        using var machine = new MachineMemory();
        NexoServerOptions unbounded = options with { Pressure = new PressureOptions { MemoryMax = 0, DiskFreeMin = 0 } };
        var memory = new MemoryPressure(unbounded, machine, time, logs.CreateLogger<MemoryPressure>());
        using var clients = new ClientConnections(
            options,
            new TopicBuffers(options.Topics.BufferedBytesMax),
            memory,
            new DiskPressure(unbounded, null, time, logs.CreateLogger<DiskPressure>()),
            authenticator,
            audit,
            users,
            time,
            new SlowLog(options, time, logs.CreateLogger<SlowLog>()),
            logs.CreateLogger<ClientConnections>());
        var shared = new BrokerSurroundings(
            options with { Namespaces = [] }, clients, new MqttCounters(), memory.Cap, users, audit, new FactBoard(), time, logs);
        await using var brokers = new BrokerSet(shared);
        Broker broker = brokers.Default;

        // It is looked at as it is: nothing expires, runs or is delivered meanwhile.
        broker.StopTicks();
        broker.Persistence.Open();
        broker.Persistence.BeginRecovery();
        if (!await broker.Persistence.WhenReadyAsync().WaitAsync(cancel))
        {
            throw new OperationCanceledException(cancel);
        }

        TimeSpan startTook = time.GetElapsedTime(started);
        return proof with { Contents = Count(broker), ContentDigest = Digest(broker, cancel), StartTook = startTook };
    }

    private static BackupContents Count(Broker broker)
    {
        Engine.Queues.QueueStats queues = broker.Queues.Totals;
        Engine.Streams.StreamStats streams = broker.Streams.Totals;
        Engine.Topics.TopicStats topics = broker.Topics.Stats;
        return new BackupContents
        {
            Entries = broker.Store.Stats.Entries,
            Queues = broker.Queues.Count,
            Messages = queues.Ready + queues.Leased + queues.Delayed + queues.Dead,
            Streams = streams.Streams,
            Records = streams.Records,
            Retained = topics.Retained,
            Bindings = topics.Bindings,
            Sessions = broker.Sessions.Stats.Sessions,
            Schedules = broker.Schedules.Stats.Count,
        };
    }

    private static string Digest(Broker broker, CancellationToken cancel)
    {
        var digest = new ContentDigest(new HashSet<byte> { (byte)StoreRecordKind.Clock });
        using DurableSnapshot state = broker.Parts.BeginSnapshot(broker.Persistence.Log!.AppendedLsn, isWhole: true);
        while (state.MoveNext(digest))
        {
            cancel.ThrowIfCancellationRequested();
        }

        return digest.ToString();
    }

    private static NexoServerOptions OptionsFor(string place, NexoServerOptions? like)
    {
        NexoServerOptions options = like ?? new NexoServerOptions
        {
            Connections = new ConnectionOptions { FrameBytesMax = FrameBytesMax },
        };
        return options with
        {
            DataDirectory = place,
            OpenDisk = null,
            Store = options.Store with { Durability = StoreDurability.Auto },
            Queues = options.Queues with { Durability = QueuesDurability.Auto },
            Topics = options.Topics with { Durability = TopicsDurability.Auto },
            Streams = options.Streams with { Durability = StreamsDurability.Auto },
            Mqtt = options.Mqtt with { Durability = MqttDurability.Auto },
            Security = new SecurityOptions(),
            Backup = new BackupOptions(),
        };
    }

    private static async Task<string> HashAsync(string file, CancellationToken cancel)
    {
        await using FileStream stream = File.OpenRead(file);
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, cancel));
    }
}
