using System.Text;
using CsCheck;
using Nexo.Engine.Topics;
using Xunit;

namespace Nexo.Engine.Tests.Topics;

public sealed class FilterSweepTests
{
    // Small, with what stands around the separator and the wildcards in the order of bytes.
    private static readonly string[] Levels = ["", "a", "b", "a!", "a-", "a0", "ab", "!", "$", "%", "$a", "0", "é"];

    private static readonly Gen<string> Level = Gen.Int[0, Levels.Length - 1].Select(i => Levels[i]);

    private static readonly Gen<string> Topic = Level.Array[1, 4].Select(levels => string.Join('/', levels))
        .Where(topic => topic.Length > 0);

    private static readonly Gen<string> Filter = Gen.Select(
        Gen.Frequency((3, Level), (2, Gen.Const("+"))).Array[0, 4], Gen.Bool,
        (levels, rest) => string.Join('/', rest ? [.. levels, "#"] : levels)).Where(filter => filter.Length > 0);

    [Fact]
    public void A_sweep_finds_exactly_what_matches_each_once_in_order()
    {
        Gen.Select(Topic.Array[0, 60], Filter.Array[1, 8]).Sample(
            (topics, filters) =>
            {
                byte[][] sorted = Sorted(topics);
                Assert.Equal(sorted.Where(topic => MatchesOne(filters, topic)), Swept(filters, sorted, out _));
            },
            iter: 20_000);
    }

    [Fact]
    public void A_sweep_passes_over_what_cannot_match()
    {
        byte[][] topics = Sorted([.. Enumerable.Range(0, 10_000).Select(i => $"site/{i % 10}/device/{i}/state")]);
        Assert.Single(Swept(["site/7/device/4567/state"], topics, out int looks));
        Assert.InRange(looks, 0, 10);
        Assert.Equal(10, Swept(["site/+/device/+/state/#", "x/#"], [.. topics.Where((_, i) => i % 1_000 == 0)], out _).Count);
        Assert.Equal(1_000, Swept(["site/3/#"], topics, out looks).Count);
        Assert.InRange(looks, 1_000, 1_010);

        // A level that is any, and a text behind it: a seek or two for each that there is.
        Assert.Single(Swept(["+/+/device/4567/state"], topics, out looks));
        Assert.InRange(looks, 0, 40);
    }

    [Fact]
    public void Many_filters_cost_a_look_each_topic_not_each_filter()
    {
        byte[][] topics = Sorted([.. Enumerable.Range(0, 1_000).Select(i => $"device{i:D5}/state")]);
        string[] filters = [.. Enumerable.Range(0, 5_000).Select(i => $"+/other{i}")];
        var sweep = new FilterSweep([.. filters.Select(Encoding.UTF8.GetBytes)]);
        Assert.Empty(Swept(sweep, topics, out int looks));
        Assert.InRange(looks, 0, 2_100);
        Assert.InRange(sweep.Steps, 0, 4_200);
    }

    [Fact]
    public void A_topic_of_many_levels_is_looked_at_without_recursion()
    {
        byte[] topic = Encoding.UTF8.GetBytes(new string('/', 65_400));
        Assert.Equal(SweepLook.Match, new FilterSweep("#"u8).Look(topic));
        Assert.Equal(SweepLook.Match, new FilterSweep([.. topic, (byte)'#']).Look(topic));
        string pluses = string.Join('/', Enumerable.Repeat("+", 30_000));
        Assert.Equal(SweepLook.Seek, new FilterSweep(Encoding.UTF8.GetBytes(pluses)).Look(topic));
        Assert.Equal(SweepLook.Match, new FilterSweep(Encoding.UTF8.GetBytes(pluses + "/#")).Look(topic));
    }

    private static byte[][] Sorted(string[] topics)
    {
        byte[][] sorted = [.. topics.Distinct().Select(Encoding.UTF8.GetBytes)];
        Array.Sort(sorted, (left, right) => left.AsSpan().SequenceCompareTo(right));
        return sorted;
    }

    private static bool MatchesOne(string[] filters, byte[] topic) =>
        filters.Any(filter => TopicRules.Matches(Encoding.UTF8.GetBytes(filter), topic));

    private static List<byte[]> Swept(string[] filters, byte[][] sorted, out int looks) =>
        Swept(new FilterSweep([.. filters.Select(Encoding.UTF8.GetBytes)]), sorted, out looks);

    /// <summary>As the store does it, over an array.</summary>
    private static List<byte[]> Swept(FilterSweep sweep, byte[][] sorted, out int looks)
    {
        var found = new List<byte[]>();
        looks = 0;
        int at = 0;
        while (at < sorted.Length)
        {
            looks++;
            switch (sweep.Look(sorted[at]))
            {
                case SweepLook.Match:
                    found.Add(sorted[at++]);
                    break;
                case SweepLook.Next:
                    at++;
                    break;
                case SweepLook.Seek:
                    byte[] key = sweep.SeekKey.ToArray();
                    Assert.True(key.AsSpan().SequenceCompareTo(sorted[at]) > 0, "a sweep goes forward");
                    while (at < sorted.Length && sorted[at].AsSpan().SequenceCompareTo(key) < 0)
                    {
                        at++;
                    }

                    break;
                default:
                    return found;
            }
        }

        return found;
    }
}
