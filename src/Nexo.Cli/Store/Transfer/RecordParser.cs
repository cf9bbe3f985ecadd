using System.Text.Json;
using System.Text.Unicode;

namespace Nexo.Cli.Store.Transfer;

/// <summary>Why a line is not a record.</summary>
internal sealed class BadRecordException(string reason) : Exception(reason);

/// <summary>
/// Reads lines of NDJSON: either what <c>store dump</c> writes, or with a key field any JSON object, which is then
/// stored as it stands under the text of that field.
/// </summary>
internal sealed class RecordParser(string? keyField = null, byte[]? prefix = null)
{
    private readonly byte[] _prefix = prefix ?? [];

    /// <summary>Reads one line.</summary>
    /// <exception cref="BadRecordException">It is not a record; the message says why.</exception>
    public StoreRecord Parse(ReadOnlySpan<byte> line)
    {
        if (!Utf8.IsValid(line))
        {
            throw new BadRecordException(
                "the line is not UTF-8; bytes go into key_base64 and value_base64");
        }

        try
        {
            return keyField is null ? ParseEntry(line) : ParseObject(line, keyField);
        }
        catch (JsonException invalid)
        {
            throw new BadRecordException($"not a JSON object: {FirstSentence(invalid.Message)}");
        }
        catch (InvalidOperationException)
        {
            // Utf8JsonReader: the one thing that valid UTF-8 cannot decode to is half of a surrogate pair.
            throw new BadRecordException("a string holds half a surrogate pair");
        }
        catch (FormatException)
        {
            throw new BadRecordException("a base64 field does not hold base64");
        }
    }

    private StoreRecord ParseEntry(ReadOnlySpan<byte> line)
    {
        var reader = new Utf8JsonReader(line);
        StartObject(ref reader);
        byte[]? key = null;
        byte[]? value = null;
        List<KeyValuePair<byte[], byte[]>>? hash = null;
        long? ttlMs = null;
        long? expiresAtMs = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string name = reader.GetString()!;
            reader.Read();
            switch (name)
            {
                case "key":
                    key = Text(ref reader, name);
                    break;
                case "key_base64":
                    key = Base64(ref reader, name);
                    break;
                case "value":
                    value = Value(ref reader, line);
                    break;
                case "value_base64":
                    value = Base64(ref reader, name);
                    break;
                case "hash":
                    hash = Hash(ref reader, base64: false);
                    break;
                case "hash_base64":
                    hash = Hash(ref reader, base64: true);
                    break;
                case "ttl_ms":
                    ttlMs = Number(ref reader, name, minimum: 1);
                    break;
                case "expires_at_ms":
                    expiresAtMs = Number(ref reader, name, minimum: long.MinValue);
                    break;
                default:
                    throw new BadRecordException(
                        $"unknown property '{name}'; to store objects of your own under a field use --key-field");
            }
        }

        End(ref reader);
        Require(key is not null, "there is no \"key\" (or \"key_base64\")");
        Require(value is null != (hash is null), "give either \"value\" (or \"value_base64\") or \"hash\"");
        Require(hash is not { Count: 0 }, "\"hash\" has no field; a hash is never empty");
        Require(ttlMs is null || expiresAtMs is null, "give either \"ttl_ms\" or \"expires_at_ms\"");
        return new StoreRecord([.. _prefix, .. key!], value ?? [])
        {
            Hash = hash,
            TtlMs = ttlMs,
            ExpiresAtMs = expiresAtMs,
        };
    }

    private StoreRecord ParseObject(ReadOnlySpan<byte> line, string field)
    {
        var reader = new Utf8JsonReader(line);
        StartObject(ref reader);
        byte[]? key = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            bool isKey = reader.ValueTextEquals(field);
            reader.Read();
            if (isKey)
            {
                key = KeyText(ref reader, field);
            }

            reader.Skip();
        }

        End(ref reader);
        Require(key is not null, $"there is no field \"{field}\"");
        return new StoreRecord([.. _prefix, .. key!], line.Trim(" \t\r\n"u8).ToArray());
    }

    private static void StartObject(ref Utf8JsonReader reader)
    {
        Require(reader.Read() && reader.TokenType == JsonTokenType.StartObject, "not a JSON object");
    }

    // Anything after the object makes the reader throw.
    private static void End(ref Utf8JsonReader reader) => reader.Read();

    private static byte[] KeyText(ref Utf8JsonReader reader, string field) => reader.TokenType switch
    {
        JsonTokenType.String => Unescaped(ref reader),
        JsonTokenType.Number or JsonTokenType.True or JsonTokenType.False => reader.ValueSpan.ToArray(),
        _ => throw new BadRecordException($"field \"{field}\" is no text and no number"),
    };

    private static byte[] Text(ref Utf8JsonReader reader, string name)
    {
        Require(reader.TokenType == JsonTokenType.String, $"\"{name}\" is not a string");
        return Unescaped(ref reader);
    }

    /// <summary>A string's text; anything else as the JSON that it is.</summary>
    private static byte[] Value(ref Utf8JsonReader reader, ReadOnlySpan<byte> line)
    {
        Require(reader.TokenType != JsonTokenType.Null, "\"value\" is null");
        if (reader.TokenType == JsonTokenType.String)
        {
            return Unescaped(ref reader);
        }

        int start = (int)reader.TokenStartIndex;
        reader.Skip();
        return line[start..(int)reader.BytesConsumed].ToArray();
    }

    private static byte[] Base64(ref Utf8JsonReader reader, string name)
    {
        Require(
            reader.TokenType == JsonTokenType.String && reader.TryGetBytesFromBase64(out _),
            $"\"{name}\" does not hold base64");
        return reader.GetBytesFromBase64();
    }

    private static long Number(ref Utf8JsonReader reader, string name, long minimum)
    {
        long number = 0;
        Require(
            reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out number) && number >= minimum,
            minimum > 0 ? $"\"{name}\" is not a whole number above 0" : $"\"{name}\" is not a whole number");
        return number;
    }

    private static List<KeyValuePair<byte[], byte[]>> Hash(ref Utf8JsonReader reader, bool base64)
    {
        string name = base64 ? "hash_base64" : "hash";
        Require(reader.TokenType == JsonTokenType.StartObject, $"\"{name}\" is not an object");
        var pairs = new List<KeyValuePair<byte[], byte[]>>();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            byte[] field = base64 ? Convert.FromBase64String(reader.GetString()!) : Unescaped(ref reader);
            reader.Read();
            pairs.Add(new(field, base64 ? Base64(ref reader, name) : Text(ref reader, $"{name}.{reader.TokenType}")));
        }

        return pairs;
    }

    private static byte[] Unescaped(ref Utf8JsonReader reader)
    {
        if (!reader.ValueIsEscaped)
        {
            return reader.ValueSpan.ToArray();
        }

        byte[] buffer = new byte[reader.ValueSpan.Length];
        int written = reader.CopyString(buffer);
        return buffer.AsSpan(0, written).ToArray();
    }

    private static void Require(bool held, string reason)
    {
        if (!held)
        {
            throw new BadRecordException(reason);
        }
    }

    // The framework appends positions and advice to its first sentence.
    private static string FirstSentence(string message)
    {
        int end = message.IndexOf(". ", StringComparison.Ordinal);
        return end < 0 ? message : message[..end];
    }
}
