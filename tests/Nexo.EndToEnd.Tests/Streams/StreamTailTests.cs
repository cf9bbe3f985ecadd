using Nexo.EndToEnd.Tests.Native;
using Nexo.Protocol;

namespace Nexo.EndToEnd.Tests.Streams;

/// <summary>Tails that are slow, many, or overtaken by retention.</summary>
public sealed class StreamTailTests
{
    private const int Kb = 1_024;

    [Fact]
    public async Task A_reader_that_never_reads_holds_up_neither_writers_nor_others_and_later_gets_all()
    {
        const int Count = 4_000;
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer writer = await RawPeer.GreetAsync(server);
        using RawPeer idle = await RawPeer.GreetAsync(server);
        using RawPeer other = await RawPeer.GreetAsync(server);
        await writer.CreateAsync("s");
        await idle.TailAsync(7, "s", StreamPeer.At(0), credits: CreditNotice.CreditsMax);
        await other.TailAsync(7, "s", StreamPeer.At(0), credits: CreditNotice.CreditsMax);
        string large = new('x', 8 * Kb);
        for (int i = 0; i < Count; i += 40)
        {
            await writer.AppendBatchAsync("s", [.. StreamPeer.Numbers(i, 40).Select(number => new New(number + large))]);
        }

        List<Read> got = await other.ReadTailAsync(7, Count);
        Assert.Equal(Enumerable.Range(0, Count).Select(i => (ulong)i), got.Select(record => record.Offset));

        // What lies on its connection is bounded: the rest it gets when it reads, from where the records are.
        Assert.InRange(server.Native.Streams.Totals.Read, Count, Count * 3 / 2);
        got = await idle.ReadTailAsync(7, Count);
        Assert.Equal(StreamPeer.Numbers(0, Count).Select(number => number + large), got.Select(record => record.Value));
    }

    [Fact]
    public async Task A_tail_from_the_end_is_answered_in_its_turn_and_gets_what_was_appended_behind_it()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer peer = await RawPeer.GreetAsync(server);
        await peer.CreateAsync("s");
        for (uint i = 0; i < 20; i++)
        {
            uint tail = 100 + i;
            await peer.SendAsync(buffer =>
            {
                buffer.Begin(Opcode.StreamTail, FrameKind.Request, tail);
                new StreamTailRequest { Credits = 1, From = new(PositionKind.End), Stream = "s"u8 }.Write(buffer);
                buffer.End();
                StreamPeer.Append(buffer, 5, "s", "x");
            });
            Assert.Equal(tail, StreamPeer.Reply(await peer.ReadAsync(), Opcode.StreamTail).Header.Correlation);
            Assert.Equal(5u, StreamPeer.Reply(await peer.ReadAsync(), Opcode.StreamAppend).Header.Correlation);
            Assert.Equal(i, (await peer.ReadTailAsync(tail, 1)).Single().Offset);
        }
    }

    [Fact]
    public async Task Reads_that_nobody_takes_stay_few_and_come_in_their_order()
    {
        const int Reads = 200;
        await using TestServer server = await TestServer.StartAsync(options => options with
        {
            Connections = options.Connections with { ReplyBytesMax = 256 * Kb },
        });
        using RawPeer peer = await RawPeer.GreetAsync(server);
        using RawPeer other = await RawPeer.GreetAsync(server);
        await peer.CreateAsync("s");
        await peer.AppendAsync("s", new string('x', 256 * Kb));
        await peer.SendAsync(buffer =>
        {
            for (uint i = 0; i < Reads; i++)
            {
                buffer.Begin(Opcode.StreamRead, FrameKind.Request, 1_000 + i);
                new StreamReadRequest { RecordsMax = 1, Stream = "s"u8 }.Write(buffer);
                buffer.End();
            }
        });

        await Task.Delay(100);
        Assert.Single((await other.ReadStreamAsync("s", StreamPeer.At(0))).Records);
        Assert.True(server.Native.Streams.Totals.Read < Reads, "all were read although nobody took them");
        for (uint i = 0; i < Reads; i++)
        {
            Frame frame = await peer.ReadAsync();
            Assert.Equal(1_000 + i, frame.Header.Correlation);
            Assert.Single(StreamPeer.PageOf(frame).Records);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_tail_that_is_overtaken_by_a_trim_ends_with_the_range_or_goes_on_behind_it(bool clamps)
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer writer = await RawPeer.GreetAsync(server);
        using RawPeer reader = await RawPeer.GreetAsync(server);
        await writer.CreateAsync("s");
        await writer.AppendBatchAsync("s", StreamPeer.NewNumbers(0, 10));
        await reader.TailAsync(7, "s", StreamPeer.At(0, clamps ? PositionFlags.Clamp : PositionFlags.None), credits: 2);
        await reader.ReadTailAsync(7, 2);
        await writer.TrimAsync("s", TrimBy.Offset, 6);
        await reader.CreditAsync(7, 100);

        Frame frame = await reader.ReadAsync();
        if (clamps)
        {
            Assert.Equal(StreamPeer.Numbers(6, 4), StreamPeer.PushOf(frame).Values);
            return;
        }

        Assert.Equal((FrameKind.End, ErrorCode.OffsetOutOfRange), (frame.Header.Kind, frame.Code));
        Assert.Equal(new OffsetRange(6, 10), StreamPeer.RangeOf(frame));
    }

    [Fact]
    public async Task Retention_goes_on_under_a_tail_that_is_at_the_end()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer writer = await RawPeer.GreetAsync(server);
        using RawPeer reader = await RawPeer.GreetAsync(server);
        await writer.CreateAsync("s", (StreamOptionTag.Bytes, 2 * 1_024 * Kb));
        await reader.TailAsync(7, "s", StreamPeer.At(0), credits: CreditNotice.CreditsMax);
        string large = new('x', 64 * Kb);
        int next = 0;
        while ((await writer.RangeAsync("s")).First == 0)
        {
            Assert.True(next < 10_000, "nothing was let go of");
            await writer.AppendBatchAsync("s", new New(large), new New(large));
            Assert.Equal([(ulong)next, (ulong)next + 1], (await reader.ReadTailAsync(7, 2)).Select(record => record.Offset));
            next += 2;
        }
    }

    [Fact]
    public async Task A_tail_of_a_key_passes_over_all_others()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer writer = await RawPeer.GreetAsync(server);
        using RawPeer reader = await RawPeer.GreetAsync(server);
        await writer.CreateAsync("s");
        await writer.AppendBatchAsync(
            "s", [.. Enumerable.Range(0, 10_000).Select(i => new New(i.ToString(), Key: i % 1_000 == 999 ? "k" : "other"))]);
        await reader.TailAsync(7, "s", StreamPeer.At(0), credits: 12, key: "k");
        Assert.Equal(
            Enumerable.Range(1, 10).Select(i => $"{(i * 1_000) - 1}"), (await reader.ReadTailAsync(7, 10)).Select(record => record.Value));
        await writer.AppendAsync("s", "others'", key: "other");
        await writer.AppendAsync("s", "last", key: "k");
        Assert.Equal("last", (await reader.ReadTailAsync(7, 1)).Single().Value);

        Page waited = await reader.ReadStreamAsync("s", StreamPeer.At(10_001), waitMs: 5_000, key: "k");
        Assert.Equal("last", waited.Values.Single());
        Page none = await reader.ReadStreamAsync("s", StreamPeer.At(0), waitMs: 20, key: "no such key");
        Assert.Equal((0, 10_002ul), (none.Records.Count, none.ContinueAt));
    }

    [Fact]
    public async Task Many_tails_of_one_stream_get_each_record_once_in_order()
    {
        const int Tails = 200;
        const int Count = 500;
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer writer = await RawPeer.GreetAsync(server);
        await writer.CreateAsync("s");
        var readers = new RawPeer[8];
        for (int i = 0; i < readers.Length; i++)
        {
            readers[i] = await RawPeer.GreetAsync(server);
        }

        for (int i = 0; i < Tails; i++)
        {
            await readers[i % readers.Length].TailAsync((uint)i + 10, "s", StreamPeer.At(0), credits: CreditNotice.CreditsMax);
        }

        for (int i = 0; i < Count; i += 5)
        {
            await writer.AppendBatchAsync("s", StreamPeer.NewNumbers(i, 5));
        }

        var next = new Dictionary<uint, ulong>();
        foreach (RawPeer reader in readers)
        {
            for (int left = Tails / readers.Length * Count; left > 0;)
            {
                Frame frame = await reader.ReadAsync();
                foreach (Read record in StreamPeer.PushOf(frame).Records)
                {
                    ulong expected = next.GetValueOrDefault(frame.Header.Correlation);
                    Assert.Equal((expected, $"{expected}"), (record.Offset, record.Value));
                    next[frame.Header.Correlation] = expected + 1;
                    left--;
                }
            }

            reader.Dispose();
        }

        Assert.Equal((Tails, true), (next.Count, next.Values.All(count => count == Count)));
        await Poll.UntilAsync(() => server.Native.Streams.Totals.Readers == 0);
    }

    [Fact]
    public async Task A_thousand_streams_are_tailed_on_one_connection()
    {
        const int Streams = 1_000;
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer writer = await RawPeer.GreetAsync(server);
        using RawPeer reader = await RawPeer.GreetAsync(server);
        for (int i = 0; i < Streams; i++)
        {
            await writer.CreateAsync($"s{i}");
            await reader.TailAsync((uint)i + 10, $"s{i}", new StreamPosition(PositionKind.End), credits: 10);
        }

        for (int i = 0; i < Streams; i++)
        {
            await writer.AppendAsync($"s{i}", $"of {i}");
        }

        var got = new Dictionary<uint, string>();
        while (got.Count < Streams)
        {
            Frame frame = await reader.ReadAsync();
            got.Add(frame.Header.Correlation, StreamPeer.PushOf(frame).Values.Single());
        }

        Assert.All(got, pair => Assert.Equal($"of {pair.Key - 10}", pair.Value));
    }
}
