using System.Buffers.Binary;
using System.Diagnostics;
using HdrHistogram;

namespace Nexo.Bench.Compare.Queues;

/// <summary>How old messages are on arrival. A message carries the moment of its sending in its first eight bytes.</summary>
/// <param name="measuredUntil">What arrives later, by <see cref="Stopwatch"/>, does not count.</param>
internal sealed class LatencyRecorder(long measuredUntil)
{
    public const int StampBytes = sizeof(long);

    /// <summary>In ticks of <see cref="Stopwatch"/>.</summary>
    public LongHistogram Latency { get; } = ConsumerRun.NewHistogram();

    /// <summary>A body that compresses badly: no server is to gain by what the bodies happen to be.</summary>
    public static byte[] NewBody(int bytes)
    {
        const int Seed = 256;
        byte[] body = new byte[bytes];
        new Random(Seed).NextBytes(body);
        return body;
    }

    /// <summary>Stamps a body that is about to be sent.</summary>
    public static void Stamp(Span<byte> body) => Stamp(body, Stopwatch.GetTimestamp());

    /// <summary>Stamps a body with the moment at which it is due.</summary>
    public static void Stamp(Span<byte> body, long moment) => BinaryPrimitives.WriteInt64LittleEndian(body, moment);

    public void Received(ReadOnlySpan<byte> body)
    {
        long now = Stopwatch.GetTimestamp();
        if (now < measuredUntil)
        {
            long age = now - BinaryPrimitives.ReadInt64LittleEndian(body);
            Latency.RecordValue(Math.Clamp(age, 1, Latency.HighestTrackableValue));
        }
    }
}
