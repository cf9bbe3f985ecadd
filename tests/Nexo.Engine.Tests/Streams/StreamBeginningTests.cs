using Nexo.Engine.Streams;
using Xunit;

namespace Nexo.Engine.Tests.Streams;

/// <summary>Streams that begin where others, or they themselves in an earlier life, have left something.</summary>
public sealed class StreamBeginningTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_stream_in_memory_begins_anew_whatever_it_had_let_go_of_before(bool hasSnapshot)
    {
        using var harness = new StreamHarness();
        harness.Create(new StreamOptionSet { Durability = StreamDurability.Memory, Records = 20 });
        Fill(harness, 100);
        if (hasSnapshot)
        {
            harness.Snapshot();
        }

        Fill(harness, 400);
        harness.RunJobs();
        harness.Care();
        harness.Care();
        Assert.InRange(harness.Range().First, 400, 500);
        harness.Restart();
        long first = hasSnapshot ? 100 : 0;
        Assert.Equal(new StreamRange(first, first), harness.Range());
        Assert.Equal(first, harness.Append("a"));
        Assert.Equal(first + 1, harness.Append("b"));
        Assert.Equal(["a", "b"], harness.ReadAll().Select(record => record.Value));

        // Also when its files were closed and are opened again.
        harness.Care(10_000);
        harness.Care(10_000);
        Assert.Equal(["a", "b"], harness.ReadAll().Select(record => record.Value));
    }

    [Fact]
    public void A_stream_in_the_place_of_one_that_is_gone_has_its_records_after_a_power_loss()
    {
        for (int seed = 0; seed < 20; seed++)
        {
            using var harness = new StreamHarness(seed: seed + 1);
            harness.Create();
            Fill(harness, 300);
            Assert.Equal(StreamStatus.Ok, harness.Streams.Trim("s"u8, StreamTrimBy.Offset, 250, out _, out _));
            harness.RunJobs();
            harness.Care();
            harness.Snapshot();
            Assert.Equal(StreamStatus.Ok, harness.Streams.Delete("s"u8, false, out _, out _));
            harness.RunJobs();
            for (int i = 0; i < 3; i++)
            {
                harness.Snapshot();
            }

            harness.Create();
            Assert.Equal(0, harness.Append("a"));
            Assert.Equal(1, harness.Append("b"));
            harness.Restart(harness.Disk.Crash(seed));
            Assert.Equal(["a", "b"], harness.ReadAll().Select(record => record.Value));
            harness.Append("c");
            harness.Snapshot();
            harness.Restart(harness.Disk.Crash(seed));
            Assert.Equal(["a", "b", "c"], harness.ReadAll().Select(record => record.Value));
        }
    }

    private static void Fill(StreamHarness harness, int records)
    {
        for (int i = 0; i < records; i++)
        {
            harness.Append($"{i}:{new string('x', 20)}");
        }
    }
}
