using System.Net;
using System.Net.Sockets;
using Nexo.Cli.Bench;
using Nexo.Cli.Bench.Streams;
using Nexo.Cli.Terminal;
using Nexo.Protocol;
using Xunit;

namespace Nexo.Cli.Tests.Bench;

public sealed class StreamBenchPartsTests
{
    private const int ValueBytes = 40;
    private const uint Subscription = BenchConnector.GreetingCorrelation + 1;
    private static readonly byte[] Value = MessageHead.Body(ValueBytes);

    [Fact]
    public void Whoever_comes_second_must_tell_of_an_offset_what_the_first_has_told()
    {
        var ledger = new OffsetLedger();
        Assert.Equal(0, ledger.Confirm(0, 0, 3));
        Assert.True(ledger.Agrees(1, 1));
        Assert.False(ledger.Agrees(2, 1));
        Assert.True(ledger.Agrees(1_000, 7));
        Assert.Equal(1, ledger.Confirm(999, 7, 2));
        Assert.False(ledger.Agrees(ulong.MaxValue, 1));
        Assert.Equal(5ul, ledger.Confirmed);
    }

    [Fact]
    public void Records_are_read_wherever_the_packets_end()
    {
        byte[] bytes = [.. Push(0, 1, 2), .. Push(3), .. Push(4, 5)];
        for (int split = 0; split <= bytes.Length; split++)
        {
            StreamTraffic traffic = Read(bytes[..split], bytes[split..]);
            Assert.Equal((6, 0), (traffic.Read, traffic.Mismatches));
        }
    }

    [Fact]
    public void Every_byte_that_is_not_as_it_was_sent_is_noticed_but_those_of_times()
    {
        const int RecordAt = FrameHeader.Size + 12;
        byte[] bytes = Push(0);
        for (int at = RecordAt; at < bytes.Length; at++)
        {
            byte[] damaged = [.. bytes];
            damaged[at] ^= 0x40;
            bool isTime = at - RecordAt is (>= 12 and < 20) or (>= 23 and < 31);
            Assert.Equal(isTime, Read(damaged, Push(1)).Mismatches == 0);
        }
    }

    [Fact]
    public void A_gap_and_a_record_that_comes_twice_are_noticed()
    {
        Assert.Equal(1, Read(Push(0, 1), Push(3)).Mismatches);
        Assert.Equal(1, Read(Push(0, 1), Push(1, 2)).Mismatches);
    }

    [Fact]
    public void A_push_whose_records_have_another_size_ends_the_run()
    {
        byte[] bytes = Push(0);
        bytes[FrameHeader.Size + sizeof(ulong)]++;
        Assert.Equal("mismatch", Assert.Throws<CliFailure>(() => Read(bytes, [])).Code);
    }

    // The records 0, 1, 2… were confirmed at those offsets.
    private static StreamTraffic Read(params byte[][] packets)
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Connect(listener.LocalEndPoint!);
        using Socket peer = listener.Accept();
        peer.NoDelay = true;
        using var ready = new ReadinessQueue();
        var traffic = new StreamTraffic([1]);
        traffic.Confirm(0, 0, 0, 10);
        using var follower = new StreamFollower(
            0, new BenchLink(socket, tls: null), ready, traffic, ["s"u8.ToArray()], [0], Value, ProtocolVersion.DefaultFrameBytesMax);
        byte[] room = new byte[64 * 1_024];
        foreach (byte[] packet in packets.Where(packet => packet.Length > 0))
        {
            peer.Send(packet);
            for (int waited = 0; socket.Available < packet.Length && waited < 1_000; waited++)
            {
                ready.Wait(1);
            }

            follower.ReceiveOnce(room);
        }

        return traffic;
    }

    private static byte[] Push(params int[] offsets)
    {
        using var buffer = new FrameBuffer();
        buffer.Begin(Opcode.StreamTail, FrameKind.Push, Subscription);
        StreamTailPush.WriteStart(buffer, (ulong)offsets[^1] + 1, (uint)offsets.Length);
        foreach (int offset in offsets)
        {
            byte[] value = [.. Value];
            new MessageHead(1_000, (ulong)offset).Write(value);
            StreamedRecord.Write(buffer, (ulong)offset, 5, RecordParts.None, [], [], value);
        }

        buffer.End();
        return buffer.Written.ToArray();
    }
}
