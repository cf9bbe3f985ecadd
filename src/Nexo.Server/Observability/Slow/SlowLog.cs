using System.Diagnostics;
using System.Text;
using Microsoft.Extensions.Logging;
using Nexo.Protocol;
using Nexo.Server.Brokers;
using Nexo.Server.Connections;

namespace Nexo.Server.Observability;

/// <summary>
/// Keeps the last operations that took longer than <c>slow.threshold</c>, logs each, and has each be a span of
/// <see cref="ServerTelemetry"/>. An operation that is fast costs a comparison.
/// </summary>
internal sealed partial class SlowLog(NexoServerOptions options, TimeProvider time, ILogger<SlowLog> log)
{
    public const int KeptMax = 128;

    private const int SubjectBytesMax = 128;
    private const int DiskPauseMs = 50;

    private readonly Lock _gate = new();
    private readonly SlowOperation?[] _ring = new SlowOperation?[KeptMax];
    private long _thresholdTicks = TicksOf(options);
    private long _next;
    private long _total;
    private long _diskUntilMs;

    /// <summary>Slow operations since the start.</summary>
    public long Total => Interlocked.Read(ref _total);

    /// <summary>For tests: from so many ticks of <see cref="Stopwatch"/> on.</summary>
    internal long ThresholdTicks
    {
        set => Volatile.Write(ref _thresholdTicks, value);
    }

    /// <summary>Whether so many ticks of <see cref="Stopwatch"/> are too many.</summary>
    public bool IsSlow(long ticks) => ticks >= Volatile.Read(ref _thresholdTicks);

    public void Apply(NexoServerOptions next) => Volatile.Write(ref _thresholdTicks, TicksOf(next));

    public void Add(ClientConnection connection, in SlowSubject subject, long ticks, SlowCause cause)
    {
        TimeSpan took = Stopwatch.GetElapsedTime(0, ticks);
        Interlocked.Increment(ref _total);
        DateTimeOffset now = time.GetUtcNow();
        long atMs = now.ToUnixTimeMilliseconds();
        if (cause == SlowCause.Disk && !TryBeginDisk(atMs))
        {
            return;
        }

        SlowSubject named = subject;
        SlowOperation slow = Keep(id => new SlowOperation(
            id,
            atMs,
            (long)took.TotalMicroseconds,
            cause,
            connection.Protocol,
            named.Operation,
            named.Subject,
            connection.Id,
            connection.Remote,
            connection.User,
            connection.ClientName,
            connection.Broker));
        ServerTelemetry.Trace(slow, subject.TraceParent, now, took);
        string user = slow.User.Length == 0 ? "nobody" : slow.User;
        if (cause == SlowCause.Disk)
        {
            LogDisk(slow.Operation, slow.Subject, took.TotalMilliseconds, slow.Connection, user, slow.Remote);
        }
        else
        {
            LogRan(slow.Operation, slow.Subject, took.TotalMilliseconds, slow.Connection, user, slow.Remote);
        }
    }

    /// <summary>Keeps one under the next number.</summary>
    internal SlowOperation Keep(Func<long, SlowOperation> make)
    {
        lock (_gate)
        {
            SlowOperation slow = make(_next);
            _ring[_next++ % KeptMax] = slow;
            return slow;
        }
    }

    // One slow sync holds up the answers of many connections: one of them is told, or they would push out all others.
    private bool TryBeginDisk(long nowMs)
    {
        long until = Interlocked.Read(ref _diskUntilMs);
        return nowMs >= until && Interlocked.CompareExchange(ref _diskUntilMs, nowMs + DiskPauseMs, until) == until;
    }

    /// <summary>The newest first; who is in a namespace sees what was slow there, the keeper all.</summary>
    public IReadOnlyList<SlowOperation> Newest(int most, Broker seenBy)
    {
        var found = new List<SlowOperation>();
        lock (_gate)
        {
            for (long id = _next - 1; id >= Math.Max(0, _next - KeptMax) && found.Count < most; id--)
            {
                if (_ring[id % KeptMax] is { } slow && IsSeen(slow, seenBy))
                {
                    found.Add(slow);
                }
            }
        }

        return found;
    }

    /// <summary>Forgets what is kept, of what the one who says so may see; numbers go on.</summary>
    public void Reset(Broker seenBy)
    {
        lock (_gate)
        {
            for (int i = 0; i < KeptMax; i++)
            {
                if (_ring[i] is { } slow && IsSeen(slow, seenBy))
                {
                    _ring[i] = null;
                }
            }
        }
    }

    /// <summary>Bytes of a client as text for people: cut, and without what would move a cursor.</summary>
    public static string Shown(ReadOnlySpan<byte> bytes)
    {
        var shown = new StringBuilder(Encoding.UTF8.GetString(bytes[..Math.Min(bytes.Length, SubjectBytesMax)]));
        for (int i = 0; i < shown.Length; i++)
        {
            shown[i] = char.IsControl(shown[i]) || shown[i] == '\ufffd' ? '?' : shown[i];
        }

        return bytes.Length > SubjectBytesMax ? shown.Append('…').ToString() : shown.ToString();
    }

    private static bool IsSeen(SlowOperation slow, Broker seenBy) =>
        seenBy.Name == Namespaces.Default || ReferenceEquals(slow.Broker, seenBy);

    private static long TicksOf(NexoServerOptions options) => options.Slow.ThresholdMs == 0
        ? long.MaxValue
        : options.Slow.ThresholdMs * (Stopwatch.Frequency / 1_000);

    [LoggerMessage(
        1, LogLevel.Warning, "slow: {Operation} {Subject} took {Milliseconds:F1} ms; connection {Id} of {User} from {Remote}")]
    private partial void LogRan(string operation, string subject, double milliseconds, long id, string user, string remote);

    [LoggerMessage(
        2,
        LogLevel.Warning,
        "slow: {Operation} {Subject} took {Milliseconds:F1} ms until it was on disk; connection {Id} of {User} from {Remote}")]
    private partial void LogDisk(string operation, string subject, double milliseconds, long id, string user, string remote);
}
