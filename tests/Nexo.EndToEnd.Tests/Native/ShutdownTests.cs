using Nexo.Protocol;

namespace Nexo.EndToEnd.Tests.Native;

public sealed class ShutdownTests
{
    [Fact]
    public async Task A_stop_says_goaway_refuses_what_comes_later_and_closes()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer peer = await RawPeer.GreetAsync(server);
        Task stopping = server.StopAsync();

        Frame goAway = await peer.ReadAsync();
        Assert.Equal(Opcode.GoAway, goAway.Header.Opcode);
        Assert.Equal(ErrorCode.ShuttingDown, goAway.Code);

        Frame late = await peer.AskAsync(Opcode.StoreGet, 2, buffer => buffer.Write("k"u8));
        Assert.Equal(ErrorCode.ShuttingDown, late.Code);
        Assert.Null(await peer.TryReadAsync());
        await stopping.WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task Garbage_after_goaway_is_a_clean_close()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer peer = await RawPeer.GreetAsync(server);
        Task stopping = server.StopAsync();
        await peer.ReadAsync();
        await peer.SendAsync([1, 0, 0, 0, 9, 9, 9, 9]);

        Frame? last = await peer.TryReadAsync();

        Assert.True(last is null || last.Code == ErrorCode.Malformed);
        await stopping.WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task A_client_that_says_goaway_gets_its_answers_first()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer peer = await RawPeer.GreetAsync(server);
        await peer.SendAsync(buffer =>
        {
            buffer.Begin(Opcode.StoreCount, FrameKind.Request, 2);
            buffer.End();
            ErrorBody.WriteFrame(buffer, Opcode.GoAway, FrameKind.Notice, 0, ErrorCode.None, "bye");
        });

        Assert.Equal(2u, (await peer.ReadAsync()).Header.Correlation);
        Assert.Null(await peer.TryReadAsync());
    }

    [Fact]
    public async Task A_watch_ends_with_the_reason_when_the_server_stops()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer peer = await RawPeer.GreetAsync(server);
        await peer.AskAsync(Opcode.StoreWatch, 5, buffer => new WatchRequest { Credits = 10 }.Write(buffer));
        Task stopping = server.StopAsync();

        List<Frame> frames = [];
        while (await peer.TryReadAsync() is { } frame)
        {
            frames.Add(frame);
        }

        Frame end = Assert.Single(frames, frame => frame.Header.Kind == FrameKind.End);
        Assert.Equal((5u, ErrorCode.ShuttingDown), (end.Header.Correlation, end.Code));
        await stopping.WaitAsync(TimeSpan.FromSeconds(10));
    }
}
