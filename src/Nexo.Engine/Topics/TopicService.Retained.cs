namespace Nexo.Engine.Topics;

/// <content>The last values of topics.</content>
public sealed partial class TopicService
{
    private readonly RetainedStore _retained;

    /// <summary>For tests.</summary>
    internal RetainedStore Retained => _retained;

    /// <summary>
    /// A page of the retained messages whose topics a filter matches, in the order of the topics' bytes. A page may end early, even
    /// empty, when many were passed over.
    /// </summary>
    /// <param name="filter">Without a share; empty: all.</param>
    /// <param name="cursor">Empty for the first page, then what the last one has set; null after the last one.</param>
    /// <param name="page">Takes them; it says when it has no room for one, which then comes with the next page.</param>
    public TopicStatus ListRetained<TPage>(ReadOnlySpan<byte> filter, ref byte[]? cursor, ref TPage page)
        where TPage : IRetainedPage, allows ref struct
    {
        TopicStatus status = TrySweep(filter.IsEmpty ? "#"u8 : filter, out FilterSweep? sweep);
        if (status != TopicStatus.Ok)
        {
            return status;
        }

        var at = default(RetainedCursor);
        at.Read(cursor);
        bool isEnd;
        lock (_retained.Gate)
        {
            isEnd = _retained.Page(sweep!, ref at, ulong.MaxValue, ref page);
        }

        cursor = isEnd ? null : at.ToArray();
        return TopicStatus.Ok;
    }

    /// <summary>
    /// Removes the next retained messages whose topics a filter matches, a bounded number of them. Nobody is told of it.
    /// </summary>
    /// <param name="filter">Without a share; <c>#</c>: all.</param>
    /// <param name="cursor">Empty at first, then what the last call has set; null when all are gone.</param>
    /// <param name="removed">Grows by how many there were.</param>
    /// <param name="waits">True when the answer must wait until the log is durable.</param>
    public TopicStatus ClearRetained(ReadOnlySpan<byte> filter, ref byte[]? cursor, ref long removed, out bool waits)
    {
        waits = WaitsForLog;
        TopicStatus status = TrySweep(filter, out FilterSweep? sweep);
        if (status != TopicStatus.Ok)
        {
            return status;
        }

        var at = default(RetainedCursor);
        at.Read(cursor);
        bool isEnd;
        lock (_retained.Gate)
        {
            isEnd = _retained.Clear(sweep!, ref at, ref removed, out status);
        }

        cursor = isEnd ? null : at.ToArray();
        return status;
    }

    /// <summary>The next page of a subscription; true: that was the last.</summary>
    internal bool DeliverRetained(
        TopicSubscriber to, RetainedPages pages, int bytesMax, int messagesMax, out int delivered)
    {
        pages.Prepare();
        bool isEnd;
        int dropped;
        lock (_retained.Gate)
        {
            isEnd = pages.Deliver(_retained, to, bytesMax, messagesMax, out delivered, out dropped);
        }

        to.Count(delivered, dropped);
        Counters.AddDelivered(delivered, dropped);
        return isEnd;
    }

    /// <summary>
    /// Keeps a message and looks up where it goes, under one hold: whoever subscribes gets it either as what was there or as what has
    /// come since, never both and never neither.
    /// </summary>
    private TopicStatus PublishRetained(in TopicMessage message, out TopicRoute? route, out TopicEntry? entry)
    {
        route = null;
        entry = null;
        lock (_retained.Gate)
        {
            TopicStatus status = _retained.Publish(message);
            return status == TopicStatus.Ok ? Route(message.Topic, out route, out entry) : status;
        }
    }

    /// <summary>Removes what is due, in bounded holds.</summary>
    private void ExpireRetained()
    {
        int steps = Limits.RetainedTuning.TickStepsMax;
        bool more = true;
        while (more && steps > 0)
        {
            lock (_retained.Gate)
            {
                more = _retained.Expire(_clock.NowMs, ref steps);
            }
        }
    }

    private TopicStatus TrySweep(ReadOnlySpan<byte> filter, out FilterSweep? sweep)
    {
        bool valid = TopicFilter.TryParse(filter, Limits, out TopicFilter parsed) && parsed.Group.IsEmpty;
        sweep = valid ? new FilterSweep(filter) : null;
        return valid ? TopicStatus.Ok : TopicStatus.FilterInvalid;
    }
}
