using System.Runtime.CompilerServices;
using System.Text;
using Nexo.Protocol;

namespace Nexo.Client;

/// <summary>
/// Messages that the server pushes again and again, by the clock of a time zone. Schedules survive restarts; what was missed while
/// the server was down is pushed once, or not at all (<see cref="ScheduleOptions.CatchUp"/>).
/// </summary>
/// <example>
/// <code>
/// await client.Schedules.SetAsync(
///     "nightly-report", "0 3 * * *", "reports", new Report("daily"), new() { TimeZone = "Europe/Berlin" });
/// </code>
/// </example>
public sealed class NexoSchedules
{
    private const int PageSchedules = 1_000;

    private readonly NexoClient _client;
    private readonly INexoSerializer _serializer;
    private readonly TimeSpan _timeout;

    internal NexoSchedules(NexoClient client, INexoSerializer serializer, TimeSpan timeout)
    {
        _client = client;
        _serializer = serializer;
        _timeout = timeout;
    }

    /// <summary>The same with another deadline for its calls.</summary>
    public NexoSchedules WithTimeout(TimeSpan timeout)
    {
        NexoClientOptionsCheck.RequireTimeout(timeout, nameof(timeout));
        return new NexoSchedules(_client, _serializer, timeout);
    }

    /// <summary>Makes a schedule, or replaces the one of its name.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="cron">When: five fields (minute, hour, day, month, day of the week), six with seconds first, a name such as
    /// <c>@hourly</c>, or <c>@every 90s</c>.</param>
    /// <param name="queue">The queue that it pushes to.</param>
    /// <param name="body">What its messages say; <see cref="ReadOnlyMemory{T}"/> of bytes is sent as it is.</param>
    /// <param name="options">How they are pushed; in UTC, of priority 0, caught up once unless it is given.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="NexoException"><see cref="ErrorCode.ScheduleInvalid"/>: the expression, the time zone or the name cannot be
    /// read; the message says which.</exception>
    public ValueTask<ScheduleSetResult> SetAsync<T>(
        string name,
        string cron,
        string queue,
        T body,
        ScheduleOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(cron);
        ArgumentNullException.ThrowIfNull(queue);
        return _client.CallAsync<ScheduleSetReader, ScheduleSetResult>(
            Request(name, cron, queue, body, options ?? new ScheduleOptions()), default, _timeout, cancellationToken);
    }

    /// <summary>A schedule with its message; null when there is none of this name.</summary>
    public async ValueTask<Schedule<T>?> DescribeAsync<T>(string name, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(name);
        try
        {
            var headers = new StrongBox<byte[]>([]);
            return await _client.CallAsync<ScheduleReader<T>, Schedule<T>>(
                new CallRequest
                {
                    Opcode = Opcode.ScheduleDescribe,
                    Traits = CallTraits.Idempotent,
                    Body = NameBody(name),
                    ReplyHeaders = headers,
                },
                new(_serializer, headers),
                _timeout,
                cancellationToken).ConfigureAwait(false);
        }
        catch (NexoException error) when (error.Code == ErrorCode.ScheduleNotFound)
        {
            return null;
        }
    }

    /// <summary>All schedules whose names begin with a prefix, in the order of their names, page after page.</summary>
    public IAsyncEnumerable<ScheduleSummary> ListAsync(
        NexoKey prefix = default, CancellationToken cancellationToken = default) =>
        Pages.AllAsync(
            (cursor, cancel) => _client.CallAsync<SchedulesReader, NexoPage<ScheduleSummary>>(
                Opcode.ScheduleList,
                CallTraits.Idempotent,
                PageBodies.Scan(prefix, cursor, PageSchedules),
                default,
                _timeout,
                cancel),
            cancellationToken);

    /// <summary>Ends a schedule; false when there is none of this name. What it has pushed stays.</summary>
    public ValueTask<bool> DeleteAsync(string name, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(name);
        return _client.CallAsync<FlagReader, bool>(
            Opcode.ScheduleDelete, CallTraits.Idempotent, NameBody(name), default, _timeout, cancellationToken);
    }

    private static FrameBuffer NameBody(string name)
    {
        FrameBuffer body = RequestBodies.Rent();
        body.WriteUtf8(name);
        return body;
    }

    private CallRequest Request<T>(string name, string cron, string queue, T value, ScheduleOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(options.Priority, nameof(options.Priority));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.Priority, byte.MaxValue, nameof(options.Priority));
        FrameBuffer body = RequestBodies.Rent();
        if (options.Headers is { Count: > 0 } headers)
        {
            HeaderEntries.Write(body, headers, out _);
        }

        int headerBytes = body.Count;
        new ScheduleSetRequest
        {
            Message = new ScheduledMessage
            {
                CatchUp = options.CatchUp,
                Parts = (options.Ttl is null ? ScheduleParts.None : ScheduleParts.Ttl)
                    | (options.Group.IsEmpty ? ScheduleParts.None : ScheduleParts.Group),
                Priority = (byte)options.Priority,
                Flags = options.Disabled ? ScheduleFlags.Disabled : ScheduleFlags.None,
                Name = Encoding.UTF8.GetBytes(name),
                Cron = Encoding.UTF8.GetBytes(cron),
                TimeZone = Encoding.UTF8.GetBytes(options.TimeZone),
                Queue = Encoding.UTF8.GetBytes(queue),
                TtlMs = WireTimes.Milliseconds(options.Ttl.GetValueOrDefault()),
                Group = options.Group.ToBytes().Span,
            },
        }.Write(body);
        Values.Write(_serializer, body, value);

        // The trace of whoever sets a schedule is not that of its messages.
        return new CallRequest
        {
            Opcode = Opcode.ScheduleSet,
            Traits = CallTraits.Idempotent,
            Body = body,
            HeaderBytes = headerBytes,
            HasTrace = true,
        };
    }
}
