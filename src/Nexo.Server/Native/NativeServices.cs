using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Nexo.Engine;
using Nexo.Engine.Queues;
using Nexo.Engine.Schedules;
using Nexo.Engine.Store;
using Nexo.Engine.Streams;
using Nexo.Engine.Topics;
using Nexo.Protocol;
using Nexo.Server.Connections;
using Nexo.Server.Data;
using Nexo.Server.Hosting;
using Nexo.Server.Mqtt;
using Nexo.Server.Mqtt.Sessions;
using Nexo.Server.Resp;
using Nexo.Server.Topics;

namespace Nexo.Server.Native;

/// <summary>What the native port needs from the container.</summary>
internal static class NativeServices
{
    /// <summary>Registers the store, the native server and their life. The listener and the authenticator are the host's.</summary>
    public static IServiceCollection AddNativePort(this IServiceCollection services, NexoServerOptions options)
    {
        AddEngine(services, options);
        services.AddSingleton<Persistence>();
        services.AddSingleton<SnapshotService>();
        services.AddSingleton<BackupService>();
        services.AddHostedService<PersistenceLifetime>();
        services.AddSingleton<ClientConnections>();
        services.AddSingleton<MqttCounters>();
        services.AddSingleton<MqttServer>();
        services.AddSingleton<MqttWebSocket>();
        services.AddSingleton<NativeServer>();
        services.AddSingleton<RespServer>();
        services.AddSingleton<StoreTicker>();
        services.AddSingleton<QueueTicker>();
        services.AddSingleton<TopicTicker>();
        services.AddSingleton<StreamTicker>();
        services.AddSingleton<SessionTicker>();
        services.AddSingleton<ScheduleTicker>();
        services.AddHostedService<NativeLifetime>();
        return services;
    }

    private const int StreamRecordBytesLimit = 32 * 1_024 * 1_024;

    private static void AddEngine(IServiceCollection services, NexoServerOptions options)
    {
        // One clock: deadlines of all parts go on together after a restart.
        services.AddSingleton<EngineClock>();
        services.AddSingleton(StoreLimitsOf(options));
        services.AddSingleton(provider => new StoreService(
            provider.GetRequiredService<StoreLimits>(), provider.GetRequiredService<EngineClock>()));
        services.AddSingleton(QueueLimitsOf(options));
        services.AddSingleton(provider => new QueueService(
            provider.GetRequiredService<QueueLimits>(), provider.GetRequiredService<EngineClock>()));
        services.AddSingleton(StreamLimitsOf(options));
        services.AddSingleton(provider => new StreamService(
            provider.GetRequiredService<StreamLimits>(), provider.GetRequiredService<EngineClock>()));
        services.AddSingleton(TopicLimitsOf(options));
        services.AddSingleton(new TopicBuffers(options.Topics.BufferedBytesMax));
        services.AddSingleton<ITopicTargets, TopicTargets>();
        services.AddSingleton(provider => new TopicService(
            provider.GetRequiredService<TopicLimits>(),
            provider.GetRequiredService<EngineClock>(),
            provider.GetRequiredService<ITopicTargets>()));
        services.AddSingleton(provider => new ScheduleService(
            new ScheduleLimits(), provider.GetRequiredService<EngineClock>()));

        services.AddSessions(options);

        // What survives a restart, in the order in which it is read back: the store brings the clock.
        services.AddSingleton<IDurablePart, DurableStore>();
        services.AddSingleton<IDurablePart, DurableQueues>();
        services.AddSingleton<IDurablePart, DurableTopics>();
        services.AddSingleton<IDurablePart, DurableStreams>();
        services.AddSingleton<IDurablePart, DurableSchedules>();
        services.AddSingleton<IDurablePart, DurableSessions>();
        services.AddSingleton<DurableParts>();
    }

    /// <summary>The longest body is what fits a frame together with the longest headers, keys and reason.</summary>
    private static QueueLimits QueueLimitsOf(NexoServerOptions options)
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
    private static TopicLimits TopicLimitsOf(NexoServerOptions options)
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
    private static StreamLimits StreamLimitsOf(NexoServerOptions options)
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
    private static StoreLimits StoreLimitsOf(NexoServerOptions options)
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
}

/// <summary>
/// Starts the engine's ticks, and ends the connections before the listeners stop: a client hears GOAWAY while its
/// connection still works.
/// </summary>
internal sealed class NativeLifetime(
    NexoServerOptions options,
    ClientConnections connections,
    StoreTicker storeTicker,
    QueueTicker queueTicker,
    TopicTicker topicTicker,
    StreamTicker streamTicker,
    SessionTicker sessionTicker,
    ScheduleTicker scheduleTicker) : IHostedLifecycleService
{
    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(options.Connections.StopGraceMs);
        await connections.StopAsync(deadline.Token);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken)
    {
        storeTicker.Dispose();
        queueTicker.Dispose();
        topicTicker.Dispose();
        streamTicker.Dispose();
        sessionTicker.Dispose();
        scheduleTicker.Dispose();
        connections.Dispose();
        return Task.CompletedTask;
    }
}
