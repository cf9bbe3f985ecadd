using System.Text;
using Nexo.Protocol;

namespace Nexo.Client;

/// <summary>The answer to DECLARE.</summary>
internal readonly struct DeclareReader(string name) : IReplyReader<QueueDeclaration>
{
    public bool TryRead(ReadOnlySpan<byte> body, out QueueDeclaration result)
    {
        bool read = QueueDeclareReply.TryRead(body, out QueueDeclareReply reply);
        result = read ? new(reply.Created, DefinitionReader.From(name, reply.Definition)) : default;
        return read;
    }
}

/// <summary>The answer to DESCRIBE and UPDATE.</summary>
internal readonly struct DefinitionReader(string name) : IReplyReader<QueueDefinition>
{
    public static QueueDefinition From(string name, QueueDefinitionReply reply) =>
        new(name, reply.Revision, OptionFields.Read(reply.Options));

    public bool TryRead(ReadOnlySpan<byte> body, out QueueDefinition result)
    {
        bool read = QueueDefinitionReply.TryRead(body, out QueueDefinitionReply reply);
        result = read ? From(name, reply) : null!;
        return read;
    }
}

/// <summary>The answer to PUSH.</summary>
internal readonly struct PushReader : IReplyReader<QueuePushResult>
{
    public bool TryRead(ReadOnlySpan<byte> body, out QueuePushResult result)
    {
        bool read = QueuePushReply.TryRead(body, out QueuePushReply reply);
        result = new QueuePushResult(reply.Outcome, reply.MessageId);
        return read;
    }
}

/// <summary>The answer to PUSH BATCH.</summary>
internal readonly struct PushItemsReader(int count) : IReplyReader<IReadOnlyList<QueuePushItem>>
{
    public bool TryRead(ReadOnlySpan<byte> body, out IReadOnlyList<QueuePushItem> result)
    {
        result = [];
        if (!QueuePushBatchReply.TryRead(body, out QueuePushBatchReply reply) || reply.Count != count)
        {
            return false;
        }

        var items = new QueuePushItem[count];
        for (int i = 0; reply.TryTake(out ErrorCode error, out QueuePushReply pushed); i++)
        {
            items[i] = new QueuePushItem(error, pushed.Outcome, pushed.MessageId);
        }

        result = items;
        return true;
    }
}

/// <summary>A page of the list of queues.</summary>
internal readonly struct QueuesReader : IReplyReader<NexoPage<QueueSummary>>
{
    public bool TryRead(ReadOnlySpan<byte> body, out NexoPage<QueueSummary> result)
    {
        var items = new List<QueueSummary>();
        bool read = QueueListReply.TryRead(body, out QueueListReply reply);
        while (read && reply.TryTake(out QueueListItem item))
        {
            items.Add(new QueueSummary(
                Encoding.UTF8.GetString(item.Name),
                item.Paused,
                (long)item.Ready,
                (long)item.Leased,
                (long)item.Delayed,
                (long)item.Dead));
        }

        result = new NexoPage<QueueSummary>(items, reply.Cursor.ToArray());
        return read;
    }
}

/// <summary>A page of messages.</summary>
internal readonly struct QueuedReader<T>(INexoSerializer serializer) : IReplyReader<NexoPage<QueuedMessage<T>>>
{
    public bool TryRead(ReadOnlySpan<byte> body, out NexoPage<QueuedMessage<T>> result)
    {
        var items = new List<QueuedMessage<T>>();
        bool read = KeptMessagePage.TryRead(body, out KeptMessagePage page);
        while (read && page.TryTake(out KeptMessage kept))
        {
            items.Add(new QueuedMessage<T>(kept, serializer));
        }

        result = new NexoPage<QueuedMessage<T>>(items, page.Cursor.ToArray());
        return read;
    }
}

/// <summary>A page of dead letters.</summary>
internal readonly struct DeadLettersReader<T>(INexoSerializer serializer) : IReplyReader<NexoPage<QueueDeadLetter<T>>>
{
    public bool TryRead(ReadOnlySpan<byte> body, out NexoPage<QueueDeadLetter<T>> result)
    {
        var items = new List<QueueDeadLetter<T>>();
        bool read = KeptMessagePage.TryRead(body, out KeptMessagePage page);
        while (read && page.TryTake(out KeptMessage kept))
        {
            items.Add(new QueueDeadLetter<T>(kept, serializer));
        }

        result = new NexoPage<QueueDeadLetter<T>>(items, page.Cursor.ToArray());
        return read;
    }
}

/// <summary>A queue's figures.</summary>
internal readonly struct StatsReader : IReplyReader<QueueStats>
{
    public bool TryRead(ReadOnlySpan<byte> body, out QueueStats result)
    {
        bool read = QueueStatsReply.TryRead(body, out QueueStatsReply reply);
        Span<ulong> figures = stackalloc ulong[(int)QueueStat.MessageBytes + 1];
        figures.Clear();
        while (read && reply.TryTake(out QueueStat stat, out ulong value))
        {
            if ((int)stat < figures.Length)
            {
                figures[(int)stat] = value;
            }
        }

        result = From(figures);
        return read;
    }

    private static QueueStats From(ReadOnlySpan<ulong> figures) => new()
    {
        Ready = (long)figures[(int)QueueStat.Ready],
        Leased = (long)figures[(int)QueueStat.Leased],
        Delayed = (long)figures[(int)QueueStat.Delayed],
        Dead = (long)figures[(int)QueueStat.Dead],
        OldestAge = WireTimes.Duration(figures[(int)QueueStat.OldestAgeMs]),
        Consumers = (long)figures[(int)QueueStat.Consumers],
        Groups = (long)figures[(int)QueueStat.Groups],
        Paused = (QueueFlow)figures[(int)QueueStat.Paused],
        MessageBytes = (long)figures[(int)QueueStat.MessageBytes],
        MemoryBytes = (long)figures[(int)QueueStat.MemoryBytes],
        DiskBytes = (long)figures[(int)QueueStat.DiskBytes],
        Pushed = (long)figures[(int)QueueStat.PushedTotal],
        Duplicates = (long)figures[(int)QueueStat.DuplicatesTotal],
        Rejected = (long)figures[(int)QueueStat.RejectedTotal],
        Delivered = (long)figures[(int)QueueStat.DeliveredTotal],
        Redelivered = (long)figures[(int)QueueStat.RedeliveredTotal],
        Acked = (long)figures[(int)QueueStat.AckedTotal],
        Nacked = (long)figures[(int)QueueStat.NackedTotal],
        LeasesExpired = (long)figures[(int)QueueStat.LeasesExpiredTotal],
        DeadLettered = (long)figures[(int)QueueStat.DeadLetteredTotal],
        Expired = (long)figures[(int)QueueStat.MessagesExpiredTotal],
        PushedPerSecond = figures[(int)QueueStat.PushedPerSecondMilli] / 1_000.0,
        DeliveredPerSecond = figures[(int)QueueStat.DeliveredPerSecondMilli] / 1_000.0,
        AckedPerSecond = figures[(int)QueueStat.AckedPerSecondMilli] / 1_000.0,
    };
}
