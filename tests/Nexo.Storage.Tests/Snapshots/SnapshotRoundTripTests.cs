using CsCheck;
using Xunit;

namespace Nexo.Storage.Tests.Snapshots;

public sealed class SnapshotRoundTripTests
{
    private static readonly byte[] Noise = MakeNoise();

    private static readonly Gen<(byte Kind, int Bytes)[]> RecordsOfManySizes = Gen.Select(
        Gen.Byte,
        Gen.Frequency((8, Gen.Int[0, 300]), (4, Gen.Int[0, 70_000]), (1, Gen.Int[0, 1_500_000]))).Array[0, 40];

    [Fact]
    public void Records_of_any_sizes_come_back_in_their_order() =>
        RecordsOfManySizes.Sample(
            records =>
            {
                SimulatedDisk disk = SnapshotSample.Disk();
                using var writer = new SnapshotWriter(disk, 7, new Lsn(9), TimeProvider.System);
                foreach ((byte kind, int bytes) in records)
                {
                    writer.Append(kind, Payload(kind, bytes));
                }

                long bytesBefore = writer.Bytes;
                SnapshotReport written = writer.Complete();
                var read = new SizeList();
                SnapshotReport report = SnapshotReader.Read(disk, written.Path, read, 7);
                return report == written
                    && bytesBefore + 64 == report.Bytes
                    && read.Records.SequenceEqual(records);
            },
            iter: 40);

    [Fact]
    public void What_an_encoder_gives_in_parts_is_a_snapshot_wherever_it_goes() =>
        Gen.Select(RecordsOfManySizes, Gen.Int[1, 10]).Sample(
            (records, every) =>
            {
                var encoder = new SnapshotEncoder(7, new Lsn(9), 5);
                var sent = new MemoryStream();
                for (int i = 0; i < records.Length; i++)
                {
                    encoder.Append(records[i].Kind, Payload(records[i].Kind, records[i].Bytes));
                    if (encoder.IsFull || i % every == 0)
                    {
                        sent.Write(encoder.Take().Span);
                        Assert.Equal(sent.Length, encoder.Bytes);
                    }
                }

                sent.Write(encoder.TakeLast().Span);
                var disk = new SimulatedDisk();
                disk.WriteAll("copy", sent.ToArray());
                var read = new SizeList();
                using IDiskFile copy = disk.Open("copy", forWriting: false);
                return SnapshotReader.Verify(copy).Ok
                    && SnapshotReader.Read(copy, read).Records == records.Length
                    && read.Records.SequenceEqual(records);
            },
            iter: 40);

    [Fact]
    public void Beginning_a_record_does_nothing_to_the_disk()
    {
        SimulatedDisk disk = SnapshotSample.Disk();
        using var writer = new SnapshotWriter(disk, 7, new Lsn(9), TimeProvider.System);
        int before = disk.Count();
        for (int i = 0; i < 10_000; i++)
        {
            using LogAppend append = writer.Begin(1, 100);
            append.Payload.Clear();
        }

        Assert.Equal(before, disk.Count());
        writer.WriteFull();
        Assert.Equal(before + 1, disk.Count());
    }

    [Fact]
    public void Long_snapshots_are_synced_in_portions()
    {
        SimulatedDisk disk = SnapshotSample.Disk();
        using var writer = new SnapshotWriter(disk, 7, new Lsn(9), TimeProvider.System);
        byte[] payload = new byte[64 * 1_024];
        for (int i = 0; i < 400; i++)
        {
            writer.Append(1, payload);
        }

        Assert.Equal(3, disk.Count(DiskOperationKinds.Sync));
    }

    [Fact]
    public void A_record_inside_of_a_record_is_a_mistake()
    {
        var encoder = new SnapshotEncoder(7, new Lsn(9), 5);
        encoder.Begin(1, 4);

        Assert.Throws<InvalidOperationException>(() => encoder.Append(1, []));
        Assert.Throws<InvalidOperationException>(() => encoder.Take());
    }

    // Any part of the same bytes: made once, told apart by where it begins.
    private static byte[] Payload(byte kind, int bytes) => Noise.AsSpan(kind, bytes).ToArray();

    private static byte[] MakeNoise()
    {
        byte[] noise = new byte[2_000_000];
        new Random(1).NextBytes(noise);
        return noise;
    }

    /// <summary>Checks the payloads on the way, since they are long.</summary>
    private sealed class SizeList : IRecordSink
    {
        public List<(byte Kind, int Bytes)> Records { get; } = [];

        public void OnRecord(Lsn lsn, byte kind, ReadOnlySpan<byte> payload)
        {
            Assert.True(payload.SequenceEqual(Noise.AsSpan(kind, payload.Length)));
            Records.Add((kind, payload.Length));
        }
    }
}
