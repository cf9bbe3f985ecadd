using System.Text.Json;
using Nexo.Cli.Terminal;
using Nexo.Client;

namespace Nexo.Cli.Topics;

/// <summary>Published messages as JSON.</summary>
internal static class PublishedText
{
    public static void Write(Utf8JsonWriter json, TopicMessage<ReadOnlyMemory<byte>> message)
    {
        json.WriteString("topic", message.Topic);
        json.WriteBoolean("retained", message.IsRetained);
        WriteParts(json, message.Headers, message.RawBody);
    }

    public static void Write(Utf8JsonWriter json, RetainedMessage<ReadOnlyMemory<byte>> message)
    {
        json.WriteString("topic", message.Topic);
        json.WriteNumber("set_at_ms", message.SetAt.ToUnixTimeMilliseconds());
        if (message.ExpiresAt is { } expiresAt)
        {
            json.WriteNumber("expires_at_ms", expiresAt.ToUnixTimeMilliseconds());
        }

        WriteParts(json, message.Headers, message.RawBody);
    }

    public static void WriteParts(Utf8JsonWriter json, NexoHeaders headers, ReadOnlyMemory<byte> body)
    {
        json.WriteStartObject("headers");
        foreach ((string name, string value) in headers.DistinctBy(header => header.Key))
        {
            json.WriteString(name, value);
        }

        json.WriteEndObject();
        json.WriteBytes("body", body.Span);
    }
}
