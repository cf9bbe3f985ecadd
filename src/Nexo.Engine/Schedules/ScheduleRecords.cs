using System.Buffers.Binary;

namespace Nexo.Engine.Schedules;

/// <summary>
/// <c>[i64 passed][i64 ttlMs][u8 catchUp][u8 flags][u8 priority][u8 zero][u32 nameBytes][u32 cronBytes][u32
/// timeZoneBytes][u32 queueBytes][u32 groupBytes][u32
/// headerBytes][name][cron][timeZone][queue][group][headers][body:rest]</c>; flag 1: not enabled. Removed is the name
/// alone.
/// </summary>
internal static class ScheduleSetRecord
{
    private const int HeaderBytes = 44;
    private const int TtlAt = 8;
    private const int CatchUpAt = 16;
    private const int FlagsAt = 17;
    private const int PriorityAt = 18;
    private const int ReservedAt = 19;
    private const int LengthsAt = 20;
    private const int Lengths = 6;
    private const byte FlagDisabled = 1;

    public static int Bytes(ScheduleDefinition definition) => HeaderBytes + definition.Bytes;

    public static void Write(Span<byte> payload, ScheduleDefinition definition, long passedMs)
    {
        BinaryPrimitives.WriteInt64LittleEndian(payload, passedMs);
        BinaryPrimitives.WriteInt64LittleEndian(payload[TtlAt..], definition.TtlMs);
        payload[CatchUpAt] = (byte)definition.CatchUp;
        payload[FlagsAt] = definition.IsEnabled ? (byte)0 : FlagDisabled;
        payload[PriorityAt] = (byte)definition.Priority;
        payload[ReservedAt] = 0;
        Span<byte> lengths = payload[LengthsAt..];
        Span<byte> parts = payload[HeaderBytes..];
        WritePart(ref lengths, ref parts, definition.Name);
        WritePart(ref lengths, ref parts, definition.Cron);
        WritePart(ref lengths, ref parts, definition.TimeZone);
        WritePart(ref lengths, ref parts, definition.Queue);
        WritePart(ref lengths, ref parts, definition.Group);
        WritePart(ref lengths, ref parts, definition.Headers);
        definition.Body.CopyTo(parts);
    }

    /// <summary>False: not valid.</summary>
    public static bool TryRead(ReadOnlySpan<byte> payload, out ScheduleSpec spec, out long passedMs)
    {
        spec = default;
        passedMs = 0;
        if (payload.Length < HeaderBytes || !PartsFit(payload, out int bodyAt))
        {
            return false;
        }

        passedMs = BinaryPrimitives.ReadInt64LittleEndian(payload);
        ReadOnlySpan<byte> lengths = payload[LengthsAt..];
        ReadOnlySpan<byte> parts = payload[HeaderBytes..];
        spec = new ScheduleSpec
        {
            TtlMs = BinaryPrimitives.ReadInt64LittleEndian(payload[TtlAt..]),
            CatchUp = (ScheduleCatchUp)payload[CatchUpAt],
            IsEnabled = payload[FlagsAt] == 0,
            Priority = payload[PriorityAt],
            Name = TakePart(ref lengths, ref parts),
            Cron = TakePart(ref lengths, ref parts),
            TimeZone = TakePart(ref lengths, ref parts),
            Queue = TakePart(ref lengths, ref parts),
            Group = TakePart(ref lengths, ref parts),
            Headers = TakePart(ref lengths, ref parts),
            Body = payload[bodyAt..],
        };
        return passedMs >= 0
            && spec.TtlMs >= 0
            && spec.CatchUp <= ScheduleCatchUp.Once
            && payload[FlagsAt] <= FlagDisabled
            && payload[ReservedAt] == 0
            && !spec.Name.IsEmpty;
    }

    private static bool PartsFit(ReadOnlySpan<byte> payload, out int bodyAt)
    {
        long end = HeaderBytes;
        for (int i = 0; i < Lengths; i++)
        {
            end += BinaryPrimitives.ReadUInt32LittleEndian(payload[(LengthsAt + (i * sizeof(uint)))..]);
        }

        bodyAt = (int)Math.Min(end, payload.Length);
        return end <= payload.Length;
    }

    private static void WritePart(ref Span<byte> lengths, ref Span<byte> parts, byte[] part)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(lengths, (uint)part.Length);
        part.CopyTo(parts);
        lengths = lengths[sizeof(uint)..];
        parts = parts[part.Length..];
    }

    private static ReadOnlySpan<byte> TakePart(
        scoped ref ReadOnlySpan<byte> lengths, scoped ref ReadOnlySpan<byte> parts)
    {
        int bytes = (int)BinaryPrimitives.ReadUInt32LittleEndian(lengths);
        ReadOnlySpan<byte> part = parts[..bytes];
        lengths = lengths[sizeof(uint)..];
        parts = parts[bytes..];
        return part;
    }
}

/// <summary><c>[i64 lastAt][i64 passed][u64 runs][u64 failed][u64 missed][u8 outcome][name:rest]</c>.</summary>
internal static class ScheduleRanRecord
{
    private const int HeaderBytes = 41;
    private const int PassedAt = 8;
    private const int RunsAt = 16;
    private const int FailedAt = 24;
    private const int MissedAt = 32;
    private const int OutcomeAt = 40;

    public static int Bytes(int nameBytes) => HeaderBytes + nameBytes;

    public static void Write(Span<byte> payload, ReadOnlySpan<byte> name, in ScheduleRuns runs)
    {
        BinaryPrimitives.WriteInt64LittleEndian(payload, runs.LastAtMs);
        BinaryPrimitives.WriteInt64LittleEndian(payload[PassedAt..], runs.PassedMs);
        BinaryPrimitives.WriteUInt64LittleEndian(payload[RunsAt..], runs.Runs);
        BinaryPrimitives.WriteUInt64LittleEndian(payload[FailedAt..], runs.Failed);
        BinaryPrimitives.WriteUInt64LittleEndian(payload[MissedAt..], runs.Missed);
        payload[OutcomeAt] = (byte)runs.LastOutcome;
        name.CopyTo(payload[HeaderBytes..]);
    }

    /// <summary>False: not valid.</summary>
    public static bool TryRead(ReadOnlySpan<byte> payload, out ReadOnlySpan<byte> name, out ScheduleRuns runs)
    {
        name = default;
        runs = default;
        if (payload.Length <= HeaderBytes)
        {
            return false;
        }

        name = payload[HeaderBytes..];
        runs = new ScheduleRuns(
            BinaryPrimitives.ReadInt64LittleEndian(payload),
            BinaryPrimitives.ReadInt64LittleEndian(payload[PassedAt..]),
            BinaryPrimitives.ReadUInt64LittleEndian(payload[RunsAt..]),
            BinaryPrimitives.ReadUInt64LittleEndian(payload[FailedAt..]),
            BinaryPrimitives.ReadUInt64LittleEndian(payload[MissedAt..]),
            (ScheduleOutcome)payload[OutcomeAt]);
        return runs is { LastAtMs: >= 0, PassedMs: >= 0, LastOutcome: <= ScheduleOutcome.Failed };
    }
}
