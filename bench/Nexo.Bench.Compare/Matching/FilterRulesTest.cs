using System.Text;
using Nexo.Engine.Topics;

namespace Nexo.Bench.Compare.Matching;

/// <summary>
/// Which filters and topics are valid, asked of mosquitto, of Nexo's rules and of the plain ones. Mosquitto ends a connection
/// that breaks them, so each question that it denies costs one.
/// </summary>
internal sealed class FilterRulesTest(int port, int seed) : IDisposable
{
    private static readonly TopicLimits Limits = new();

    private readonly RandomTopics _topics = new(new Random(seed));
    private MqttClient? _client;

    public long Valid { get; private set; }

    public long Invalid { get; private set; }

    public void Ask()
    {
        string text = _topics.MaybeFilter();
        if (text.Length == 0)
        {
            return;
        }

        byte[] utf8 = Encoding.UTF8.GetBytes(text);
        bool isFilter = TopicReference.IsFilter(text);
        Require("mosquitto", "filter", text, Accepts(client => Subscribe(client, text)), isFilter);
        Require(
            "Nexo", "filter", text, TopicRules.IsFilter(utf8, Limits), isFilter && TopicReference.IsNexoFilter(text));

        bool isTopic = TopicReference.IsTopic(text);
        Require("mosquitto", "topic", text, Accepts(client => Publish(client, text)), isTopic);
        Require("Nexo", "topic", text, TopicRules.IsTopic(utf8, Limits), isTopic && TopicReference.IsNexoTopic(text));
        (Valid, Invalid) = isFilter ? (Valid + 1, Invalid) : (Valid, Invalid + 1);
    }

    public void Dispose() => _client?.Dispose();

    private bool Accepts(Func<MqttClient, bool> ask)
    {
        _client ??= new MqttClient(port);
        try
        {
            return ask(_client);
        }
        catch (CompareFailure)
        {
            _client.Dispose();
            _client = null;
            return false;
        }
    }

    private static bool Subscribe(MqttClient client, string filter)
    {
        if (!client.Subscribe(filter))
        {
            return false;
        }

        client.Unsubscribe(filter);
        return true;
    }

    // What is refused ends the connection, and what comes after it is not answered.
    private static bool Publish(MqttClient client, string topic)
    {
        const string Answered = "answered";
        client.Publish(topic, 0);
        client.Flush();
        return Subscribe(client, Answered);
    }

    private static void Require(string who, string what, string text, bool takes, bool expected)
    {
        if (takes != expected)
        {
            throw new CompareFailure($"{who} {(takes ? "takes" : "refuses")} the {what} \"{text}\", other than the rules.");
        }
    }
}
