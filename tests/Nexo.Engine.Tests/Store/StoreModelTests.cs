using CsCheck;
using Nexo.Engine.Store;
using Xunit;

namespace Nexo.Engine.Tests.Store;

/// <summary>
/// Random commands on the engine and on <see cref="StoreModel"/> have the same answers, changes and contents.
/// </summary>
public sealed class StoreModelTests
{
    [Theory]
    [InlineData(1, 256, 3_000)]
    [InlineData(4, 40, 3_000)]
    public void Every_command_does_what_the_model_does(int shards, int keys, int commands)
    {
        Gen<int[]> seeds = Gen.Int[0, int.MaxValue].Array[commands / 10, commands];
        seeds.Sample(sequence => Run(shards, keys, sequence), iter: 40, threads: 1);
    }

    [Fact]
    public void The_engine_keeps_up_with_the_model_at_full_size_settings()
    {
        Gen<int[]> seeds = Gen.Int[0, int.MaxValue].Array[2_000];
        seeds.Sample(sequence => Run(0, 2_000, sequence, new StoreTuning()), iter: 10, threads: 1);
    }

    private static void Run(int shards, int keys, int[] seeds, StoreTuning? tuning = null)
    {
        var limits = new StoreLimits
        {
            Shards = shards,
            ValueBytesMax = 6_000,
            ExpiryMsMax = 1_000_000,
            Tuning = tuning ?? StoreHarness.Tiny,
        };
        using var harness = new StoreHarness(limits);
        var pair = new StoreModelPair(harness, new StoreModel(limits, harness.ReadClock));
        foreach (int seed in seeds)
        {
            pair.Do(new Random(seed), keys);
        }

        pair.CompareAll();
        harness.Store.Check();
        harness.Clear("");
        harness.TickUntilIdle();
        Assert.Equal(0, harness.Store.Stats.Entries);
    }
}
