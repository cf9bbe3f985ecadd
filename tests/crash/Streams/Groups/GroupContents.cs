using System.Globalization;
using System.Text;
using Nexo.Crash.Wire;
using Nexo.Protocol;

namespace Nexo.Crash.Streams.Groups;

/// <summary>How all groups stand, and their dead letters, by stream and offset.</summary>
internal sealed class GroupContents
{
    private const uint PageRecords = 5_000;

    public Dictionary<GroupPlan, GroupStanding> Groups { get; } = [];

    public Dictionary<string, Dictionary<ulong, int>> Letters { get; } = [];

    /// <exception cref="WireEndedException">The server is gone, or refuses to show it.</exception>
    public static async Task<GroupContents> ReadAsync(
        WireConnection connection, IReadOnlyList<GroupPlan> plans, CancellationToken cancel)
    {
        var contents = new GroupContents();
        await contents.ReadLettersAsync(connection, cancel);
        foreach (GroupPlan plan in plans)
        {
            if (await StandingAsync(connection, plan, cancel) is { } standing)
            {
                contents.Groups.Add(plan, standing);
            }
        }

        return contents;
    }

    /// <summary>Null: it is not there.</summary>
    public static async Task<GroupStanding?> StandingAsync(WireConnection connection, GroupPlan plan, CancellationToken cancel)
    {
        Frame answer = await connection.AskAsync(
            Opcode.GroupDescribe,
            Durability.ServerDefault,
            body => new GroupNameRequest { Stream = plan.StreamBytes, Group = plan.NameBytes }.Write(body),
            cancel);
        if (answer.Error is ErrorCode.GroupNotFound or ErrorCode.StreamNotFound)
        {
            return null;
        }

        if (answer.Kind != FrameKind.Reply || !GroupDescribeReply.TryRead(answer.Body, out GroupDescribeReply reply))
        {
            throw new WireEndedException($"{plan} cannot be described: {answer.ErrorText}");
        }

        (ulong epoch, ulong position, ulong lag) = (reply.Epoch, reply.Position, reply.Lag);
        return new GroupStanding(epoch, position, lag, await RangeAsync(connection, plan, cancel));
    }

    public IReadOnlyDictionary<ulong, int> LettersOf(GroupPlan plan) =>
        plan.Mode == GroupMode.SharedByKey && Letters.TryGetValue(plan.Stream.Name, out Dictionary<ulong, int>? letters) ? letters : [];

    private static async Task<OffsetRange> RangeAsync(WireConnection connection, GroupPlan plan, CancellationToken cancel)
    {
        Frame answer = await connection.AskAsync(
            Opcode.StreamRead,
            Durability.ServerDefault,
            body => new StreamReadRequest { From = new StreamPosition(PositionKind.End), RecordsMax = 1, Stream = plan.StreamBytes }.Write(body),
            cancel);
        return answer.Kind == FrameKind.Reply && StreamReadReply.TryRead(answer.Body, out StreamReadReply page)
            ? page.Range
            : throw new WireEndedException($"the stream of {plan} cannot be read: {answer.ErrorText}");
    }

    private async Task ReadLettersAsync(WireConnection connection, CancellationToken cancel)
    {
        var from = new StreamPosition(PositionKind.Beginning);
        while (true)
        {
            StreamPosition at = from;
            Frame answer = await connection.AskAsync(
                Opcode.StreamRead,
                Durability.ServerDefault,
                body => new StreamReadRequest
                {
                    From = at,
                    RecordsMax = PageRecords,
                    Stream = Encoding.UTF8.GetBytes(GroupPlan.Letters),
                }.Write(body),
                cancel);
            if (answer.Error == ErrorCode.StreamNotFound)
            {
                return;
            }

            if (answer.Kind != FrameKind.Reply || !StreamReadReply.TryRead(answer.Body, out StreamReadReply page))
            {
                throw new WireEndedException($"dead letters cannot be read: {answer.ErrorText}");
            }

            while (page.Records.TryTake(out StreamedRecord record))
            {
                Add(record);
            }

            if (page.ContinueAt >= page.Range.Next)
            {
                return;
            }

            from = new StreamPosition(PositionKind.Offset, page.ContinueAt);
        }
    }

    private void Add(in StreamedRecord letter)
    {
        string stream = string.Empty;
        ulong offset = 0;
        ReadOnlySpan<byte> headers = letter.Headers;
        while (HeaderBlock.TryReadNext(ref headers, out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value))
        {
            if (name.SequenceEqual("nexo-stream"u8))
            {
                stream = Encoding.UTF8.GetString(value);
            }
            else if (name.SequenceEqual("nexo-offset"u8))
            {
                offset = ulong.Parse(value, CultureInfo.InvariantCulture);
            }
        }

        if (!Letters.TryGetValue(stream, out Dictionary<ulong, int>? letters))
        {
            Letters.Add(stream, letters = []);
        }

        letters[offset] = letters.GetValueOrDefault(offset) + 1;
    }
}
