using CsCheck;
using Nexo.Engine.Queues;
using Nexo.Engine.Tests.Queues.Model;
using Nexo.Engine.Tests.Store;
using Xunit;

namespace Nexo.Engine.Tests.Queues;

/// <summary>
/// Random commands, with time going by, on the engine and on <see cref="QueueModel"/>: the same answers, the same
/// contents, and every delivery is one that the rules allow, made as soon as they demand it.
/// </summary>
public sealed class QueueModelTests
{
    public static QueueLimits Small(int shards) => new()
    {
        Shards = shards,
        BodyBytesMax = 200,
        GroupBytesMax = 10,
        DedupIdBytesMax = 10,
        DelayMsMax = 10_000_000,
        Tuning = QueueHarness.Tiny,
    };

    [Theory]
    [InlineData(1, 700)]
    [InlineData(4, 200)]
    public void Every_command_does_what_the_model_does(int shards, int commands)
    {
        Gen<int[]> seeds = Gen.Int[0, int.MaxValue].Array[commands / 10, commands];
        seeds.Sample(sequence => Run(Small(shards), sequence), iter: ModelRounds.Of(40), threads: 1);
    }

    private static void Run(QueueLimits limits, int[] seeds)
    {
        using var harness = new ModelHarness(limits, new ManualTime(), new MemoryLog());
        var pair = new QueueModelPair(harness, new QueueModel(limits, () => harness.Clock.NowMs));
        pair.DeclareSome(new Random(seeds[0]));
        foreach (int seed in seeds)
        {
            pair.Do(new Random(seed));
        }

        pair.Settle();
        pair.Compare();
    }
}
