using CsCheck;
using Nexo.Protocol;

namespace Nexo.Client.Tests;

/// <summary>Whatever a server sends, calls end with a typed error and the client goes on with a new
/// connection.</summary>
public sealed class BadServerTests
{
    [Theory]
    [InlineData("length that cannot hold a header", new byte[] { 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 })]
    [InlineData("length of zero", new byte[] { 0, 0, 0, 0 })]
    [InlineData("length over the limit", new byte[] { 0, 0, 0x10, 0 })]
    [InlineData("two gigabytes", new byte[] { 0xFF, 0xFF, 0xFF, 0x7F })]
    [InlineData("the largest length", new byte[] { 0xFF, 0xFF, 0xFF, 0xFF })]
    [InlineData("unknown kind", new byte[] { 8, 0, 0, 0, 1, 1, 99, 0, 0, 0, 1, 0 })]
    [InlineData("answer to nothing", new byte[] { 8, 0, 0, 0, 1, 1, 1, 0, 9, 0, 9, 0 })]
    [InlineData("push to nothing", new byte[] { 8, 0, 0, 0, 0x30, 1, 3, 0, 9, 0, 9, 0 })]
    [InlineData("correlation zero", new byte[] { 8, 0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0 })]
    [InlineData("header block cut off", new byte[] { 9, 0, 0, 0, 1, 1, 1, 1, 0, 0, 1, 0, 5 })]
    [InlineData("goaway without a reason", new byte[] { 8, 0, 0, 0, 3, 0, 5, 0, 0, 0, 0, 0 })]
    public async Task A_frame_that_breaks_the_protocol_ends_the_connection_with_a_typed_error(string what, byte[] bytes)
    {
        await using var server = new FakeServer();
        (NexoClient client, FakePeer peer) = await server.ConnectAsync();
        await using NexoClient owned = client;
        Task<long> call = client.Store.IncrementAsync("k").AsTask();
        await peer.ReadAsync();
        await peer.SendRawAsync(bytes);
        NexoException error = await Assert.ThrowsAsync<NexoException>(() => call.WaitAsync(Patience.Limit));
        Assert.True(error.Code == ClientErrorCode.ProtocolViolation, what + ": " + error.Message);
        Assert.False(error.Retryable);
        await server.AcceptReadyAsync();
    }

    [Fact]
    public async Task An_answer_whose_body_is_malformed_fails_its_call_and_ends_the_connection()
    {
        await using var server = new FakeServer();
        (NexoClient client, FakePeer peer) = await server.ConnectAsync();
        await using NexoClient owned = client;
        Task<bool> bad = client.Store.ExistsAsync("bad").AsTask();
        Task<bool> other = client.Store.ExistsAsync("other").AsTask();
        ReceivedFrame request = await peer.ReadAsync();
        await peer.ReadAsync();
        await peer.ReplyAsync(request, buffer => buffer.WriteByte(1));
        Assert.Equal(
            ClientErrorCode.ProtocolViolation,
            (await Assert.ThrowsAsync<NexoException>(() => bad.WaitAsync(Patience.Limit))).Code);
        NexoException failed = await Assert.ThrowsAsync<NexoException>(() => other.WaitAsync(Patience.Limit));
        Assert.Equal(ClientErrorCode.ProtocolViolation, failed.Code);
        Assert.True(failed.Retryable);
        await server.AcceptReadyAsync();
    }

    [Fact]
    public async Task A_second_answer_to_the_same_request_is_not_taken_for_the_next_ones()
    {
        await using var server = new FakeServer();
        (NexoClient client, FakePeer peer) = await server.ConnectAsync();
        await using NexoClient owned = client;
        Task<bool> first = client.Store.ExistsAsync("a").AsTask();
        ReceivedFrame request = await peer.ReadAsync();
        await peer.ReplyAsync(request, Bodies.Count(1));
        Assert.True(await first.WaitAsync(Patience.Limit));
        Task<bool> second = client.Store.ExistsAsync("b").AsTask();
        await peer.ReadAsync();
        await peer.ReplyAsync(request, Bodies.Count(1));
        NexoException error = await Assert.ThrowsAsync<NexoException>(() => second.WaitAsync(Patience.Limit));
        Assert.Equal(ClientErrorCode.ProtocolViolation, error.Code);
    }

    [Fact]
    public async Task Random_bytes_never_hang_a_call()
    {
        await using var server = new FakeServer();
        await using var client = new NexoClient(server.Options);
        var random = new Random(20_261_123);
        for (int round = 0; round < 40; round++)
        {
            Task<bool> call = client.Store.ExistsAsync("k").AsTask();
            FakePeer peer = await server.AcceptReadyAsync();
            await peer.ReadAsync();
            byte[] garbage = new byte[random.Next(1, 200)];
            random.NextBytes(garbage);
            await peer.SendRawAsync(garbage);
            peer.Drop();
            NexoException error = await Assert.ThrowsAsync<NexoException>(() => call.WaitAsync(Patience.Limit));
            Assert.True(
                error.Code == ClientErrorCode.ProtocolViolation || error.Code == ClientErrorCode.ConnectionLost,
                $"round {round}: {error.Message}");
        }
    }

    [Fact]
    public void Memory_for_a_frame_grows_with_what_has_come_and_shrinks_after_it()
    {
        using var buffer = new ReceiveBuffer();
        byte[] frame = new byte[8 << 20];
        new FrameHeader(frame.Length - 4, Opcode.StoreGet, FrameKind.Reply, FrameFlags.None, 1).Write(frame);
        int sent = 0;
        FrameStatus status = FrameStatus.NeedHeader;
        while (status != FrameStatus.Complete)
        {
            Memory<byte> room = buffer.MakeRoom();
            int piece = Math.Min(Math.Min(room.Length, 60_000), frame.Length - sent);
            frame.AsSpan(sent, piece).CopyTo(room.Span);
            buffer.Received(piece);
            sent += piece;
            Assert.True(buffer.Capacity <= Math.Max(4 * sent, 256 * 1_024), $"{buffer.Capacity} bytes for {sent}");
            status = buffer.TryTakeFrame(16 << 20, out _, out _);
        }

        buffer.MakeRoom();
        Assert.InRange(buffer.Capacity, 1, 128 * 1_024);
    }

    [Fact]
    public void Frames_cut_into_any_pieces_come_out_whole_and_in_order() =>
        Gen.Select(Gen.Int[0, 3_000].Array[1, 40], Gen.Int[1, 5_000].Array[1, 60]).Sample((bodies, pieces) =>
        {
            using var frames = new FrameBuffer();
            for (int i = 0; i < bodies.Length; i++)
            {
                frames.Begin(Opcode.StoreGet, FrameKind.Reply, (uint)i);
                frames.Write(Enumerable.Repeat((byte)i, bodies[i]).ToArray());
                frames.End();
            }

            using var buffer = new ReceiveBuffer();
            ReadOnlySpan<byte> rest = frames.Written.Span;
            int taken = 0;
            for (int step = 0; !rest.IsEmpty; step++)
            {
                Span<byte> room = buffer.MakeRoom().Span;
                int count = Math.Min(Math.Min(pieces[step % pieces.Length], rest.Length), room.Length);
                rest[..count].CopyTo(room);
                rest = rest[count..];
                buffer.Received(count);
                while (buffer.TryTakeFrame(1 << 20, out FrameHeader header, out ReadOnlySpan<byte> body) ==
                    FrameStatus.Complete)
                {
                    Assert.Equal((uint)taken, header.Correlation);
                    Assert.Equal(bodies[taken], body.Length);
                    Assert.True(body.IndexOfAnyExcept((byte)taken) < 0);
                    taken++;
                }
            }

            Assert.Equal(bodies.Length, taken);
        });

    [Theory]
    [InlineData(ErrorCode.WrongType, false)]
    [InlineData(ErrorCode.OutOfMemory, true)]
    [InlineData(ErrorCode.Overflow, false)]
    public async Task An_error_of_the_server_is_thrown_with_its_code_and_the_connection_lives(ErrorCode code,
        bool retryable)
    {
        await using var server = new FakeServer();
        (NexoClient client, FakePeer peer) = await server.ConnectAsync();
        await using NexoClient owned = client;
        Task<long> call = client.Store.IncrementAsync("k").AsTask();
        await peer.FailAsync(await peer.ReadAsync(), code, "the reason");
        NexoException error = await Assert.ThrowsAsync<NexoException>(() => call.WaitAsync(Patience.Limit));
        Assert.Equal((code, retryable), (error.Code, error.Retryable));
        Assert.Contains("the reason", error.Message, StringComparison.Ordinal);
        Task<bool> next = client.Store.ExistsAsync("k").AsTask();
        await peer.ReplyAsync(await peer.ReadAsync(), Bodies.Count(1));
        Assert.True(await next.WaitAsync(Patience.Limit));
    }

    [Fact]
    public async Task A_request_that_the_server_would_not_accept_is_refused_here_and_harms_nobody()
    {
        await using var server = new FakeServer();
        (NexoClient client, FakePeer peer) = await server.ConnectAsync();
        await using NexoClient owned = client;
        NexoException error = await Assert.ThrowsAsync<NexoException>(
            async () => await client.Store.SetBytesAsync("k", new byte[1_024 * 1_024]));
        Assert.Equal(ErrorCode.FrameTooLarge, error.Code);
        Task<bool> next = client.Store.ExistsAsync("k").AsTask();
        await peer.ReplyAsync(await peer.ReadAsync(Opcode.StoreExists), Bodies.Count(1));
        Assert.True(await next.WaitAsync(Patience.Limit));
    }
}
