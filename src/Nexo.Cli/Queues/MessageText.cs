using System.Text;
using System.Text.Json;
using Nexo.Cli.Terminal;
using Nexo.Client;

namespace Nexo.Cli.Queues;

/// <summary>Messages as JSON.</summary>
internal static class MessageText
{
    /// <summary>A message that was delivered.</summary>
    public static void Write(Utf8JsonWriter json, QueueDelivery delivery)
    {
        json.WriteString("queue", delivery.Queue);
        json.WriteNumber("message_id", delivery.MessageId);
        json.WriteNumber("attempt", delivery.Attempt);
        json.WriteBoolean("redelivered", delivery.Redelivered);
        json.WriteNumber("priority", delivery.Priority);
        json.WriteNumber("enqueued_at_ms", delivery.EnqueuedAt.ToUnixTimeMilliseconds());
        json.WriteNumber("lease_ends_at_ms", delivery.LeaseEndsAt.ToUnixTimeMilliseconds());

        // A JSON number holds 53 bits for most readers, and a token has 64.
        json.WriteString("lease", $"{delivery.LeaseToken}");
        WriteParts(json, delivery.Group, delivery.Headers, delivery.RawBody);
    }

    /// <summary>A message where it lies.</summary>
    public static void Write(Utf8JsonWriter json, QueuedMessage<ReadOnlyMemory<byte>> message)
    {
        json.WriteNumber("message_id", message.MessageId);
        json.WriteNumber("attempts", message.Attempts);
        json.WriteNumber("failures", message.Failures);
        json.WriteNumber("priority", message.Priority);
        json.WriteNumber("enqueued_at_ms", message.EnqueuedAt.ToUnixTimeMilliseconds());
        if (message.VisibleAt is { } visibleAt)
        {
            json.WriteNumber("visible_at_ms", visibleAt.ToUnixTimeMilliseconds());
        }

        if (message.ExpiresAt is { } expiresAt)
        {
            json.WriteNumber("expires_at_ms", expiresAt.ToUnixTimeMilliseconds());
        }

        if (message is QueueDeadLetter<ReadOnlyMemory<byte>> dead)
        {
            json.WriteNumber("died_at_ms", dead.DiedAt.ToUnixTimeMilliseconds());
            json.WriteString("cause", QueueText.WordOf(QueueText.Causes, dead.Cause));
            json.WriteString("source", dead.Source);
            json.WriteString("reason", dead.Reason);
        }

        WriteParts(json, message.Group, message.Headers, message.RawBody);
    }

    /// <summary>The beginning of a body on one line, for a table.</summary>
    public static string Short(ReadOnlyMemory<byte> body, int width)
    {
        const string More = "…";

        // A byte is at least a column, so no more of it is looked at; a cut character shows as what it is.
        string text = EscapedText.Show(body.Span[..Math.Min(body.Length, width)]);
        return text.Length > width || body.Length > width ? text[..Math.Min(text.Length, width - 1)] + More : text;
    }

    public static ReadOnlyMemory<byte> Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private static void WriteParts(Utf8JsonWriter json, NexoKey group, NexoHeaders headers, ReadOnlyMemory<byte> body)
    {
        if (!group.IsEmpty)
        {
            json.WriteBytes("group", group.ToBytes().Span);
        }

        json.WriteStartObject("headers");
        foreach ((string name, string value) in headers.DistinctBy(header => header.Key))
        {
            json.WriteString(name, value);
        }

        json.WriteEndObject();
        json.WriteBytes("body", body.Span);
    }
}
