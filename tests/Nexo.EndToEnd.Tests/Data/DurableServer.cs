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
            Queues = durability == StoreDurability.Memory
                ? options.Queues with { Durability = QueuesDurability.Memory }
                : options.Queues,
            Topics = durability == StoreDurability.Memory
                ? options.Topics with { Durability = TopicsDurability.Memory }
                : options.Topics,
            Streams = durability == StoreDurability.Memory
                ? options.Streams with { Durability = StreamsDurability.Memory }
                : options.Streams,
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
