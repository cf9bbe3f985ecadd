using System.Buffers.Binary;
using System.Text;
using Nexo.Engine.Queues;
using Nexo.Engine.Schedules;

namespace Nexo.Server.Hosting;

/// <summary>
/// Pushes the messages of schedules into queues. To a message's own headers it adds <c>nexo-schedule</c>, the
/// schedule's name, and <c>nexo-due-at</c>, the moment for which it runs in Unix milliseconds. For one thread at a
/// time.
/// </summary>
internal sealed class SchedulePusher(QueueService queues) : ISchedulePusher
{
    private const int HeaderFixedBytes = sizeof(byte) + sizeof(ushort);
    private const int NumberBytesMax = 20;

    private byte[] _headers = [];

    private static ReadOnlySpan<byte> ScheduleHeader => "nexo-schedule"u8;

    private static ReadOnlySpan<byte> DueAtHeader => "nexo-due-at"u8;

    /// <summary>Where consumers are to be given what was pushed; run it after a tick.</summary>
    public QueueWork Work { get; } = new();

    /// <summary>Pushes that were refused since <see cref="TakeFailures"/>.</summary>
    public int Failures { get; private set; }

    /// <summary>The last of them, for people.</summary>
    public string LastFailure { get; private set; } = string.Empty;

    public ScheduleOutcome Push(in ScheduledPush message)
    {
        var pushed = new QueueMessage
        {
            Priority = message.Priority,
            TtlMs = message.TtlMs == 0 ? null : message.TtlMs,
            DedupId = message.DedupId,
            Group = message.Group,
            Headers = HeadersOf(message),
            Body = message.Body,
        };
        QueueStatus status = queues.Push(message.Queue, pushed, Work, out QueuePushResult result);
        if (status == QueueStatus.Ok)
        {
            return result.Outcome == QueuePushOutcome.Duplicate ? ScheduleOutcome.Duplicate : ScheduleOutcome.Pushed;
        }

        Failures++;
        LastFailure = $"{Encoding.UTF8.GetString(message.Schedule)}, to {Encoding.UTF8.GetString(message.Queue)}: {status}";
        return OutcomeOf(status);
    }

    /// <summary>How many pushes were refused since the last call.</summary>
    public int TakeFailures()
    {
        int failures = Failures;
        Failures = 0;
        return failures;
    }

    private static ScheduleOutcome OutcomeOf(QueueStatus status) => status switch
    {
        QueueStatus.NotFound or QueueStatus.TooManyQueues => ScheduleOutcome.QueueNotFound,
        QueueStatus.Paused => ScheduleOutcome.QueuePaused,
        QueueStatus.Full or QueueStatus.OutOfMemory => ScheduleOutcome.QueueFull,
        QueueStatus.DiskFull => ScheduleOutcome.DiskFull,
        QueueStatus.LogFailed => ScheduleOutcome.Failed,
        _ => ScheduleOutcome.MessageRefused,
    };

    // As the protocol's header block: [u8 nameLength][name][u16 valueLength][value].
    private ReadOnlySpan<byte> HeadersOf(in ScheduledPush message)
    {
        Span<byte> dueAt = stackalloc byte[NumberBytesMax];
        message.DueAtMs.TryFormat(dueAt, out int dueAtBytes);
        int bytes = message.Headers.Length
            + HeaderFixedBytes + ScheduleHeader.Length + message.Schedule.Length
            + HeaderFixedBytes + DueAtHeader.Length + dueAtBytes;
        if (_headers.Length < bytes)
        {
            _headers = new byte[bytes];
        }

        message.Headers.CopyTo(_headers);
        Span<byte> rest = _headers.AsSpan(message.Headers.Length);
        Write(ref rest, ScheduleHeader, message.Schedule);
        Write(ref rest, DueAtHeader, dueAt[..dueAtBytes]);
        return _headers.AsSpan(0, bytes);
    }

    private static void Write(
        scoped ref Span<byte> target, scoped ReadOnlySpan<byte> name, scoped ReadOnlySpan<byte> value)
    {
        target[0] = (byte)name.Length;
        name.CopyTo(target[1..]);
        BinaryPrimitives.WriteUInt16LittleEndian(target[(1 + name.Length)..], (ushort)value.Length);
        value.CopyTo(target[(HeaderFixedBytes + name.Length)..]);
        target = target[(HeaderFixedBytes + name.Length + value.Length)..];
    }
}
