using Nexo.Engine.Store;
using Nexo.Engine.Topics;

namespace Nexo.Server.Resp;

/// <summary>Pub/Sub: channels are topics, see <see cref="RespChannels"/>.</summary>
internal static class RespPubSubCommands
{
    private const string Group = "pubsub";
    private const RespFlags Subscribes = RespFlags.PubSub | RespFlags.WhenSubscribed | RespFlags.NotInTransaction;

    public static IEnumerable<RespCommand> All =>
    [
        new("subscribe", -2, Subscribes, 0, 0, 0, Group, "Has messages of channels sent", Subscribe),
        new("unsubscribe", -1, Subscribes, 0, 0, 0, Group, "Ends that, for some channels or all", Unsubscribe),
        new("psubscribe", -2, Subscribes, 0, 0, 0, Group, "Has messages of channels sent that match patterns", PSubscribe),
        new("punsubscribe", -1, Subscribes, 0, 0, 0, Group, "Ends that, for some patterns or all", PUnsubscribe),
        new("ssubscribe", -2, Subscribes, 1, -1, 1, Group, "As SUBSCRIBE, to channels of a name space of their own", SSubscribe),
        new("sunsubscribe", -1, Subscribes, 1, -1, 1, Group, "Ends that, for some of them or all", SUnsubscribe),
        new("spublish", 3, RespFlags.PubSub | RespFlags.Fast, 1, 1, 1, Group, "Sends a message to such a channel", SPublish),
        new("publish", 3, RespFlags.PubSub | RespFlags.Fast, 0, 0, 0, Group, "Sends a message to a channel", Publish),
        new("pubsub", -2, RespFlags.PubSub, 0, 0, 0, Group,
            "CHANNELS, NUMSUB, NUMPAT, SHARDCHANNELS, SHARDNUMSUB, HELP: of clients of Redis", PubSub),
    ];

    private static void Subscribe(in RespRequest request) => request.Connection.Channels.Subscribe(request.Arguments.From(1));

    private static void Unsubscribe(in RespRequest request) => request.Connection.Channels.Unsubscribe(request.Arguments.From(1));

    private static void SSubscribe(in RespRequest request) => request.Connection.Shards.Subscribe(request.Arguments.From(1));

    private static void SUnsubscribe(in RespRequest request) => request.Connection.Shards.Unsubscribe(request.Arguments.From(1));

    private static void PSubscribe(in RespRequest request) => request.Connection.SubscribePatterns(request.Arguments.From(1));

    private static void PUnsubscribe(in RespRequest request) => request.Connection.UnsubscribePatterns(request.Arguments.From(1));

    private static void Publish(in RespRequest request) => Publish(request, request.Connection.Server.Channels);

    private static void SPublish(in RespRequest request) => Publish(request, request.Connection.Server.ShardChannels);

    private static void Publish(in RespRequest request, RespChannelSpace space)
    {
        RespConnection connection = request.Connection;
        TopicService topics = connection.Server.Topics;
        if (!space.TryTopic(request[1], topics.Limits, out ReadOnlySpan<byte> topic))
        {
            request.Fail("ERR the name of the channel is too long"u8);
            return;
        }

        var message = new TopicMessage { Topic = topic, Body = request[2], Publisher = connection.TopicOwner };
        TopicStatus status = topics.Publish(message, connection.TopicWork, out TopicPublished published);
        if (published.Bindings > 0)
        {
            connection.NoteWritten();
        }

        if (published.WaitsForLog)
        {
            connection.AwaitLog();
        }

        if (status == TopicStatus.Ok)
        {
            int misses = space.IsSharded ? 0 : connection.Server.Patterns.CountMisses(topic, request[1]);
            request.Reply.Integer(Math.Max(0, published.Receivers - misses));
        }
        else
        {
            request.Fail($"ERR the message was refused: {status}");
        }
    }

    private static void PubSub(in RespRequest request)
    {
        RespServer server = request.Connection.Server;
        if (request.Is(1, "channels"u8) && request.Count <= 3)
        {
            Channels(request, server.Channels);
        }
        else if (request.Is(1, "numsub"u8))
        {
            NumSub(request, server.Channels);
        }
        else if (request.Is(1, "numpat"u8) && request.Count == 2)
        {
            request.Reply.Integer(server.Patterns.CountDistinct());
        }
        else if (request.Is(1, "shardchannels"u8) && request.Count <= 3)
        {
            Channels(request, server.ShardChannels);
        }
        else if (request.Is(1, "shardnumsub"u8))
        {
            NumSub(request, server.ShardChannels);
        }
        else if (request.Is(1, "help"u8))
        {
            request.Reply.Array(1);
            request.Reply.Simple("PUBSUB CHANNELS|NUMSUB|NUMPAT|SHARDCHANNELS|SHARDNUMSUB|HELP"u8);
        }
        else
        {
            RespClients.FailSubcommand(request);
        }
    }

    private static void Channels(in RespRequest request, RespChannelSpace space)
    {
        var sink = new RespItemSink(request.Connection);
        foreach (string key in space.List())
        {
            byte[] channel = RespChannelSet.BytesOf(key);
            if ((request.Count < 3 || RespGlob.Matches(request[2], channel)) && !sink.Add(channel))
            {
                break;
            }
        }

        RespCollections.EndArray(request, StoreStatus.Ok, sink.Count);
    }

    private static void NumSub(in RespRequest request, RespChannelSpace space)
    {
        request.Reply.Array(2 * (request.Count - 2));
        for (int i = 2; i < request.Count; i++)
        {
            request.Reply.Bulk(request[i]);
            request.Reply.Integer(space.CountOf(RespChannelSet.KeyOf(request[i])));
        }
    }
}
