using System.Buffers.Binary;
using System.Text;
using Nexo.Protocol;

namespace Nexo.EndToEnd.Tests.Native;

public sealed class RequestTests
{
    [Fact]
    public async Task Replies_of_a_pipeline_come_in_request_order()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer peer = await RawPeer.GreetAsync(server);
        const int Count = 5_000;
        await peer.SendAsync(buffer =>
        {
            for (uint i = 0; i < Count; i++)
            {
                buffer.Begin(Opcode.StoreIncrement, FrameKind.Request, i);
                new IncrementRequest { Delta = 1, Key = "n"u8 }.Write(buffer);
                buffer.End();
            }
        });

        for (uint i = 0; i < Count; i++)
        {
            Frame frame = await peer.ReadAsync();
            Assert.Equal(i, frame.Header.Correlation);
            Assert.True(NumberReply.TryRead(frame.Body, out NumberReply reply));
            Assert.Equal(i + 1, reply.Value);
        }
    }

    [Fact]
    public async Task An_unknown_opcode_is_an_error_and_the_connection_lives()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer peer = await RawPeer.GreetAsync(server);

        Frame frame = await peer.AskAsync((Opcode)0x7777, 9, buffer => buffer.Write("what"u8));

        Assert.Equal(9u, frame.Header.Correlation);
        Assert.Equal(ErrorCode.UnknownOpcode, frame.Code);
        Assert.Equal(FrameKind.Reply, (await peer.AskAsync(Opcode.Ping, 10, _ => { })).Header.Kind);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(7)]
    public async Task A_length_that_holds_no_header_ends_the_connection_with_a_reason(int length)
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer peer = await RawPeer.GreetAsync(server);
        await peer.SendAsync(BitConverter.GetBytes(length));

        Frame frame = await peer.ReadAsync();

        Assert.Equal(Opcode.GoAway, frame.Header.Opcode);
        Assert.Equal(ErrorCode.Malformed, frame.Code);
        Assert.Null(await peer.TryReadAsync());
    }

    [Fact]
    public async Task A_frame_of_exactly_the_limit_is_served_and_one_byte_more_is_refused()
    {
        const int Limit = 256 * 1_024;
        await using TestServer server = await TestServer.StartAsync(
            options => options with { Connections = options.Connections with { FrameBytesMax = Limit } });
        using RawPeer peer = await RawPeer.GreetAsync(server);

        // One key of all the bytes there are: far too long for a key, but that is for the handler to say.
        Frame served = await peer.AskAsync(Opcode.StoreMultiGet, 1, buffer =>
        {
            buffer.WriteUInt32(1);
            buffer.WriteBlob(new byte[Limit - FrameHeader.Size - (2 * sizeof(uint))]);
        });
        Assert.Equal(FrameKind.Reply, served.Header.Kind);

        byte[] header = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(header, Limit - 4 + 1);
        await peer.SendAsync(header);
        Assert.Equal(ErrorCode.FrameTooLarge, (await peer.ReadAsync()).Code);
    }

    [Fact]
    public async Task Only_memory_durability_is_promised_so_far()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer peer = await RawPeer.GreetAsync(server);
        static void Set(FrameBuffer buffer) => new SetRequest { Key = "k"u8, Value = "v"u8 }.Write(buffer);

        Assert.Equal(
            ErrorCode.UnsupportedDurability,
            (await peer.AskAsync(Opcode.StoreSet, 2, Set, Durability.Fsync.ToFlags())).Code);
        Assert.Equal(
            FrameKind.Reply, (await peer.AskAsync(Opcode.StoreSet, 3, Set, Durability.Memory.ToFlags())).Header.Kind);
    }

    [Fact]
    public async Task A_header_block_stands_before_the_body()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer peer = await RawPeer.GreetAsync(server);
        Frame frame = await peer.AskAsync(
            Opcode.Ping,
            2,
            buffer =>
            {
                HeaderBlock.Write(buffer, [new(HeaderBlock.TraceParent, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")]);
                buffer.Write("after"u8);
            },
            FrameFlags.Headers);

        Assert.Equal("after", Encoding.UTF8.GetString(frame.Body));
        Assert.Equal(ErrorCode.Malformed, (await peer.AskAsync(Opcode.Ping, 3, _ => { }, FrameFlags.Headers)).Code);
        Assert.Equal(ErrorCode.Malformed, (await peer.AskAsync(Opcode.Ping, 4, _ => { }, (FrameFlags)0x80)).Code);
    }

    [Fact]
    public async Task Every_opcode_survives_random_bodies_and_others_are_unharmed()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer other = await RawPeer.GreetAsync(server);
        using RawPeer peer = await RawPeer.GreetAsync(server);
        int seed = Environment.TickCount;
        var random = new Random(seed);
        TestContext.Current.SendDiagnosticMessage($"seed {seed}");
        Opcode[] opcodes = [.. Enum.GetValues<Opcode>().Where(o => (ushort)o is >= 0x0100 and < 0x0200 && o != Opcode.StoreWatch)];
        for (uint i = 2; i < 4_000; i++)
        {
            byte[] body = new byte[random.Next(40)];
            random.NextBytes(body);
            await peer.RequestAsync(opcodes[random.Next(opcodes.Length)], i, buffer => buffer.Write(body));
            Frame frame = await peer.ReadAsync();
            Assert.Equal(i, frame.Header.Correlation);
            Assert.True(frame.Header.Kind is FrameKind.Reply or FrameKind.Error, $"seed {seed}");
            if (frame.Header.Kind == FrameKind.Error)
            {
                Assert.NotEqual(ErrorCode.Internal, frame.Code);
                Assert.NotEmpty(frame.Message);
            }
        }

        Assert.Equal(FrameKind.Reply, (await other.AskAsync(Opcode.Ping, 2, _ => { })).Header.Kind);
    }

    [Fact]
    public async Task A_silent_client_is_pinged_and_then_let_go()
    {
        await using TestServer server = await TestServer.StartAsync(options => options with
        {
            Connections = options.Connections with { PingAfterIdleMs = 200, IdleTimeoutMs = 700 },
        });
        using RawPeer peer = await RawPeer.GreetAsync(server);

        Frame ping = await peer.ReadAsync();
        Assert.Equal((Opcode.Ping, FrameKind.Request), (ping.Header.Opcode, ping.Header.Kind));
        Frame last = ping;
        while (await peer.TryReadAsync() is { } frame)
        {
            last = frame;
        }

        Assert.Equal(ErrorCode.IdleTimeout, last.Code);
    }
}
