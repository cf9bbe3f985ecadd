using System.Text;
using Nexo.EndToEnd.Tests.Native;
using Nexo.Protocol;

namespace Nexo.EndToEnd.Tests.Topics;

/// <summary>A message that a subscription got, with how many were missing before it.</summary>
internal sealed record Received(string Topic, string Body, ulong MissedBefore, bool IsRetained, byte[] Headers);

/// <summary>The requests about topics that tests make over a raw connection.</summary>
internal static class TopicPeer
{
    public static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    /// <summary>Opens a subscription and waits for its answer, which is its only frame so far.</summary>
    public static async Task SubscribeAsync(
        this RawPeer peer,
        uint correlation,
        uint credits,
        string[] filters,
        SlowPolicy whenSlow = SlowPolicy.DropOldest,
        SubscribeFlags flags = SubscribeFlags.None,
        uint outboxBytes = 0)
    {
        Frame frame = await peer.AskAsync(
            Opcode.TopicSubscribe, correlation, buffer => Subscribe(buffer, credits, filters, whenSlow, flags, outboxBytes));
        Assert.True(frame.Header.Kind == FrameKind.Reply, frame.Header.Kind == FrameKind.Error ? frame.Message : "no reply");
        Assert.Equal((Opcode.TopicSubscribe, correlation, 0), (frame.Header.Opcode, frame.Header.Correlation, frame.Body.Length));
    }

    public static void Subscribe(
        FrameBuffer buffer,
        uint credits,
        string[] filters,
        SlowPolicy whenSlow = SlowPolicy.DropOldest,
        SubscribeFlags flags = SubscribeFlags.None,
        uint outboxBytes = 0)
    {
        new TopicSubscribeRequest { Credits = credits, WhenSlow = whenSlow, Flags = flags, OutboxBytes = outboxBytes }
            .WriteStart(buffer, (uint)filters.Length);
        foreach (string filter in filters)
        {
            buffer.WriteBlob(Bytes(filter));
        }
    }

    /// <summary>Writes one PUBLISH.</summary>
    public static void Publish(
        FrameBuffer buffer,
        FrameKind kind,
        uint correlation,
        string topic,
        ReadOnlySpan<byte> body,
        PublishFlags flags = PublishFlags.None,
        long? ttlMs = null)
    {
        buffer.Begin(Opcode.TopicPublish, kind, correlation);
        new TopicPublishRequest
        {
            Message = new TopicPublication
            {
                Topic = Bytes(topic),
                Flags = flags,
                Parts = ttlMs is null ? PublishParts.None : PublishParts.Ttl,
                TtlMs = ttlMs ?? 0,
                Body = body,
            },
        }.Write(buffer);
        buffer.End();
    }

    /// <summary>Publishes a message and waits until it is confirmed.</summary>
    public static async Task<TopicPublishReply> PublishAsync(
        this RawPeer peer, string topic, string body, PublishFlags flags = PublishFlags.None, long? ttlMs = null)
    {
        Frame frame = await peer.TryPublishAsync(topic, body, flags, ttlMs);
        Assert.True(frame.Header.Kind == FrameKind.Reply, frame.Header.Kind == FrameKind.Error ? frame.Message : "no reply");
        Assert.True(TopicPublishReply.TryRead(frame.Body, out TopicPublishReply reply));
        return reply;
    }

    public static async Task<Frame> TryPublishAsync(
        this RawPeer peer, string topic, string body, PublishFlags flags = PublishFlags.None, long? ttlMs = null)
    {
        await peer.SendAsync(buffer => Publish(buffer, FrameKind.Request, 900, topic, Bytes(body), flags, ttlMs));
        return await peer.ReadAsync();
    }

    /// <summary>Publishes many messages that nobody confirms.</summary>
    public static Task PostAsync(this RawPeer peer, string topic, params IEnumerable<string> bodies) =>
        peer.SendAsync(buffer =>
        {
            foreach (string body in bodies)
            {
                Publish(buffer, FrameKind.Notice, 901, topic, Bytes(body));
            }
        });

    /// <summary>Sets a binding.</summary>
    public static Task<Frame> BindAsync(
        this RawPeer peer,
        string name,
        string filter,
        string target,
        BindingTarget kind = BindingTarget.Queue,
        bool keyByTopic = false) =>
        peer.AskAsync(Opcode.BindingSet, 3, buffer => Bind(buffer, name, filter, target, kind, keyByTopic));

    public static void Bind(
        FrameBuffer buffer, string name, string filter, string target, BindingTarget kind, bool keyByTopic)
    {
        new BindingSetRequest
        {
            Kind = kind,
            Name = Bytes(name),
            Filter = Bytes(filter),
            Target = Bytes(target),
        }.WriteStart(buffer);
        BindingOptionFields.WriteKeyByTopic(buffer, keyByTopic);
    }

    public static List<Received> Messages(Frame frame)
    {
        Assert.True(
            frame.Header is { Opcode: Opcode.TopicSubscribe, Kind: FrameKind.Push },
            frame.Header.Kind is FrameKind.End or FrameKind.Error ? $"{frame.Header.Kind} {frame.Code}: {frame.Message}"
                : frame.Header.ToString());
        Assert.True(TopicPush.TryRead(frame.Body, out TopicPush push));
        List<Received> all = [];
        ulong missed = push.Missed;
        while (push.TryTake(out PublishedMessage message))
        {
            all.Add(new Received(
                Encoding.UTF8.GetString(message.Topic),
                Encoding.UTF8.GetString(message.Body),
                missed,
                message.IsRetained,
                message.Headers.ToArray()));
            missed = 0;
        }

        return all;
    }

    /// <summary>Reads pushes of one subscription, with no other frames between them, until so many messages have come.</summary>
    public static async Task<List<Received>> ReadMessagesAsync(this RawPeer peer, uint subscription, int count)
    {
        List<Received> all = [];
        while (all.Count < count)
        {
            Frame frame = await peer.ReadAsync();
            all.AddRange(Messages(frame));
            Assert.Equal(subscription, frame.Header.Correlation);
        }

        Assert.Equal(count, all.Count);
        return all;
    }

    /// <summary>Everything that was sent so far has come when the answer to a PING has; gives the frames before it.</summary>
    public static async Task<List<Frame>> ReadUntilPingAsync(this RawPeer peer)
    {
        List<Frame> all = [];
        await peer.RequestAsync(Opcode.Ping, 999, _ => { });
        while (true)
        {
            Frame frame = await peer.ReadAsync();
            if (frame.Header is { Opcode: Opcode.Ping, Kind: FrameKind.Reply })
            {
                return all;
            }

            all.Add(frame);
        }
    }

    public static IEnumerable<string> Numbers(int from, int count) =>
        Enumerable.Range(from, count).Select(number => number.ToString());

    public static IEnumerable<string> Bodies(IEnumerable<Received> messages) => messages.Select(message => message.Body);
}
