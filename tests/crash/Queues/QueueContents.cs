using System.Text;
using Nexo.Crash.Wire;
using Nexo.Protocol;

namespace Nexo.Crash.Queues;

/// <summary>A message as it lies in a queue, copied.</summary>
internal sealed record KeptCopy(string Queue, ulong Id, bool IsDead, byte[] Body)
{
    public uint Attempts { get; init; }

    public uint Failures { get; init; }

    public byte Priority { get; init; }

    public DeadCause Cause { get; init; }

    public string Group { get; init; } = "";

    public string Source { get; init; } = "";

    public override string ToString() =>
        $"{(IsDead ? $"dead ({Cause}, from {Source})" : "alive")} in {Queue} as {Id}, attempts {Attempts}, failures {Failures}";
}

/// <summary>All messages of all queues, read by looking at them.</summary>
internal sealed class QueueContents
{
    private const uint PageMessages = 500;

    private readonly List<KeptCopy> _messages = [];

    public QueueContents(params IEnumerable<KeptCopy> messages) => _messages.AddRange(messages);

    public IReadOnlyList<KeptCopy> Messages => _messages;

    /// <exception cref="WireEndedException">The server is gone, or refuses to show them.</exception>
    public static async Task<QueueContents> ReadAsync(
        int port, IReadOnlyList<QueuePlan> queues, CancellationToken cancel)
    {
        using WireConnection connection = await WireConnection.OpenAsync(port, cancel);
        var contents = new QueueContents();
        foreach (QueuePlan queue in queues)
        {
            await contents.ReadAsync(connection, queue, cancel);
        }

        return contents;
    }

    // A message whose delay ends meanwhile is seen twice, in this order of the parts, and never missed.
    private async Task ReadAsync(WireConnection connection, QueuePlan queue, CancellationToken cancel)
    {
        byte[] name = Encoding.UTF8.GetBytes(queue.Name);
        HashSet<ulong> alive = [];
        foreach (PeekWhich which in (PeekWhich[])[PeekWhich.Delayed, PeekWhich.Leased, PeekWhich.Ready])
        {
            await PagesAsync(
                connection,
                Opcode.QueuePeek,
                (body, cursor) => new QueuePeekRequest
                {
                    Which = which,
                    Limit = PageMessages,
                    Cursor = cursor,
                    Queue = name,
                }.Write(body),
                (in KeptMessage kept) =>
                {
                    if (alive.Add(kept.MessageId))
                    {
                        _messages.Add(Copy(queue.Name, isDead: false, kept));
                    }
                },
                cancel);
        }

        await PagesAsync(
            connection,
            Opcode.QueueDeadList,
            (body, cursor) => QueueDeadListRequest.WriteStart(body, 0, PageMessages, cursor, name),
            (in KeptMessage kept) => _messages.Add(Copy(queue.Name, isDead: true, kept)),
            cancel);
    }

    private static async Task PagesAsync(
        WireConnection connection,
        Opcode opcode,
        Action<FrameBuffer, byte[]> write,
        KeptTaker take,
        CancellationToken cancel)
    {
        byte[] cursor = [];
        do
        {
            byte[] from = cursor;
            Frame answer = await connection.AskAsync(opcode, Durability.ServerDefault, body => write(body, from), cancel);
            if (answer.Error == ErrorCode.QueueNotFound)
            {
                return;
            }

            if (answer.Kind != FrameKind.Reply || !KeptMessagePage.TryRead(answer.Body, out KeptMessagePage page))
            {
                throw new WireEndedException($"{opcode} was answered with {answer.Kind} {answer.ErrorText}");
            }

            while (page.TryTake(out KeptMessage kept))
            {
                take(kept);
            }

            cursor = page.Cursor.ToArray();
        }
        while (cursor.Length > 0);
    }

    private static KeptCopy Copy(string queue, bool isDead, in KeptMessage kept) =>
        new(queue, kept.MessageId, isDead, kept.Body.ToArray())
        {
            Attempts = kept.Attempts,
            Failures = kept.Failures,
            Priority = kept.Priority,
            Cause = kept.Cause,
            Group = Encoding.UTF8.GetString(kept.Group),
            Source = Encoding.UTF8.GetString(kept.Source),
        };

    private delegate void KeptTaker(in KeptMessage kept);
}
