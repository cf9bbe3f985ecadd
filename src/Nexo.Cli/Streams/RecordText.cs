using System.Globalization;
using System.Text.Json;
using Nexo.Cli.Queues;
using Nexo.Cli.Terminal;
using Record = Nexo.Client.StreamRecord<System.ReadOnlyMemory<byte>>;

namespace Nexo.Cli.Streams;

/// <summary>Records in the forms of output. What is written as JSON, <c>append --ndjson</c> takes.</summary>
internal static class RecordText
{
    /// <summary>The properties of a record.</summary>
    public const string Stream = "stream";
    public const string Offset = "offset";
    public const string Timestamp = "timestamp_ms";
    public const string ProducerTime = "producer_time";
    public const string Key = "key";
    public const string Headers = "headers";
    public const string Tombstone = "tombstone";
    public const string Value = "value";

    public static void Write(Utf8JsonWriter json, string stream, in Record record)
    {
        json.WriteString(Stream, stream);
        WriteParts(json, record);
    }

    /// <summary>All but the name of its stream.</summary>
    public static void WriteParts(Utf8JsonWriter json, in Record record)
    {
        json.WriteNumber(Offset, record.Offset);
        json.WriteNumber(Timestamp, record.Timestamp.ToUnixTimeMilliseconds());
        if (record.HasProducerTimestamp)
        {
            json.WriteBoolean(ProducerTime, true);
        }

        if (record.Key is { } key)
        {
            json.WriteBytes(Key, key.ToBytes().Span);
        }

        json.WriteStartObject(Headers);
        foreach ((string name, string value) in record.Headers.DistinctBy(header => header.Key))
        {
            json.WriteString(name, value);
        }

        json.WriteEndObject();
        if (record.IsTombstone)
        {
            json.WriteBoolean(Tombstone, true);
        }
        else
        {
            json.WriteBytes(Value, record.RawValue.Span);
        }
    }

    /// <summary>One line for people: where it is, what it is about, what it says.</summary>
    public static string Line(CliOutput output, in Record record, bool withTime)
    {
        string time = withTime ? $" {Moment(record.Timestamp)}" : "";
        string key = record.Key is { } found ? $" {output.Bold(output.Shown(found.ToBytes().Span))}" : "";
        string value = record.IsTombstone ? output.Dim("(deleted)") : output.Shown(record.RawValue.Span);
        return $"{output.Dim($"{record.Offset}{time}")}{key} {value}";
    }

    /// <summary>Offset, time in ms, key and value, with tabs between.</summary>
    public static void WriteItems(CliOutput output, in Record record) => output.Items(
        MessageText.Bytes($"{record.Offset}"),
        MessageText.Bytes($"{record.Timestamp.ToUnixTimeMilliseconds()}"),
        record.Key?.ToBytes() ?? default,
        record.RawValue);

    private static string Moment(DateTimeOffset moment) =>
        moment.ToUniversalTime().ToString("yyyy-MM-dd HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
