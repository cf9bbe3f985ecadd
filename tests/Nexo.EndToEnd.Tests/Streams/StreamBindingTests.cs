using System.Text;
using Nexo.EndToEnd.Tests.Data;
using Nexo.EndToEnd.Tests.Native;
using Nexo.EndToEnd.Tests.Topics;
using Nexo.Protocol;
using Nexo.Storage;

namespace Nexo.EndToEnd.Tests.Streams;

/// <summary>Topics that feed streams.</summary>
public sealed class StreamBindingTests
{
    [Fact]
    public async Task A_message_becomes_a_record_with_its_headers_its_topic_and_its_topic_as_the_key()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer peer = await RawPeer.GreetAsync(server);
        Assert.Equal(ErrorCode.StreamNotFound, (await BindAsync(peer, "b", "orders/#", "s", keyByTopic: true)).Code);
        await peer.CreateAsync("s");
        await peer.CreateAsync("plain");
        StreamPeer.Reply(await BindAsync(peer, "b", "orders/#", "s", keyByTopic: true), Opcode.BindingSet);
        StreamPeer.Reply(await BindAsync(peer, "plain", "#", "plain", keyByTopic: false), Opcode.BindingSet);

        Assert.Equal(new TopicPublishReply(0, 2), await peer.PublishAsync("orders/1", "body"));
        await peer.SendAsync(buffer =>
        {
            buffer.Begin(Opcode.TopicPublish, FrameKind.Notice, 2, FrameFlags.Headers);
            HeaderBlock.WriteBlock(buffer, [1, (byte)'k', 1, 0, (byte)'v']);
            new TopicPublishRequest { Message = new() { Topic = "other"u8, Body = "noticed"u8 } }.Write(buffer);
            buffer.End();
        });

        Read keyed = (await peer.ReadStreamAsync("s", StreamPeer.At(0), waitMs: 5_000)).Records.Single();
        Assert.Equal(("orders/1", "body", "nexo-topic=orders/1"), (keyed.Key, keyed.Value, Headers(keyed)));
        await Poll.UntilAsync(() => server.Native.Streams.Totals.Appended == 3);
        Page plain = await peer.ReadStreamAsync("plain", StreamPeer.At(0));
        Assert.Equal(["body", "noticed"], plain.Values);
        Assert.Equal((null, "k=v nexo-topic=other"), (plain.Records[1].Key, Headers(plain.Records[1])));
    }

    [Fact]
    public async Task A_binding_whose_stream_is_gone_or_takes_no_such_record_refuses()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer peer = await RawPeer.GreetAsync(server);
        await peer.CreateAsync("s", (StreamOptionTag.RecordBytesMax, 40));
        await BindAsync(peer, "b", "t", "s", keyByTopic: false);
        await peer.PublishAsync("t", "short");
        Assert.Equal(ErrorCode.BindingRefused, (await peer.TryPublishAsync("t", new string('x', 41))).Code);
        await peer.DeleteStreamAsync("s");
        Assert.Equal(ErrorCode.BindingRefused, (await peer.TryPublishAsync("t", "short")).Code);
        await peer.CreateAsync("s");
        Assert.Equal(new TopicPublishReply(0, 1), await peer.PublishAsync("t", "again"));
    }

    [Fact]
    public async Task A_publish_is_confirmed_when_the_stream_s_record_is_on_disk()
    {
        var disk = new SimulatedDisk();
        await using TestServer server = await DurableServer.StartAsync(disk);
        using RawPeer peer = await RawPeer.GreetAsync(server);
        using RawPeer other = await RawPeer.GreetAsync(server);
        await peer.CreateAsync("s");
        await BindAsync(peer, "b", "bound", "s", keyByTopic: false);
        using var gate = new DiskGate(disk);
        gate.Close();
        await peer.SendAsync(buffer => TopicPeer.Publish(buffer, FrameKind.Request, 2, "bound", "held"u8));
        await Poll.UntilAsync(() => gate.Waiting > 0);
        await other.PublishAsync("free", "x");
        Assert.False(peer.HasAnswer);
        Assert.Empty((await other.ReadStreamAsync("s", StreamPeer.At(0))).Records);
        gate.Open();

        Assert.Equal((2u, FrameKind.Reply), (await peer.ReadAsync()).Header is var header ? (header.Correlation, header.Kind) : default);
        Assert.Equal("held", (await other.ReadStreamAsync("s", StreamPeer.At(0))).Values.Single());
    }

    private static Task<Frame> BindAsync(RawPeer peer, string name, string filter, string stream, bool keyByTopic) =>
        peer.AskAsync(Opcode.BindingSet, 3, buffer =>
        {
            new BindingSetRequest
            {
                Kind = BindingTarget.Stream,
                Name = StreamPeer.Bytes(name),
                Filter = StreamPeer.Bytes(filter),
                Target = StreamPeer.Bytes(stream),
            }.WriteStart(buffer);
            BindingOptionFields.WriteKeyByTopic(buffer, keyByTopic);
        });

    private static string Headers(Read record)
    {
        var all = new StringBuilder();
        ReadOnlySpan<byte> block = record.Headers;
        while (!block.IsEmpty)
        {
            int value = 1 + block[0];
            int length = block[value] | (block[value + 1] << 8);
            all.Append(' ').Append(Encoding.UTF8.GetString(block[1..value])).Append('=')
                .Append(Encoding.UTF8.GetString(block.Slice(value + 2, length)));
            block = block[(value + 2 + length)..];
        }

        return all.ToString().Trim();
    }
}
