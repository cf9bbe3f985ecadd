using System.Buffers.Binary;

namespace Nexo.Engine;

/// <summary><c>[i64 engine][i64 wall]</c>, both Unix milliseconds.</summary>
internal readonly record struct ClockRecord(long EngineMs, long WallMs)
{
    public const int Bytes = 2 * sizeof(long);

    public void Write(Span<byte> payload)
    {
        BinaryPrimitives.WriteInt64LittleEndian(payload, EngineMs);
        BinaryPrimitives.WriteInt64LittleEndian(payload[sizeof(long)..], WallMs);
    }

    public static bool TryRead(ReadOnlySpan<byte> payload, out ClockRecord record)
    {
        record = default;
        if (payload.Length != Bytes)
        {
            return false;
        }

        record = new ClockRecord(
            BinaryPrimitives.ReadInt64LittleEndian(payload),
            BinaryPrimitives.ReadInt64LittleEndian(payload[sizeof(long)..]));
        return record is { EngineMs: >= 0, WallMs: >= 0 };
    }
}
