using CsCheck;
using Nexo.Cli.Bench;
using Nexo.Protocol;
using Xunit;

namespace Nexo.Cli.Tests.Bench;

public sealed class BatchEncoderTests
{
    private const int Keys = 1_000;

    private static readonly KeyNames Names = new("k:", 8, Keys);

    [Fact]
    public void Every_batch_decodes_to_what_was_planned() =>
        Gen.Select(
            Gen.Int[0, 2].Select(halves => halves * 0.5),
            Gen.Int[0, 100],
            Gen.Bool.Select(expires => expires ? 60_000L : 0L),
            Gen.UInt[0, Keys - 1].Array[1, 20].Array[1, 4],
            Gen.ULong).Sample((share, size, ttlMs, batches, seed) =>
        {
            var mix = new OperationMix(share);
            var value = new ValuePattern(size);
            var random = new FastRandom(seed);
            var dialect = new NexoDialect();
            var encoder = new BatchEncoder(
                dialect.Get(Names), dialect.Set(Names, value, ttlMs, Durability.ServerDefault), Names, value, mix, batchMax: 20);
            uint correlation = uint.MaxValue - 10;
            foreach (uint[] plan in batches)
            {
                mix.Mark(plan, ref random);
                ReadOnlySpan<byte> rest = encoder.Encode(plan, correlation);
                foreach (uint element in plan)
                {
                    rest = rest[RequireRequest(rest, element, correlation++, value, ttlMs)..];
                }

                Assert.True(rest.IsEmpty);
            }
        });

    [Fact]
    public void A_mix_reads_its_share()
    {
        var random = new FastRandom(9);
        uint[] plan = new uint[10_000];
        new OperationMix(0.8).Mark(plan, ref random);
        Assert.InRange(plan.Count(element => (element & BatchEncoder.ReadBit) != 0), 7_700, 8_300);
    }

    [Fact]
    public void A_value_is_recognised_for_its_own_key_only() =>
        Gen.Select(Gen.Int[8, 200], Gen.UInt[0, Keys], Gen.UInt[0, Keys]).Sample((size, key, other) =>
        {
            var pattern = new ValuePattern(size);
            byte[] value = pattern.Template.ToArray();
            pattern.Stamp(value, key);
            Assert.True(pattern.Matches(value, key));
            Assert.Equal(key == other, pattern.Matches(value, other));
            Assert.False(pattern.Matches(value.AsSpan(1), key));
            value[^1] ^= 1;
            Assert.False(pattern.Matches(value, key));
        });

    private static int RequireRequest(
        ReadOnlySpan<byte> bytes, uint element, uint correlation, ValuePattern value, long ttlMs)
    {
        bool read = (element & BatchEncoder.ReadBit) != 0;
        uint key = element & ~BatchEncoder.ReadBit;
        byte[] name = Names.Template.ToArray();
        Names.Patch(name, key);
        Assert.Equal(FrameStatus.Complete, FrameHeader.TryRead(bytes, 1_024, out FrameHeader header));
        Assert.Equal(
            (read ? Opcode.StoreGet : Opcode.StoreSet, FrameKind.Request, FrameFlags.None, correlation),
            (header.Opcode, header.Kind, header.Flags, header.Correlation));
        ReadOnlySpan<byte> body = bytes[FrameHeader.Size..header.TotalSize];
        if (read)
        {
            Assert.Equal(name, body.ToArray());
            return header.TotalSize;
        }

        Assert.True(SetRequest.TryRead(body, out SetRequest set));
        Assert.Equal(name, set.Key.ToArray());
        Assert.True(value.Matches(set.Value, key));
        Assert.Equal(new StoreExpiry(ttlMs > 0 ? ExpiryKind.After : ExpiryKind.None, ttlMs), set.Expiry);
        return header.TotalSize;
    }
}
