using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Nexo.Cli.Store.Transfer;
using Nexo.Cli.Terminal;
using Nexo.Client;
using Message = Nexo.Client.StreamMessage<System.ReadOnlyMemory<byte>>;

namespace Nexo.Cli.Streams;

/// <summary>Makes a record of a line, whose bytes it copies.</summary>
internal interface IRecordLines
{
    /// <exception cref="BadRecordException">It is no record; the message says why.</exception>
    Message Parse(ReadOnlySpan<byte> line);
}

/// <summary>Lines that are values; all have the same options.</summary>
internal sealed class PlainLines(StreamRecordOptions options) : IRecordLines
{
    public Message Parse(ReadOnlySpan<byte> line) => new(line.ToArray(), options);
}

/// <summary>Lines that are JSON objects and stay what they are; the text of a field is the key.</summary>
internal sealed class KeyedLines(string keyField, StreamRecordOptions options) : IRecordLines
{
    private readonly RecordParser _parser = new(keyField);

    public Message Parse(ReadOnlySpan<byte> line)
    {
        StoreRecord record = _parser.Parse(line);
        return new Message(record.Value, options with { Key = record.Key });
    }
}

/// <summary>
/// Lines that are records as <c>read --json</c> writes them: <c>{"value":V}</c>, with <c>"value_base64"</c> for bytes, and maybe
/// <c>"key"</c>, <c>"headers"</c>, <c>"timestamp_ms"</c> and <c>"tombstone"</c>. What the options say goes for lines that say
/// nothing else.
/// </summary>
/// <param name="options">Of all.</param>
/// <param name="withTimes">Whether a time counts; else each gets the server's.</param>
internal sealed class JsonLines(StreamRecordOptions options, bool withTimes) : IRecordLines
{
    public Message Parse(ReadOnlySpan<byte> line)
    {
        if (!Utf8.IsValid(line))
        {
            throw new BadRecordException("the line is not UTF-8; bytes go into key_base64 and value_base64");
        }

        try
        {
            var document = new Utf8JsonReader(line);
            using JsonDocument json = JsonDocument.ParseValue(ref document);
            if (document.Read())
            {
                throw new BadRecordException("there is more than one object");
            }

            return Read(json.RootElement);
        }
        catch (JsonException invalid)
        {
            throw new BadRecordException($"not a JSON object: {invalid.Message.Split(". ")[0]}");
        }
        catch (Exception unreadable) when (unreadable is FormatException or InvalidOperationException)
        {
            // Base64 that is none; half of a surrogate pair, the one thing that valid UTF-8 cannot be decoded to.
            throw new BadRecordException(
                unreadable is FormatException ? "a base64 field does not hold base64" : "a string holds half a surrogate pair");
        }
    }

    private Message Read(JsonElement json)
    {
        Require(json.ValueKind == JsonValueKind.Object, "not a JSON object");
        StreamRecordOptions found = options;
        ReadOnlyMemory<byte>? value = null;
        foreach (JsonProperty property in json.EnumerateObject())
        {
            switch (property.Name)
            {
                case RecordText.Value:
                    value = ValueOf(property.Value);
                    break;
                case RecordText.Value + JsonExtensions.Base64Suffix:
                    value = Base64(property);
                    break;
                case RecordText.Key:
                    found = found with { Key = Text(property) };
                    break;
                case RecordText.Key + JsonExtensions.Base64Suffix:
                    found = found with { Key = Base64(property) };
                    break;
                case RecordText.Headers:
                    found = found with { Headers = HeadersOf(property) };
                    break;
                case RecordText.Timestamp:
                    found = withTimes ? found with { Timestamp = Moment(property) } : found;
                    break;
                case RecordText.Tombstone:
                    found = found with { IsTombstone = Flag(property) };
                    break;
                case RecordText.Stream or RecordText.Offset or RecordText.ProducerTime:
                    // Where it was before.
                    break;
                default:
                    throw new BadRecordException(
                        $"unknown property '{property.Name}'; to append objects of your own use --lines or --key-field");
            }
        }

        Require(value is null == found.IsTombstone, found.IsTombstone ? "a tombstone has no value" : "there is no \"value\"");
        Require(!found.IsTombstone || found.Key is not null, "a tombstone needs a key");
        return new Message(value ?? default, found);
    }

    /// <summary>A string's text; anything else as the JSON that it is.</summary>
    private static ReadOnlyMemory<byte> ValueOf(JsonElement value) => value.ValueKind == JsonValueKind.String
        ? RecordBytes(value.GetString()!)
        : RecordBytes(value.GetRawText());

    private static ReadOnlyMemory<byte> RecordBytes(string text) => Encoding.UTF8.GetBytes(text);

    private static byte[] Base64(JsonProperty property)
    {
        Require(property.Value.ValueKind == JsonValueKind.String, $"\"{property.Name}\" does not hold base64");
        return property.Value.GetBytesFromBase64();
    }

    private static string Text(JsonProperty property)
    {
        Require(property.Value.ValueKind == JsonValueKind.String, $"\"{property.Name}\" is not a string");
        return property.Value.GetString()!;
    }

    private static bool Flag(JsonProperty property)
    {
        Require(property.Value.ValueKind is JsonValueKind.True or JsonValueKind.False, $"\"{property.Name}\" is not true or false");
        return property.Value.GetBoolean();
    }

    private static DateTimeOffset Moment(JsonProperty property)
    {
        long milliseconds = 0;
        bool read = property.Value.ValueKind == JsonValueKind.Number
            && property.Value.TryGetInt64(out milliseconds)
            && MomentText.TryParse($"{milliseconds}", out _);
        Require(read, $"\"{property.Name}\" is not a time in milliseconds since 1970");
        return DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);
    }

    private static List<KeyValuePair<string, string>> HeadersOf(JsonProperty headers)
    {
        Require(headers.Value.ValueKind == JsonValueKind.Object, $"\"{headers.Name}\" is not an object");
        List<KeyValuePair<string, string>> found = [];
        long bytes = 0;
        foreach (JsonProperty header in headers.Value.EnumerateObject())
        {
            int nameBytes = Encoding.UTF8.GetByteCount(header.Name);
            bool isName = nameBytes is > 0 and <= byte.MaxValue && !header.Name.Any(char.IsAsciiLetterUpper);
            Require(isName, $"the name of a header has 1 to 255 bytes and no capitals: '{header.Name}'");
            found.Add(new(header.Name, Text(header)));

            // As they are sent, with the lengths before them.
            bytes += sizeof(byte) + nameBytes + sizeof(ushort) + Encoding.UTF8.GetByteCount(found[^1].Value);
        }

        Require(bytes <= ushort.MaxValue, $"the headers of a record have 65,535 bytes at most; these have {bytes:N0}");
        return found;
    }

    private static void Require(bool held, string reason)
    {
        if (!held)
        {
            throw new BadRecordException(reason);
        }
    }
}
