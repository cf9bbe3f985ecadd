using Nexo.Engine.Queues;
using Nexo.Engine.Sessions;
using Nexo.Engine.Store;
using Nexo.Engine.Streams;
using Nexo.Engine.Topics;
using Nexo.Protocol;

namespace Nexo.Server.Brokers;

/// <summary>The bounds of the engine's parts, from the settings.</summary>
internal static class BrokerLimits
{
    private const int MsPerSecond = 1_000;
    private const int StreamRecordBytesLimit = 32 * 1_024 * 1_024;

    /// <summary>The longest body is what fits a frame together with the longest headers, keys and reason.</summary>
    public static QueueLimits Queues(NexoServerOptions options)
    {
        var limits = new QueueLimits();
        const int FixedPartsMax = 2 * 1_024;
        const int BesideBody = 128 * 1_024;
        int besideBodyMin = limits.HeaderBytesMax + limits.ReasonBytesMax + FixedPartsMax;
        int frame = options.Connections.FrameBytesMax;
        return limits with
        {
            // Small frames leave as little beside it as there must be.
            BodyBytesMax = frame - Math.Min(BesideBody, Math.Max(besideBodyMin, frame / 2)),
            QueuesMax = options.Queues.QueuesMax,
            AutoCreate = options.Queues.AutoCreate,
            DurabilityDefault = options.EffectiveQueuesDurability switch
            {
                QueuesDurability.Memory => QueueDurability.Memory,
                QueuesDurability.Interval => QueueDurability.Interval,
                _ => QueueDurability.Fsync,
            },
            MemoryBytesMax = options.Queues.MemoryBytesMax,
        };
    }

    /// <summary>The longest body is what fits a frame together with the longest topic and headers.</summary>
    public static TopicLimits Topics(NexoServerOptions options)
    {
        var limits = new TopicLimits();
        const int FixedPartsMax = 1_024;
        const int BesideBody = 256 * 1_024;
        TopicsOptions topics = options.Topics;

        // In a page of retained messages the topic is its cursor too.
        int besideBodyMin = limits.HeaderBytesMax + (2 * topics.TopicBytesMax) + FixedPartsMax;
        int frame = options.Connections.FrameBytesMax;
        return limits with
        {
            TopicBytesMax = topics.TopicBytesMax,
            LevelsMax = topics.LevelsMax,
            BodyBytesMax = frame - Math.Min(BesideBody, Math.Max(besideBodyMin, frame / 2)),
            FiltersMax = topics.FiltersMax,
            FilterBytesMax = topics.FilterBytesMax,
            FiltersPerOwnerMax = topics.FiltersPerConnectionMax,
            CachedMax = topics.CachedMax,
            RetainedMax = topics.RetainedMax,
            RetainedBytesMax = topics.RetainedBytesMax,
            BindingsMax = topics.BindingsMax,
            Durability = options.EffectiveTopicsDurability switch
            {
                TopicsDurability.Memory => TopicDurability.Memory,
                TopicsDurability.Interval => TopicDurability.Interval,
                _ => TopicDurability.Fsync,
            },
        };
    }

    /// <summary>The longest record is what fits a frame together with the longest key's and headers' lengths, and an error's.</summary>
    public static StreamLimits Streams(NexoServerOptions options)
    {
        var limits = new StreamLimits();
        const int BesideRecord = 128 * 1_024;
        int frame = options.Connections.FrameBytesMax;
        return limits with
        {
            // Small frames leave half of themselves beside it.
            RecordBytesMax = Math.Min(frame - Math.Min(BesideRecord, frame / 2), StreamRecordBytesLimit),
            ReadBytesMax = frame,
            StreamsMax = options.Streams.StreamsMax,
            MemoryBytesMax = options.Streams.MemoryBytesMax,
            ProducersMax = options.Streams.ProducersMax,
            KeysMax = options.Streams.KeysMax,
            CompactionDirtyPercent = options.Streams.CompactionDirtyPercent,
            CompactionBytesPerSecondMax = options.Streams.CompactionRate,
            Groups = limits.Groups with
            {
                GroupsPerStreamMax = options.Streams.GroupsPerStreamMax,
                WindowRecordsMax = options.Streams.GroupWindow,
            },
            DurabilityDefault = options.EffectiveStreamsDurability switch
            {
                StreamsDurability.Memory => StreamDurability.Memory,
                StreamsDurability.Interval => StreamDurability.Interval,
                _ => StreamDurability.Fsync,
            },
        };
    }

    /// <summary>The longest value is what fits a frame together with the longest key and the fixed parts of a SET.</summary>
    public static StoreLimits Store(NexoServerOptions options)
    {
        var limits = new StoreLimits();
        const int FixedPartsMax = 1_024;
        return limits with
        {
            ValueBytesMax = options.Connections.FrameBytesMax - limits.KeyBytesMax - FixedPartsMax - FrameHeader.Size,
            MemoryBytesMax = options.Store.MaxMemory,
            Eviction = options.Store.Eviction,
            Shards = options.Store.Shards,
        };
    }

    /// <summary>How much sessions of MQTT may keep.</summary>
    public static SessionLimits Sessions(NexoServerOptions options)
    {
        MqttOptions mqtt = options.Mqtt;
        return new SessionLimits
        {
            SessionsMax = mqtt.SessionsMax,
            ClientIdBytesMax = ushort.MaxValue,
            SubscriptionsPerSessionMax = options.Topics.FiltersPerConnectionMax,
            MessagesPerSessionMax = mqtt.SessionMessagesMax,
            BytesPerSessionMax = mqtt.SessionBytesMax,
            BytesMax = mqtt.SessionsBytesMax,
            WhenFull = mqtt.SessionWhenFull == MqttWhenFull.DropNewest ? SessionWhenFull.DropNewest : SessionWhenFull.DropOldest,
            ExpirySecondsMax = mqtt.SessionExpiryMaxMs == 0
                ? SessionLimits.Never
                : (uint)Math.Max(1, mqtt.SessionExpiryMaxMs / MsPerSecond),
            Durability = options.EffectiveMqttDurability switch
            {
                MqttDurability.Memory => SessionDurability.Memory,
                MqttDurability.Interval => SessionDurability.Interval,
                _ => SessionDurability.Fsync,
            },
        };
    }
}
