using Nexo.Storage;

namespace Nexo.Engine.Topics;

/// <summary>
/// Publish and subscribe. Every method may be called from any thread. What a message goes to is looked up when it is published; it
/// is delivered when the <see cref="TopicWork"/> that is given is run.
/// </summary>
public sealed partial class TopicService : IDisposable
{
    // A quarter of a million topics in half a minute, at ten ticks a second.
    private const int SweptBuckets = 1_024;

    // What a sink logs of a message beside its bytes.
    private const int LoggedBytes = 64;

    private readonly ITopicTargets _targets;
    private readonly EngineClock _clock;
    private readonly List<TopicEntry> _swept = [];

    /// <summary>Without subscriptions. With a log, what is retained and bound is written to it.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A limit is outside of what the engine can do.</exception>
    public TopicService(TopicLimits limits, EngineClock clock, ITopicTargets targets, ILogWriter? log = null)
    {
        ArgumentNullException.ThrowIfNull(limits);
        ArgumentNullException.ThrowIfNull(clock);
        ArgumentNullException.ThrowIfNull(targets);
        Check(limits);
        Limits = limits;
        _clock = clock;
        _targets = targets;
        Index = new TopicIndex(limits);
        _retained = new RetainedStore(limits, clock);
        Wills = new TopicWills(this, clock);
        Attach(log);
    }

    /// <summary>The bounds that it was given.</summary>
    public TopicLimits Limits { get; }

    /// <summary>Messages for when a connection is lost.</summary>
    public TopicWills Wills { get; }

    internal TopicIndex Index { get; }

    internal TopicCounters Counters { get; } = new();

    /// <summary>
    /// Publishes a message: checks it, keeps it if it is to be retained, gives it to bindings, and copies it into the work, which
    /// delivers it to subscriptions.
    /// </summary>
    public TopicStatus Publish(in TopicMessage message, TopicWork work, out TopicPublished published)
    {
        ArgumentNullException.ThrowIfNull(work);
        published = default;
        TopicRoute? route = null;
        TopicEntry? entry = null;
        TopicStatus status;
        if (message.Retain)
        {
            status = Check(in message);
            status = status == TopicStatus.Ok ? PublishRetained(in message, out route, out entry) : status;
        }
        else
        {
            status = CheckContent(in message);
            status = status == TopicStatus.Ok ? Route(message.Topic, out route, out entry) : status;
        }

        if (status == TopicStatus.Ok)
        {
            return Send(in message, route!, entry!, work, out published);
        }

        Counters.CountRefused();
        return status;
    }

    /// <summary>
    /// Takes back a message that a member of a shared group has got and not sent before it left: the work gives it to another.
    /// If there is none, it is counted as dropped.
    /// </summary>
    public void GiveBack(TopicGroup share, in TopicMessage message, TopicWork work)
    {
        ArgumentNullException.ThrowIfNull(share);
        ArgumentNullException.ThrowIfNull(work);
        Counters.AddDelivered(-1, 0);
        work.Add(this, share.Route, in message);
    }

    /// <summary>Does what is due: called some times a second.</summary>
    /// <param name="isLogBehind">What is logged and can wait does.</param>
    public void Tick(bool isLogBehind = false)
    {
        if (_isRecovering)
        {
            return;
        }

        lock (_swept)
        {
            Index.Sweep(SweptBuckets, _swept);
        }

        if (!isLogBehind)
        {
            ExpireRetained();
        }

        Wills.Tick();
    }

    /// <summary>Frees its memory. Afterwards nobody is subscribed, whoever comes or goes.</summary>
    public void Dispose()
    {
        _retained.Dispose();
        Index.Dispose();
    }

    /// <summary>The consistency check, for tests. Nobody else may be at work.</summary>
    /// <returns>How many nodes of filters there are.</returns>
    internal int Check() => Index.Check();

    /// <summary>Where its messages go. The topic is checked if it is not known already.</summary>
    private TopicStatus Route(ReadOnlySpan<byte> topic, out TopicRoute? route, out TopicEntry? entry)
    {
        route = Index.Find(topic, out ulong hash, out entry);
        if (route != null)
        {
            return TopicStatus.Ok;
        }

        if (entry == null && !TopicRules.IsTopic(topic, Limits))
        {
            return TopicStatus.TopicInvalid;
        }

        route = Index.Resolve(topic, hash, ref entry);
        return TopicStatus.Ok;
    }

    private TopicStatus Send(
        in TopicMessage message, TopicRoute route, TopicEntry entry, TopicWork work, out TopicPublished published)
    {
        published = default;
        TopicStatus status = message.Qos == TopicQos.AtMostOnce ? TopicStatus.Ok : RoomFor(in message, route);
        if (status != TopicStatus.Ok)
        {
            Counters.CountRefused();
            return status;
        }

        work.Count(this, entry, message.Topic.Length + message.Headers.Length + message.Body.Length);
        if (route.IsDelivered)
        {
            work.Add(this, route, in message);
        }

        int receivers = route.Receivers.CountFor(message.Publisher) + route.Groups.Length;
        if (receivers + route.Bindings.Length == 0)
        {
            Counters.CountUnheard();
        }

        bool waits = (message.Retain && WaitsForLog)
            || route.Receivers.WaitsForLog
            || (route.Groups.Length > 0 && Array.Exists(route.Groups, static group => group.WaitsForLog));
        published = new TopicPublished(receivers, 0, 0, waits);
        return route.Bindings.Length == 0 ? TopicStatus.Ok : PushBindings(route.Bindings, in message, work.Batch, ref published);
    }

    /// <summary>Whether sinks that log what they take can: they are not asked again, and drop nothing for that.</summary>
    private static TopicStatus RoomFor(in TopicMessage message, TopicRoute route)
    {
        ILogWriter? log = route.Receivers.Log;
        for (int i = 0; log is null && i < route.Groups.Length; i++)
        {
            log = route.Groups[i].Log;
        }

        if (log is null)
        {
            return TopicStatus.Ok;
        }

        long receivers = route.Receivers.Items.Length + route.Groups.Length;
        long bytes = message.Topic.Length + message.Headers.Length + message.Body.Length + (receivers * LoggedBytes);
        return StatusOf(log.RoomFor((int)Math.Min(ILogWriter.PayloadBytesMax, bytes)));
    }

    /// <summary>Everything but whether there is room for it.</summary>
    internal TopicStatus Check(in TopicMessage message)
    {
        // What is retained is listed; an inbox is nobody's to know.
        if (!TopicRules.IsTopic(message.Topic, Limits) || (message.Retain && TopicRules.IsInbox(message.Topic)))
        {
            return TopicStatus.TopicInvalid;
        }

        return CheckContent(in message);
    }

    private TopicStatus CheckContent(in TopicMessage message)
    {
        if (message.Body.Length > Limits.BodyBytesMax || message.Headers.Length > Limits.HeaderBytesMax)
        {
            return TopicStatus.BodyTooLarge;
        }

        return message.TtlMs is { } ttl && (ttl < 1 || ttl > Limits.TtlMsMax) ? TopicStatus.TtlOutOfRange : TopicStatus.Ok;
    }

    private static void Check(TopicLimits limits)
    {
        InRange(limits.TopicBytesMax, ushort.MaxValue, nameof(limits.TopicBytesMax));
        InRange(limits.LevelsMax, ushort.MaxValue + 1, nameof(limits.LevelsMax));
        InRange(limits.CachedMax, 1 << 28, nameof(limits.CachedMax));
        InRange(limits.FanOutMax, int.MaxValue / 2, nameof(limits.FanOutMax));
        InRange(limits.FiltersMax, 1 << 30, nameof(limits.FiltersMax));
        InRange(limits.FiltersPerOwnerMax, 1 << 30, nameof(limits.FiltersPerOwnerMax));
    }

    private static void InRange(int value, int most, string name)
    {
        if (value < 1 || value > most)
        {
            throw new ArgumentOutOfRangeException(name, value, $"must be 1 to {most}");
        }
    }
}
