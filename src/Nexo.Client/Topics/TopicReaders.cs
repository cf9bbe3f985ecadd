using System.Text;
using Nexo.Protocol;

namespace Nexo.Client;

/// <summary>The answer to PUBLISH.</summary>
internal readonly struct TopicPublishReader : IReplyReader<TopicPublishResult>
{
    public bool TryRead(ReadOnlySpan<byte> body, out TopicPublishResult result)
    {
        bool read = TopicPublishReply.TryRead(body, out TopicPublishReply reply);
        result = new TopicPublishResult(Number(reply.Receivers), Number(reply.Bindings));
        return read;
    }

    public static int Number(uint count) => (int)Math.Min(count, int.MaxValue);
}

/// <summary>The answer to PUBLISH BATCH.</summary>
internal readonly struct TopicPublishItemsReader(int count) : IReplyReader<IReadOnlyList<TopicPublishItem>>
{
    public bool TryRead(ReadOnlySpan<byte> body, out IReadOnlyList<TopicPublishItem> result)
    {
        result = [];
        if (!TopicPublishBatchReply.TryRead(body, out TopicPublishBatchReply reply) || reply.Count != count)
        {
            return false;
        }

        var items = new TopicPublishItem[count];
        for (int i = 0; reply.TryTake(out ErrorCode error, out TopicPublishReply published); i++)
        {
            items[i] = new TopicPublishItem(
                error, TopicPublishReader.Number(published.Receivers), TopicPublishReader.Number(published.Bindings));
        }

        result = items;
        return true;
    }
}

/// <summary>A page of topics.</summary>
internal readonly struct TopicsReader : IReplyReader<NexoPage<TopicSummary>>
{
    public bool TryRead(ReadOnlySpan<byte> body, out NexoPage<TopicSummary> result)
    {
        var items = new List<TopicSummary>();
        bool read = TopicListReply.TryRead(body, out TopicListReply reply);
        while (read && reply.TryTake(out TopicListItem item))
        {
            items.Add(new TopicSummary(
                Encoding.UTF8.GetString(item.Topic), (long)item.Subscriptions, (long)item.Messages, (long)item.Bytes));
        }

        result = new NexoPage<TopicSummary>(items, reply.Cursor.ToArray());
        return read;
    }
}

/// <summary>A page of subscriptions.</summary>
internal readonly struct TopicSubscribersReader : IReplyReader<NexoPage<TopicSubscriber>>
{
    public bool TryRead(ReadOnlySpan<byte> body, out NexoPage<TopicSubscriber> result)
    {
        var items = new List<TopicSubscriber>();
        bool read = TopicSubscribersReply.TryRead(body, out TopicSubscribersReply reply);
        while (read && reply.TryTake(out TopicSubscribersItem item))
        {
            items.Add(new TopicSubscriber(
                Encoding.UTF8.GetString(item.Client),
                item.Connection,
                item.Subscription,
                Encoding.UTF8.GetString(item.FirstFilter),
                TopicPublishReader.Number(item.Filters),
                item.WhenSlow,
                (long)item.Delivered,
                (long)item.Dropped,
                (long)item.PendingBytes));
        }

        result = new NexoPage<TopicSubscriber>(items, reply.Cursor.ToArray());
        return read;
    }
}

/// <summary>A page of retained messages.</summary>
internal readonly struct RetainedReader<T>(INexoSerializer serializer) : IReplyReader<NexoPage<RetainedMessage<T>>>
{
    public bool TryRead(ReadOnlySpan<byte> body, out NexoPage<RetainedMessage<T>> result)
    {
        var items = new List<RetainedMessage<T>>();
        bool read = RetainedListReply.TryRead(body, out RetainedListReply reply);
        while (read && reply.TryTake(out RetainedListItem item))
        {
            items.Add(new RetainedMessage<T>(item, serializer));
        }

        result = new NexoPage<RetainedMessage<T>>(items, reply.Cursor.ToArray());
        return read;
    }
}

/// <summary>The answer to BINDING SET.</summary>
internal readonly struct BindingSetReader : IReplyReader<bool>
{
    public bool TryRead(ReadOnlySpan<byte> body, out bool result)
    {
        bool read = BindingSetReply.TryRead(body, out BindingSetReply reply);
        result = reply.Created;
        return read;
    }
}

/// <summary>The answer to BINDING DESCRIBE.</summary>
internal readonly struct BindingReader : IReplyReader<TopicBinding>
{
    public bool TryRead(ReadOnlySpan<byte> body, out TopicBinding result)
    {
        bool read = BindingSetRequest.TryRead(body, out BindingSetRequest binding);
        result = read
            ? new TopicBinding(
                Encoding.UTF8.GetString(binding.Name),
                Encoding.UTF8.GetString(binding.Filter),
                binding.Kind,
                Encoding.UTF8.GetString(binding.Target))
            {
                KeyByTopic = binding.Options.KeyByTopic ?? false,
            }
            : null!;
        return read;
    }
}

/// <summary>A page of bindings.</summary>
internal readonly struct BindingsReader : IReplyReader<NexoPage<TopicBindingSummary>>
{
    public bool TryRead(ReadOnlySpan<byte> body, out NexoPage<TopicBindingSummary> result)
    {
        var items = new List<TopicBindingSummary>();
        bool read = BindingListReply.TryRead(body, out BindingListReply reply);
        while (read && reply.TryTake(out BindingListItem item))
        {
            items.Add(new TopicBindingSummary(
                Encoding.UTF8.GetString(item.Name),
                Encoding.UTF8.GetString(item.Filter),
                item.Kind,
                Encoding.UTF8.GetString(item.Target),
                (long)item.Taken,
                (long)item.Refused));
        }

        result = new NexoPage<TopicBindingSummary>(items, reply.Cursor.ToArray());
        return read;
    }
}

/// <summary>The figures of TOPIC STATS; one that this version does not know is passed over.</summary>
internal readonly struct TopicStatsReader : IReplyReader<TopicStats>
{
    public bool TryRead(ReadOnlySpan<byte> body, out TopicStats result)
    {
        bool read = TopicStatsReply.TryRead(body, out TopicStatsReply reply);
        Span<ulong> figures = stackalloc ulong[(int)TopicStat.DroppedPerSecondMilli + 1];
        figures.Clear();
        while (read && reply.TryTake(out TopicStat stat, out ulong value))
        {
            if ((int)stat < figures.Length)
            {
                figures[(int)stat] = value;
            }
        }

        result = From(figures);
        return read;
    }

    private static TopicStats From(ReadOnlySpan<ulong> figures) => new()
    {
        Subscriptions = (long)figures[(int)TopicStat.Subscriptions],
        Filters = (long)figures[(int)TopicStat.Filters],
        WildcardFilters = (long)figures[(int)TopicStat.WildcardFilters],
        SharedGroups = (long)figures[(int)TopicStat.SharedGroups],
        Topics = (long)figures[(int)TopicStat.Topics],
        PendingBytes = (long)figures[(int)TopicStat.PendingBytes],
        Retained = (long)figures[(int)TopicStat.Retained],
        RetainedBytes = (long)figures[(int)TopicStat.RetainedBytes],
        Bindings = (long)figures[(int)TopicStat.Bindings],
        Wills = (long)figures[(int)TopicStat.Wills],
        MemoryBytes = (long)figures[(int)TopicStat.MemoryBytes],
        Published = (long)figures[(int)TopicStat.PublishedTotal],
        PublishedBytes = (long)figures[(int)TopicStat.PublishedBytesTotal],
        Refused = (long)figures[(int)TopicStat.RefusedTotal],
        Delivered = (long)figures[(int)TopicStat.DeliveredTotal],
        Dropped = (long)figures[(int)TopicStat.DroppedTotal],
        Unheard = (long)figures[(int)TopicStat.UnheardTotal],
        EndedSlow = (long)figures[(int)TopicStat.EndedSlowTotal],
        Bound = (long)figures[(int)TopicStat.BoundTotal],
        BindingRefused = (long)figures[(int)TopicStat.BindingRefusedTotal],
        WillsPublished = (long)figures[(int)TopicStat.WillsPublishedTotal],
        PublishedPerSecond = figures[(int)TopicStat.PublishedPerSecondMilli] / 1_000.0,
        DeliveredPerSecond = figures[(int)TopicStat.DeliveredPerSecondMilli] / 1_000.0,
        DroppedPerSecond = figures[(int)TopicStat.DroppedPerSecondMilli] / 1_000.0,
    };
}
