using Nexo.Server.Mqtt.Codec;

namespace Nexo.Server.Tests.Mqtt;

/// <summary>Packets out of a stream of bytes, whichever way it is cut.</summary>
public sealed class MqttAssemblerTests
{
    private static readonly byte[] Stream =
        [.. new byte[] { 0xC0, 0, 0x30, 3, 0, 1, 97 }, 0x32, 0x90, 0x01, .. new byte[144], 0xE0, 0];

    private static readonly string[] Expected = ["Pingreq 0", "Publish 3", "Publish 144", "Disconnect 0"];

    [Fact]
    public void The_same_packets_come_whole_cut_anywhere_and_byte_by_byte()
    {
        Assert.Equal(Expected, Feed(Stream));
        Assert.Equal(Expected, Feed([.. Stream.Select(one => new[] { one })]));
        for (int cut = 1; cut < Stream.Length; cut++)
        {
            Assert.Equal(Expected, Feed(Stream[..cut], Stream[cut..]));
            for (int second = cut + 1; second < Stream.Length; second += 7)
            {
                Assert.Equal(Expected, Feed(Stream[..cut], Stream[cut..second], Stream[second..]));
            }
        }
    }

    [Fact]
    public void A_sink_that_stops_gets_the_rest_later()
    {
        using var assembler = new MqttAssembler(1_000);
        var sink = new Sink { Stops = true };
        int consumed = 0;
        while (consumed < Stream.Length)
        {
            consumed += assembler.Feed(Stream.AsSpan(consumed), sink);
        }

        Assert.Equal(Expected, sink.Seen);
    }

    [Theory]
    [InlineData("30 FF FF FF FF 01", MqttReason.MalformedPacket)]
    [InlineData("30 80 80 80 80", MqttReason.MalformedPacket)]
    [InlineData("30 FF FF FF 7F", MqttReason.PacketTooLarge)]
    [InlineData("30 62", MqttReason.PacketTooLarge)]
    public void A_broken_length_and_one_that_is_too_large_end_it_without_waiting_for_the_bytes(string hex, object expected)
    {
        byte[] bytes = MqttPackets.Bytes(hex);
        foreach (byte[][] parts in (byte[][][])[[bytes], [.. bytes.Select(one => new[] { one })]])
        {
            using var assembler = new MqttAssembler(0x63);
            var sink = new Sink();
            foreach (byte[] part in parts)
            {
                if (sink.Broken == MqttReason.Success)
                {
                    assembler.Feed(part, sink);
                }
            }

            Assert.Equal((MqttReason)expected, sink.Broken);
            Assert.Empty(sink.Seen);
        }
    }

    private static List<string> Feed(params byte[][] parts)
    {
        using var assembler = new MqttAssembler(1_000);
        var sink = new Sink();
        foreach (byte[] part in parts)
        {
            Assert.Equal(part.Length, assembler.Feed(part, sink));
        }

        Assert.False(assembler.IsInPacket);
        return sink.Seen;
    }

    private sealed class Sink : IMqttPacketSink
    {
        public List<string> Seen { get; } = [];

        public bool Stops { get; init; }

        public MqttReason Broken { get; private set; }

        public bool OnPacket(in MqttFixedHeader header, ReadOnlySpan<byte> body)
        {
            Assert.Equal(header.Length, body.Length);
            Seen.Add($"{header.Type} {body.Length}");
            return !Stops;
        }

        public void OnBroken(MqttReason reason) => Broken = reason;
    }
}
