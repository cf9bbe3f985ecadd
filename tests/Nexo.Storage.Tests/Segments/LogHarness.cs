using System.Buffers.Binary;
using Xunit;

namespace Nexo.Storage.Tests.Segments;

/// <summary>
/// A log on a simulated disk. The payload of the batch at an offset follows from the offset and the generation, so that
/// what was appended again after a crash can be told from what was there before.
/// </summary>
internal sealed class LogHarness : IDisposable
{
    public const string Directory = "streams/7";
    public const ulong LogId = 0x1122334455667788;

    public LogHarness(
        SimulatedDisk disk, SegmentedLogCheckpoint checkpoint = default, SegmentedLogOptions? options = null,
        SegmentCache? cache = null)
    {
        Disk = disk;
        Log = SegmentedLog.Open(disk, Directory, LogId, checkpoint, options ?? Small, cache ?? new SegmentCache(4));
    }

    public static SegmentedLogOptions Small { get; } = new()
    {
        SegmentBytes = 2_048,
        IndexDistanceBytes = 256,
        IndexEntriesMax = 4,
    };

    public SimulatedDisk Disk { get; }

    public SegmentedLog Log { get; }

    /// <summary>A disk on which the parent directory is durable.</summary>
    public static SimulatedDisk NewDisk(int seed = 0)
    {
        var disk = new SimulatedDisk(seed);
        disk.CreateDirectory("streams");
        disk.SyncDirectory("");
        return disk;
    }

    public static byte[] Payload(long offset, int bytes, int generation = 0)
    {
        byte[] payload = new byte[bytes];
        new Random(HashCode.Combine(offset, generation)).NextBytes(payload);
        if (bytes >= 16)
        {
            BinaryPrimitives.WriteInt64LittleEndian(payload, offset);
            BinaryPrimitives.WriteInt64LittleEndian(payload.AsSpan(8), generation);
        }

        return payload;
    }

    public Batch Append(int bytes = 100, int records = 1, long? time = null, int generation = 0)
    {
        var batch = new Batch(Log.NextOffset, records, time ?? Log.NextOffset * 10, bytes, generation);
        Log.Append(batch.Header, batch.Payload);
        return batch;
    }

    /// <summary>All batches from an offset on, without padding.</summary>
    public List<Batch> ReadAll(long from, long ceiling = long.MaxValue, int bufferBytes = 64 * 1_024) =>
        ReadAll(Log, from, ceiling, bufferBytes);

    public static List<Batch> ReadAll(
        SegmentedLog log, long from, long ceiling = long.MaxValue, int bufferBytes = 64 * 1_024)
    {
        List<Batch> batches = [];
        var cursor = new SegmentCursor(from);
        byte[] buffer = new byte[bufferBytes];
        while (true)
        {
            SegmentRead read = log.Read(ref cursor, buffer, ceiling);
            if (read.Status != SegmentReadStatus.Ok)
            {
                Assert.Equal(SegmentReadStatus.AtEnd, read.Status);
                return batches;
            }

            batches.AddRange(Batch.Parse(buffer.AsSpan(0, read.Bytes)));
        }
    }

    public void Dispose() => Log.Dispose();
}

internal sealed record Batch(long Offset, int Records, long Time, int Bytes, int Generation)
{
    public BatchHeader Header => new()
    {
        BaseOffset = Offset,
        Offsets = Records,
        Records = Records,
        FirstTimestamp = Time,
        MaxTimestamp = Time,
        Flags = 5,
    };

    public byte[] Payload => LogHarness.Payload(Offset, Bytes, Generation);

    public long End => Offset + Records;

    /// <summary>What was read, each batch checked against what must have been appended at its offset.</summary>
    public static List<Batch> Parse(ReadOnlySpan<byte> bytes)
    {
        List<Batch> batches = [];
        while (bytes.Length > 0)
        {
            Assert.True(BatchHeader.TryDecode(bytes, out BatchHeader header));
            Assert.True(BatchHeader.Verify(bytes[..header.Bytes]));
            ReadOnlySpan<byte> payload = bytes[BatchHeader.Size..header.Bytes];
            if (header.Flags != BatchHeader.PaddingFlag)
            {
                Assert.Equal(5, header.Flags);
                int generation = payload.Length >= 16 ? (int)BinaryPrimitives.ReadInt64LittleEndian(payload[8..]) : 0;
                Assert.True(payload.SequenceEqual(LogHarness.Payload(header.BaseOffset, payload.Length, generation)));
                batches.Add(new Batch(
                    header.BaseOffset, header.Records, header.MaxTimestamp, payload.Length, generation));
            }

            bytes = bytes[header.Bytes..];
        }

        return batches;
    }
}
