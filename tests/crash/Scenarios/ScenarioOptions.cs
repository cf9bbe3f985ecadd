using Nexo.Crash.Load;
using Nexo.Crash.Mqtt;
using Nexo.Crash.Queues;
using Nexo.Crash.Resp;
using Nexo.Crash.Server;
using Nexo.Crash.Streams;
using Nexo.Crash.Topics;

namespace Nexo.Crash.Scenarios;

/// <summary>What every scenario is given.</summary>
internal sealed record ScenarioOptions
{
    public const string SpaceName = "shop";

    /// <summary>The server, its data directory left to the scenario.</summary>
    public required ServerLaunch Launch { get; init; }

    /// <summary>A directory of the run's own, for data directories and images.</summary>
    public required string Scratch { get; init; }

    public required int Seed { get; init; }

    public int Cycles { get; init; } = int.MaxValue;

    /// <summary>When it ends although cycles are left.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.MaxValue;

    /// <summary>
    /// Keys that are written once and then lie there, so that snapshots and recoveries take some time.
    /// </summary>
    public int BallastKeys { get; init; } = 20_000;

    /// <summary>Progress for people.</summary>
    public Action<string> Say { get; init; } = _ => { };

    /// <summary>Writers of the store.</summary>
    public StoreProof StoreProof(Random random) => StoreProof(random, new LoadOptions());

    public StoreProof StoreProof(Random random, LoadOptions load) =>
        new(random, Launch.LedgerDefault, load with { Wishes = LoadOptions.WishesFor(Launch.Durability) }, BallastKeys);

    /// <summary>Publishers and consumers of queues.</summary>
    public QueueProof QueueProof(Random random) => QueueProof(random, new QueueLoadOptions());

    public QueueProof QueueProof(Random random, QueueLoadOptions load) =>
        new(random, load with { LyingDurability = Launch.Claimed is null ? null : Launch.Durability });

    /// <summary>Publishers of topics.</summary>
    public TopicProof TopicProof(Random random) => TopicProof(random, new TopicLoadOptions());

    public TopicProof TopicProof(Random random, TopicLoadOptions load) =>
        new(random, load with { LyingDurability = Launch.Claimed is null ? null : Launch.Durability });

    /// <summary>Producers and readers of streams.</summary>
    public StreamProof StreamProof(Random random) => StreamProof(random, new StreamLoadOptions());

    public StreamProof StreamProof(Random random, StreamLoadOptions load) =>
        new(random, load with { LyingDurability = Launch.Claimed is null ? null : Launch.Durability });

    /// <summary>Publishers and subscribers of MQTT.</summary>
    public MqttProof MqttProof(Random random) => new(random, lanes: 3);

    /// <summary>With a server that speaks MQTT.</summary>
    public ScenarioOptions WithMqtt() => this with { Launch = Launch with { Settings = [.. Launch.Settings, "mqtt.port=0"] } };

    /// <summary>Clients of Redis.</summary>
    public RespProof RespProof(Random random) => new(random, lanes: 3, BallastKeys);

    /// <summary>With a server that speaks RESP.</summary>
    public ScenarioOptions WithResp() => this with { Launch = Launch with { Settings = [.. Launch.Settings, "resp.port=0"] } };

    /// <summary>The same in the default namespace and in another.</summary>
    public Proof SpaceProofs(Random random, string second) => new BothProof(
        new BothProof(StoreProof(random), QueueProof(random)),
        new SpaceProof(second, new BothProof(StoreProof(random), QueueProof(random))));

    /// <summary>With a server that has a namespace besides the default one.</summary>
    public ScenarioOptions WithSpace() => this with
    {
        BallastKeys = BallastKeys / 4,
        Launch = Launch with { Settings = [.. Launch.Settings, $"data.namespaces={SpaceName}"] },
    };

    /// <summary>All of them beside each other, on a disk that fails.</summary>
    public Proof AllProofs(Random random) => new BothProof(
        new BothProof(StoreProof(random), QueueProof(random)),
        new BothProof(
            TopicProof(random, new TopicLoadOptions { Lanes = 2, LogMayFail = true }),
            StreamProof(random, new StreamLoadOptions { Producers = 2, Readers = 2, Members = 2, LogMayFail = true })));
}
