using System.Text;
using CsCheck;
using Nexo.Cli.Bench;
using Xunit;

namespace Nexo.Cli.Tests.Bench;

public sealed class KeyTests
{
    [Fact]
    public void A_key_is_its_prefix_and_its_number_padded_to_one_length() =>
        Gen.Select(Gen.Int[1, int.MaxValue], Gen.UInt, Gen.UInt, Gen.Int[0, 5]).Sample((keys, before, after, slack) =>
        {
            int size = KeyNames.SizeBytesMin("né:", keys) + slack;
            var names = new KeyNames("né:", size, keys);
            byte[] name = names.Template.ToArray();
            names.Patch(name, before % (uint)keys);
            names.Patch(name, after % (uint)keys);
            string digits = (after % (uint)keys).ToString().PadLeft(size - 4, '0');
            Assert.Equal("né:" + digits, Encoding.UTF8.GetString(name));
        });

    [Fact]
    public void Uniform_keys_are_all_chosen_about_equally_often()
    {
        int[] counts = CountsOf(new UniformKeys(100, seed: 7), 100, samples: 100_000);
        Assert.All(counts, count => Assert.InRange(count, 800, 1_200));
    }

    [Theory]
    [InlineData(0.5)]
    [InlineData(0.99)]
    [InlineData(1.0)]
    [InlineData(1.5)]
    [InlineData(3.0)]
    public void Zipf_keys_are_chosen_as_often_as_their_rank_says(double exponent)
    {
        const int Keys = 1_000;
        const int Samples = 200_000;
        int[] counts = CountsOf(new ZipfKeys(Keys, exponent, seed: 11, Samples), Keys, Samples);
        double sum = Enumerable.Range(1, Keys).Sum(rank => Math.Pow(rank, -exponent));
        for (int rank = 1; rank <= Keys; rank++)
        {
            double expected = Samples * Math.Pow(rank, -exponent) / sum;
            double allowed = (6 * Math.Sqrt(expected)) + 6;
            Assert.InRange(counts[rank - 1], expected - allowed, expected + allowed);
        }
    }

    [Fact]
    public void A_ring_of_zipf_keys_goes_round_without_a_gap()
    {
        var ring = new ZipfKeys(50, 1, seed: 3, ringLength: 10);
        uint[] once = new uint[10];
        uint[] twice = new uint[25];
        ring.Fill(once);
        ring.Fill(twice);
        Assert.Equal([.. once, .. once, .. once[..5]], twice);
    }

    [Fact]
    public void The_same_seed_chooses_the_same_keys()
    {
        uint[] first = new uint[100];
        uint[] second = new uint[100];
        new UniformKeys(1_000_000, 5).Fill(first);
        new UniformKeys(1_000_000, 5).Fill(second);
        Assert.Equal(first, second);
    }

    private static int[] CountsOf(KeySource source, int keys, int samples)
    {
        int[] counts = new int[keys];
        uint[] batch = new uint[samples];
        source.Fill(batch);
        Array.ForEach(batch, key => counts[key]++);
        return counts;
    }
}
