using Nexo.Storage;

namespace Nexo.Engine.Topics;

/// <summary>
/// Publish and subscribe. Every method may be called from any thread. What a message goes to is looked up when it is published; it
/// is delivered when the <see cref="TopicWork"/> that is given is run.
/// </summary>
public sealed partial class TopicService : IDisposable
{
    private readonly ITopicTargets _targets;
    private readonly EngineClock _clock;

    /// <summary>Without subscriptions. With a log, what is retained and bound is written to it.</summary>
    public TopicService(TopicLimits limits, EngineClock clock, ITopicTargets targets, ILogWriter? log = null)
    {
        ArgumentNullException.ThrowIfNull(limits);
        ArgumentNullException.ThrowIfNull(clock);
        ArgumentNullException.ThrowIfNull(targets);
        Limits = limits;
        _clock = clock;
        _targets = targets;
        _retained = new RetainedStore(limits, clock);
        Wills = new TopicWills(this, clock);
        Attach(log);
    }

    /// <summary>The bounds that it was given.</summary>
    public TopicLimits Limits { get; }

    /// <summary>Messages for when a connection is lost.</summary>
    public TopicWills Wills { get; }

    internal TopicCounters Counters { get; } = new();

    /// <summary>
    /// Publishes a message: checks it, keeps it if it is to be retained, gives it to bindings, and copies it into the work, which
    /// delivers it to subscriptions.
    /// </summary>
    public TopicStatus Publish(in TopicMessage message, TopicWork work, out TopicPublished published)
    {
        ArgumentNullException.ThrowIfNull(work);
        published = default;
        TopicStatus status = Check(in message);
        if (status != TopicStatus.Ok)
        {
            return status;
        }

        TopicRoute? route;
        if (message.Retain)
        {
            status = PublishRetained(in message, out route);
            if (route is null)
            {
                return status;
            }
        }
        else
        {
            route = Resolve(message.Topic);
        }

        Counters.AddPublished(1, message.Topic.Length + message.Headers.Length + message.Body.Length);
        if (route.IsDelivered)
        {
            work.Add(this, route, in message);
        }

        int receivers = route.Receivers.CountFor(message.Publisher) + route.Groups.Length;
        published = new TopicPublished(receivers, 0, 0, message.Retain && WaitsForLog);
        return route.Bindings.Length == 0 ? TopicStatus.Ok : PushBindings(route.Bindings, in message, work.Batch, ref published);
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
    public void Tick()
    {
        if (!_isRecovering)
        {
            ExpireRetained();
            Wills.Tick();
        }
    }

    public void Dispose() => _retained.Dispose();

    internal TopicStatus Check(in TopicMessage message)
    {
        if (!TopicRules.IsTopic(message.Topic, Limits) || (message.Retain && TopicRules.IsInbox(message.Topic)))
        {
            return TopicStatus.TopicInvalid;
        }

        if (message.Body.Length > Limits.BodyBytesMax || message.Headers.Length > Limits.HeaderBytesMax)
        {
            return TopicStatus.BodyTooLarge;
        }

        return message.TtlMs is { } ttl && (ttl < 1 || ttl > Limits.TtlMsMax) ? TopicStatus.TtlOutOfRange : TopicStatus.Ok;
    }
}
