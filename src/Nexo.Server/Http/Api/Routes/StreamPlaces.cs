using System.Globalization;
using System.Text.Json;
using Nexo.Protocol;

namespace Nexo.Server.Http.Api;

/// <summary>Where reading a stream begins, and how its records stand in JSON.</summary>
internal static class StreamPlaces
{
    private const string TimeMark = "time:";
    private const string LastMark = "last:";

    public static ApiField From { get; } = new(
        "from", ApiKind.Text, "Where to begin: an offset, beginning, end, last:COUNT or time:MS [beginning; of a tail end]");

    public static ApiField Key { get; } = new("key", ApiKind.Bytes, "Only records with this key");

    public static ApiSchema Record { get; } = ApiSchema.Of(
        ("offset", ApiSchema.Number), ("timestamp_ms", ApiSchema.Number), ("producer_time?", ApiSchema.Flag), ("key*", ApiSchema.Text),
        ("headers", ApiSchema.Map(ApiSchema.Text)), ("tombstone?", ApiSchema.Flag), ("value*", ApiSchema.Text));

    /// <summary>Reads <see cref="From"/>; false: it says nothing that is known.</summary>
    public static bool TryRead(ApiValues values, out StreamPosition position, PositionKind otherwise = PositionKind.Beginning)
    {
        string text = values.Text(From.Name);
        position = new StreamPosition(otherwise);
        switch (text)
        {
            case "":
                return true;
            case "beginning":
                position = new StreamPosition(PositionKind.Beginning);
                return true;
            case "end":
                position = new StreamPosition(PositionKind.End);
                return true;
        }

        (PositionKind kind, string number) =
            text.StartsWith(TimeMark, StringComparison.Ordinal) ? (PositionKind.Time, text[TimeMark.Length..])
            : text.StartsWith(LastMark, StringComparison.Ordinal) ? (PositionKind.Last, text[LastMark.Length..])
            : (PositionKind.Offset, text);
        bool isRead = ulong.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out ulong value);
        position = new StreamPosition(kind, value);
        return isRead;
    }

    public static Task RefuseAsync(ApiExchange exchange) => exchange.RefuseAsync(
        ErrorCode.InvalidArgument, "'from' is not what it may be: an offset, beginning, end, last:COUNT or time:MS.");

    /// <summary>Writes a record as one object.</summary>
    public static void Write(Utf8JsonWriter json, in StreamedRecord record)
    {
        json.WriteStartObject();
        WriteFields(json, record);
        json.WriteEndObject();
    }

    /// <summary>Writes the fields of a record.</summary>
    public static void WriteFields(Utf8JsonWriter json, in StreamedRecord record)
    {
        json.WriteNumber("offset", record.Offset);
        json.WriteNumber("timestamp_ms", record.Timestamp);
        if ((record.Parts & RecordParts.Timestamp) != 0)
        {
            json.WriteBoolean("producer_time", true);
        }

        if (record.HasKey)
        {
            json.WriteBytes("key", record.Key);
        }

        json.WriteHeaders(record.Headers);
        if (record.IsTombstone)
        {
            json.WriteBoolean("tombstone", true);
        }
        else
        {
            json.WriteBytes("value", record.Value);
        }
    }
}
