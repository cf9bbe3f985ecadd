using System.Text;
using Nexo.Protocol;

namespace Nexo.EndToEnd.Tests.Native;

/// <summary>A schedule as DESCRIBE answers it.</summary>
internal sealed record Described(
    string Name,
    string Cron,
    string TimeZone,
    string Queue,
    string Body,
    string Group,
    long TtlMs,
    byte Priority,
    CatchUpKind CatchUp,
    bool IsDisabled,
    long LastAt,
    long NextAt,
    ulong Runs,
    ulong Failed,
    ulong Missed,
    ErrorCode LastError);

/// <summary>The requests about schedules that tests make over a raw connection.</summary>
internal static class SchedulePeer
{
    /// <summary>Sets a schedule without anything optional.</summary>
    public static Task<Frame> SetScheduleAsync(
        this RawPeer peer, string name, string cron, string queue = "jobs", string zone = "", string body = "body") =>
        peer.SetScheduleAsync(
            new ScheduledMessage
            {
                CatchUp = CatchUpKind.Once,
                Name = QueuePeer.Bytes(name),
                Cron = QueuePeer.Bytes(cron),
                TimeZone = QueuePeer.Bytes(zone),
                Queue = QueuePeer.Bytes(queue),
            },
            body);

    public static Task<Frame> SetScheduleAsync(
        this RawPeer peer, ScheduledMessage message, string body, params KeyValuePair<string, string>[] headers)
    {
        using var buffer = new FrameBuffer();
        buffer.Begin(
            Opcode.ScheduleSet, FrameKind.Request, 5, headers.Length > 0 ? FrameFlags.Headers : FrameFlags.None);
        if (headers.Length > 0)
        {
            HeaderBlock.Write(buffer, headers);
        }

        new ScheduleSetRequest { Message = message, Body = QueuePeer.Bytes(body) }.Write(buffer);
        buffer.End();
        return AskAsync(peer, buffer.Written.ToArray());
    }

    public static ScheduleSetReply Set(Frame frame)
    {
        Assert.True(frame.Header.Kind == FrameKind.Reply, frame.Header.Kind == FrameKind.Error ? frame.Message : "no reply");
        Assert.True(ScheduleSetReply.TryRead(frame.Body, out ScheduleSetReply reply));
        return reply;
    }

    public static async Task<Described> DescribeScheduleAsync(this RawPeer peer, string name)
    {
        Frame frame = await peer.AskAsync(Opcode.ScheduleDescribe, 6, buffer => buffer.WriteUtf8(name));
        Assert.Equal(FrameKind.Reply, frame.Header.Kind);
        ReadOnlySpan<byte> body = frame.Body;
        if ((frame.Header.Flags & FrameFlags.Headers) != 0)
        {
            Assert.True(HeaderBlock.TrySplit(frame.Body, out _, out body));
        }

        Assert.True(ScheduleDescribeReply.TryRead(body, out ScheduleDescribeReply reply));
        ScheduledMessage message = reply.Message;
        return new Described(
            Encoding.UTF8.GetString(message.Name),
            Encoding.UTF8.GetString(message.Cron),
            Encoding.UTF8.GetString(message.TimeZone),
            Encoding.UTF8.GetString(message.Queue),
            Encoding.UTF8.GetString(reply.Body),
            Encoding.UTF8.GetString(message.Group),
            message.TtlMs,
            message.Priority,
            message.CatchUp,
            message.IsDisabled,
            reply.LastAt,
            reply.NextAt,
            reply.Runs,
            reply.Failed,
            reply.Missed,
            reply.LastError);
    }

    /// <summary>One page of names, and the cursor of the next.</summary>
    public static async Task<(string Names, string Cursor)> ListSchedulesAsync(
        this RawPeer peer, string prefix, uint limit, string cursor = "")
    {
        Frame frame = await peer.AskAsync(Opcode.ScheduleList, 7, buffer => new ScanRequest
        {
            Limit = limit,
            Cursor = QueuePeer.Bytes(cursor),
            Prefix = QueuePeer.Bytes(prefix),
        }.Write(buffer));
        Assert.True(ScheduleListReply.TryRead(frame.Body, out ScheduleListReply reply));
        List<string> names = [];
        while (reply.TryTake(out ScheduleListItem item))
        {
            names.Add(Encoding.UTF8.GetString(item.Name) + (item.IsDisabled ? "(off)" : string.Empty));
        }

        return (string.Join(' ', names), Encoding.UTF8.GetString(reply.Cursor));
    }

    public static async Task<long> DeleteScheduleAsync(this RawPeer peer, string name)
    {
        Frame frame = await peer.AskAsync(Opcode.ScheduleDelete, 8, buffer => buffer.WriteUtf8(name));
        Assert.True(CountReply.TryRead(frame.Body, out CountReply reply));
        return reply.Count;
    }

    private static async Task<Frame> AskAsync(RawPeer peer, byte[] request)
    {
        await peer.SendAsync(request);
        return await peer.ReadAsync();
    }

    /// <summary>The headers of a message.</summary>
    public static Dictionary<string, string> HeadersOf(Delivery delivery)
    {
        Dictionary<string, string> headers = [];
        ReadOnlySpan<byte> block = delivery.Headers;
        while (HeaderBlock.TryReadNext(ref block, out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value))
        {
            headers.Add(Encoding.UTF8.GetString(name), Encoding.UTF8.GetString(value));
        }

        Assert.True(block.IsEmpty);
        return headers;
    }
}
