using System.Text;
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
        new("publish", 3, RespFlags.PubSub | RespFlags.Fast, 0, 0, 0, Group, "Sends a message to a channel", Publish),
        new("pubsub", -2, RespFlags.PubSub, 0, 0, 0, Group, "CHANNELS, NUMSUB, NUMPAT, HELP: of clients of Redis", PubSub),
    ];

    private static void Subscribe(in RespRequest request) => request.Connection.Subscribe(request.Arguments.From(1));

    private static void Unsubscribe(in RespRequest request) => request.Connection.Unsubscribe(request.Arguments.From(1));

    private static void PSubscribe(in RespRequest request) => request.Connection.SubscribePatterns(request.Arguments.From(1));

    private static void PUnsubscribe(in RespRequest request) => request.Connection.UnsubscribePatterns(request.Arguments.From(1));

    private static void Publish(in RespRequest request)
    {
        RespConnection connection = request.Connection;
        TopicService topics = connection.Server.Topics;
        if (!RespChannels.TryTopic(request[1], topics.Limits, out ReadOnlySpan<byte> topic))
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
            request.Reply.Integer(Math.Max(0, published.Receivers - connection.Server.Patterns.CountMisses(topic, request[1])));
        }
        else
        {
            request.Fail($"ERR the message was refused: {status}");
        }
    }

    private static void PubSub(in RespRequest request)
    {
        if (request.Is(1, "channels"u8) && request.Count <= 3)
        {
            Channels(request);
        }
        else if (request.Is(1, "numsub"u8))
        {
            NumSub(request);
        }
        else if (request.Is(1, "numpat"u8) && request.Count == 2)
        {
            request.Reply.Integer(Clients(request).Sum(client => client.PatternCount));
        }
        else if (request.Is(1, "help"u8))
        {
            request.Reply.Array(1);
            request.Reply.Simple("PUBSUB CHANNELS|NUMSUB|NUMPAT|HELP"u8);
        }
        else
        {
            RespClients.FailSubcommand(request);
        }
    }

    private static void Channels(in RespRequest request)
    {
        byte[]? pattern = request.Count == 3 ? request[2].ToArray() : null;
        string[] channels =
        [
            .. Clients(request).SelectMany(client => client.ListChannels())
                .Where(channel => pattern is null || RespGlob.Matches(pattern, channel))
                .Select(channel => RespConnection.KeyOf(channel)).Distinct(),
        ];
        request.Reply.Array(channels.Length);
        foreach (string channel in channels)
        {
            request.Reply.Bulk(Encoding.Latin1.GetBytes(channel));
        }
    }

    private static void NumSub(in RespRequest request)
    {
        request.Reply.Array(2 * (request.Count - 2));
        for (int i = 2; i < request.Count; i++)
        {
            string key = RespConnection.KeyOf(request[i]);
            request.Reply.Bulk(request[i]);
            request.Reply.Integer(Clients(request).Count(client => client.HasChannel(key)));
        }
    }

    private static IEnumerable<RespConnection> Clients(in RespRequest request) =>
        request.Connection.All.All.OfType<RespConnection>();
}
