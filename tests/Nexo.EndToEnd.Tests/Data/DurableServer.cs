using Nexo.Protocol;
using Nexo.Server;
using Nexo.Storage;

namespace Nexo.EndToEnd.Tests.Data;

/// <summary>Servers over a simulated disk, and the requests that their tests make.</summary>
internal static class DurableServer
{
    public static Task<TestServer> StartAsync(
        SimulatedDisk disk,
        StoreDurability durability = StoreDurability.Interval,
        Func<StorageOptions, StorageOptions>? change = null) =>
        TestServer.StartAsync(options => On(options, disk, durability, change));

    public static NexoServerOptions On(
        NexoServerOptions options,
        SimulatedDisk disk,
        StoreDurability durability = StoreDurability.Interval,
        Func<StorageOptions, StorageOptions>? change = null)
    {
        var storage = new StorageOptions { SnapshotIntervalMs = 0, SegmentBytes = 1_024 * 1_024, SnapshotRate = 0 };
        return options with
        {
            DataDirectory = disk.Root,
            OpenDisk = () => disk,
            Store = options.Store with { Durability = durability },
            Storage = change?.Invoke(storage) ?? storage,
            Log = new LogOptions { Level = Microsoft.Extensions.Logging.LogLevel.None },
        };
    }

    public static Wal Log(this TestServer server) => server.Native.Persistence.Log!;

    /// <summary>Writes one SET.</summary>
    public static void Set(
        FrameBuffer buffer, uint correlation, string key, string value, Durability durability = Durability.ServerDefault)
    {
        buffer.Begin(Opcode.StoreSet, FrameKind.Request, correlation, durability.ToFlags());
        new SetRequest
        {
            Key = System.Text.Encoding.UTF8.GetBytes(key),
            Value = System.Text.Encoding.UTF8.GetBytes(value),
        }.Write(buffer);
        buffer.End();
    }

    /// <summary>Writes one request whose body is a key.</summary>
    public static void OfKey(
        FrameBuffer buffer, Opcode opcode, uint correlation, string key, Durability durability = Durability.ServerDefault)
    {
        buffer.Begin(opcode, FrameKind.Request, correlation, durability.ToFlags());
        buffer.WriteUtf8(key);
        buffer.End();
    }
}

/// <summary>Holds up the syncs of a disk's log while it is closed.</summary>
internal sealed class SyncGate : IDisposable
{
    private readonly object _gate = new();
    private bool _isClosed;
    private int _waiting;

    public SyncGate(SimulatedDisk disk) => disk.Before = (kind, path) =>
    {
        if (kind == DiskOperationKinds.Sync && path.StartsWith("wal/", StringComparison.Ordinal))
        {
            Pass();
        }
    };

    /// <summary>Syncs that are held up.</summary>
    public int Waiting => Volatile.Read(ref _waiting);

    public void Close()
    {
        lock (_gate)
        {
            _isClosed = true;
        }
    }

    public void Open()
    {
        lock (_gate)
        {
            _isClosed = false;
            Monitor.PulseAll(_gate);
        }
    }

    public void Dispose() => Open();

    private void Pass()
    {
        lock (_gate)
        {
            _waiting++;
            while (_isClosed)
            {
                Monitor.Wait(_gate);
            }

            _waiting--;
        }
    }
}
