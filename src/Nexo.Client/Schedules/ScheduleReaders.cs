using System.Runtime.CompilerServices;
using System.Text;
using Nexo.Protocol;

namespace Nexo.Client;

/// <summary>The answer to SET.</summary>
internal readonly struct ScheduleSetReader : IReplyReader<ScheduleSetResult>
{
    public bool TryRead(ReadOnlySpan<byte> body, out ScheduleSetResult result)
    {
        bool read = ScheduleSetReply.TryRead(body, out ScheduleSetReply reply);
        result = new ScheduleSetResult(reply.Created, WireTimes.MomentIf(reply.NextAt != 0, reply.NextAt));
        return read;
    }
}

/// <summary>A schedule with its message.</summary>
internal readonly struct ScheduleReader<T>(INexoSerializer serializer, StrongBox<byte[]> headers)
    : IReplyReader<Schedule<T>>
{
    public bool TryRead(ReadOnlySpan<byte> body, out Schedule<T> result)
    {
        result = null!;
        if (!ScheduleDescribeReply.TryRead(body, out ScheduleDescribeReply reply))
        {
            return false;
        }

        ScheduledMessage message = reply.Message;
        var summary = new ScheduleSummary(
            Encoding.UTF8.GetString(message.Name),
            Encoding.UTF8.GetString(message.Cron),
            Encoding.UTF8.GetString(message.TimeZone),
            Encoding.UTF8.GetString(message.Queue),
            WireTimes.MomentIf(reply.LastAt != 0, reply.LastAt),
            WireTimes.MomentIf(reply.NextAt != 0, reply.NextAt),
            message.IsDisabled);
        var options = new ScheduleOptions
        {
            TimeZone = summary.TimeZone,
            CatchUp = message.CatchUp,
            Priority = message.Priority,
            Ttl = (message.Parts & ScheduleParts.Ttl) == 0 ? null : WireTimes.Duration((ulong)message.TtlMs),
            Group = message.Group.IsEmpty ? NexoKey.Empty : message.Group.ToArray(),
            Headers = [.. new NexoHeaders(headers.Value)],
            Disabled = message.IsDisabled,
        };
        var runs = new ScheduleRuns((long)reply.Runs, (long)reply.Failed, (long)reply.Missed, reply.LastError);
        result = new Schedule<T>(summary, options, Values.Read<T>(serializer, reply.Body), runs);
        return true;
    }
}

/// <summary>A page of the list of schedules.</summary>
internal readonly struct SchedulesReader : IReplyReader<NexoPage<ScheduleSummary>>
{
    public bool TryRead(ReadOnlySpan<byte> body, out NexoPage<ScheduleSummary> result)
    {
        var items = new List<ScheduleSummary>();
        bool read = ScheduleListReply.TryRead(body, out ScheduleListReply reply);
        while (read && reply.TryTake(out ScheduleListItem item))
        {
            items.Add(new ScheduleSummary(
                Encoding.UTF8.GetString(item.Name),
                Encoding.UTF8.GetString(item.Cron),
                Encoding.UTF8.GetString(item.TimeZone),
                Encoding.UTF8.GetString(item.Queue),
                WireTimes.MomentIf(item.LastAt != 0, item.LastAt),
                WireTimes.MomentIf(item.NextAt != 0, item.NextAt),
                item.IsDisabled));
        }

        result = new NexoPage<ScheduleSummary>(items, reply.Cursor.ToArray());
        return read;
    }
}
