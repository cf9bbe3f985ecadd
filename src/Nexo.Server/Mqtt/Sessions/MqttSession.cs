using System.Buffers.Binary;
using Nexo.Engine.Sessions;
using Nexo.Engine.Topics;
using Nexo.Server.Security;

namespace Nexo.Server.Mqtt.Sessions;

/// <summary>
/// A session that lasts, with its subscriptions to the topics: they are there as long as it is, whether its client is connected or not.
/// </summary>
internal sealed class MqttSession(SessionService sessions, TopicService topics, Session session)
{
    private const int RetainedAheadMax = 1_024;

    private static ReadOnlySpan<byte> Share => "$share/"u8;

    private readonly Lock _gate = new();
    private readonly List<SessionSink> _sinks = new(1);
    private IMqttReceiver? _receiver;
    private bool _isEnded;

    public Session Session { get; } = session;

    public SessionService Sessions { get; } = sessions;

    /// <summary>Who its client is to the topics: it publishes as this, so that what is its own does not come to it.</summary>
    public TopicOwner Owner { get; } = new();

    /// <summary>The client's connection; null: it is away.</summary>
    public IMqttReceiver? Receiver
    {
        get => Volatile.Read(ref _receiver);
        set => Volatile.Write(ref _receiver, value);
    }

    /// <summary>
    /// So many retained messages may come now; 0 or less: none. They are only so far ahead of their client, so that they do not fill
    /// the session.
    /// </summary>
    public int RoomForRetained => Session.Bytes >= Sessions.Limits.BytesPerSessionMax / 2
        ? 0
        : Math.Clamp(Sessions.Limits.MessagesPerSessionMax / 2, 1, RetainedAheadMax) - Session.Messages;

    /// <summary>Sets a subscription of the session, and of the topics.</summary>
    /// <param name="link">The connection's hold.</param>
    /// <param name="wanted">Its filter, options as MQTT has them, and identifier.</param>
    /// <param name="withRetained">What is retained for it is to come: by <paramref name="subscriber"/>.</param>
    /// <param name="refused">Why the topics have refused it; then nothing has changed.</param>
    /// <param name="subscriber">The one of the topics that it is part of.</param>
    /// <param name="waits">True when a confirm must wait for the log.</param>
    public SessionStatus Subscribe(
        SessionLink link,
        SessionSubscription wanted,
        bool withRetained,
        out TopicStatus refused,
        out TopicSubscriber? subscriber,
        out bool waits)
    {
        lock (_gate)
        {
            waits = false;
            subscriber = null;
            refused = TopicStatus.Ok;
            if (_isEnded)
            {
                return SessionStatus.Fenced;
            }

            SessionSink? old = Session.TryFind(wanted.Filter, out SessionSubscription before)
                ? SinkOf(before.Options, before.Identifier)
                : null;
            bool isSame = old is not null && old.HasTerms(wanted.Options, wanted.Identifier);
            SessionSink? sink = old;
            if (!isSame)
            {
                refused = Add(wanted, withRetained, out sink);
                if (refused != TopicStatus.Ok)
                {
                    return SessionStatus.Ok;
                }
            }
            else if (withRetained)
            {
                old!.Subscriber!.AskRetained(ListOf(wanted.Filter));
            }

            SessionStatus status = link.Subscribe(wanted.Filter, wanted.Options, wanted.Identifier, out _, out waits);
            if (!isSame)
            {
                // The new one first, then the old one goes: a message may come twice then, but none is missed.
                SessionSink? leaving = status == SessionStatus.Ok ? old : sink;
                if (leaving is not null)
                {
                    Remove(wanted.Filter, leaving);
                }
            }

            subscriber = status == SessionStatus.Ok ? sink!.Subscriber : null;
            return status;
        }
    }

    /// <summary>Whether the session has a subscription with this filter.</summary>
    public bool Has(ReadOnlySpan<byte> filter) => Session.TryFind(filter, out _);

    /// <summary>Takes a subscription away.</summary>
    /// <param name="waits">True when a confirm must wait for the log.</param>
    public SessionStatus Unsubscribe(SessionLink link, ReadOnlySpan<byte> filter, out bool waits)
    {
        lock (_gate)
        {
            Session.TryFind(filter, out SessionSubscription before);
            SessionStatus status = link.Unsubscribe(filter, out waits);
            if (status == SessionStatus.Ok && !_isEnded && SinkOf(before.Options, before.Identifier) is { } sink)
            {
                Remove(filter, sink);
            }

            return status;
        }
    }

    /// <summary>Takes away filters that its user may not have any more, whether the client is there or not; says how many.</summary>
    public int Withdraw(Access access)
    {
        int gone = 0;
        lock (_gate)
        {
            foreach (SessionSubscription there in Session.Subscriptions)
            {
                if (access.Covers(AccessOperation.Read, there.Filter))
                {
                    continue;
                }

                Sessions.Withdraw(Session, there.Filter);
                if (!_isEnded && SinkOf(there.Options, there.Identifier) is { } sink)
                {
                    Remove(there.Filter, sink);
                }

                gone++;
            }
        }

        return gone;
    }

    /// <summary>Names the subscriptions to the topics of which something retained is still to come.</summary>
    public void ForRetained(Action<TopicSubscriber> take)
    {
        TopicSubscriber[] waiting;
        lock (_gate)
        {
            waiting = [.. _sinks.Select(sink => sink.Subscriber!).Where(subscriber => subscriber.HasRetained)];
        }

        Array.ForEach(waiting, take);
    }

    /// <summary>Subscribes to the topics what the session has from an earlier run.</summary>
    /// <returns>How many were refused.</returns>
    public int Restore()
    {
        int refused = 0;
        lock (_gate)
        {
            foreach (SessionSubscription subscription in Session.Subscriptions)
            {
                refused += Add(subscription, withRetained: false, out _) == TopicStatus.Ok ? 0 : 1;
            }
        }

        return refused;
    }

    /// <summary>The session is over.</summary>
    public void End()
    {
        lock (_gate)
        {
            _isEnded = true;
            foreach (SessionSink sink in _sinks)
            {
                sink.Subscriber!.Dispose();
            }

            _sinks.Clear();
        }
    }

    private SessionSink? SinkOf(byte options, uint identifier) => _sinks.Find(sink => sink.HasTerms(options, identifier));

    private TopicStatus Add(SessionSubscription wanted, bool withRetained, out SessionSink? sink)
    {
        sink = SinkOf(wanted.Options, wanted.Identifier);
        if (sink is not null)
        {
            TopicStatus status = sink.Subscriber!.Change(ListOf(wanted.Filter), default);
            if (status == TopicStatus.Ok)
            {
                sink.Filters++;
                if (withRetained)
                {
                    sink.Subscriber.AskRetained(ListOf(wanted.Filter));
                }
            }

            return status;
        }

        sink = new SessionSink(this, wanted) { Filters = 1 };
        bool isShared = wanted.Filter.AsSpan().StartsWith(Share);
        var options = new TopicSubscribeOptions(
            Owner, Retained: false, SessionSink.IsNoLocal(wanted.Options) && !isShared, TopicWhenSlow.DropOldest)
        {
            Log = SessionSink.IsQueued(wanted.Options) ? Sessions.LogOfMessages : null,
            WaitsForLog = SessionSink.IsQueued(wanted.Options) && Sessions.Waits,
        };
        TopicStatus opened = topics.Subscribe(sink, options, ListOf(wanted.Filter), out TopicSubscriber? subscriber);
        if (opened != TopicStatus.Ok)
        {
            return opened;
        }

        sink.Subscriber = subscriber;
        _sinks.Add(sink);
        if (withRetained)
        {
            subscriber!.AskRetained(ListOf(wanted.Filter));
        }

        return TopicStatus.Ok;
    }

    private void Remove(ReadOnlySpan<byte> filter, SessionSink sink)
    {
        if (--sink.Filters > 0)
        {
            sink.Subscriber!.Change(default, ListOf(filter));
        }
        else
        {
            _sinks.Remove(sink);
            sink.Subscriber!.Dispose();
        }
    }

    // A list of one, as the topics read it.
    private static TopicFilterList ListOf(ReadOnlySpan<byte> filter)
    {
        byte[] list = new byte[sizeof(uint) + filter.Length];
        BinaryPrimitives.WriteInt32LittleEndian(list, filter.Length);
        filter.CopyTo(list.AsSpan(sizeof(uint)));
        return new TopicFilterList(list, 1);
    }
}
