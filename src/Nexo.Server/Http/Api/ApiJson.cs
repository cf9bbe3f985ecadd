using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;
using Nexo.Protocol;

namespace Nexo.Server.Http.Api;

/// <summary>How things stand in the API's JSON, as in that of <c>nexo --json</c>.</summary>
internal static class ApiJson
{
    public const string Base64Suffix = "_base64";

    /// <summary>Of the body of a request: in memory it becomes more.</summary>
    public const int BodyBytesMax = 4 * 1_024 * 1_024;

    private const int TextsMax = 65_536;

    // What the names of rates end in.
    private const string RateSuffix = "_per_second";

    // Letters of other scripts stay readable; the type of the answer keeps it out of pages.
    public static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly JsonDocumentOptions ReaderOptions = new() { MaxDepth = 8, AllowDuplicateProperties = false };

    /// <summary>Bytes: as text, or as base64 under another name when they are not UTF-8.</summary>
    public static void WriteBytes(this Utf8JsonWriter json, string name, ReadOnlySpan<byte> bytes)
    {
        if (Utf8.IsValid(bytes))
        {
            json.WriteString(name, bytes);
        }
        else
        {
            json.WriteBase64String(name + Base64Suffix, bytes);
        }
    }

    /// <summary>The headers of a message as one object; of several with one name the first.</summary>
    public static void WriteHeaders(this Utf8JsonWriter json, ReadOnlySpan<byte> block)
    {
        json.WriteStartObject("headers");
        var seen = new HashSet<string>(StringComparer.Ordinal);
        while (HeaderBlock.TryReadNext(ref block, out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value))
        {
            string text = Encoding.UTF8.GetString(name);
            if (seen.Add(text))
            {
                json.WriteString(text, Encoding.UTF8.GetString(value));
            }
        }

        json.WriteEndObject();
    }

    /// <summary>What <see cref="WriteFigure"/> writes.</summary>
    public static ApiSchema SchemaOfFigure(string name) =>
        name.EndsWith(RateSuffix, StringComparison.Ordinal) ? ApiSchema.Real : ApiSchema.Number;

    /// <summary>A figure; a rate comes times a thousand.</summary>
    public static void WriteFigure(this Utf8JsonWriter json, string name, ulong value)
    {
        if (name.EndsWith(RateSuffix, StringComparison.Ordinal))
        {
            json.WriteNumber(name, value / 1_000.0);
        }
        else
        {
            json.WriteNumber(name, value);
        }
    }

    /// <summary>Where the next page begins, if there is one.</summary>
    public static void WriteCursor(this Utf8JsonWriter json, ReadOnlySpan<byte> cursor)
    {
        if (!cursor.IsEmpty)
        {
            json.WriteString("cursor", Convert.ToHexStringLower(cursor));
        }
    }

    /// <summary>Reads the body of a request; null: it is right, else what is wrong with it.</summary>
    public static string? Read(ReadOnlyMemory<byte> body, IReadOnlyList<ApiField> fields, ApiValues values)
    {
        if (body.IsEmpty)
        {
            return MissingOf(fields, values);
        }

        try
        {
            using var document = JsonDocument.Parse(body, ReaderOptions);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
            {
                return "The body is one JSON object.";
            }

            foreach (JsonProperty property in document.RootElement.EnumerateObject())
            {
                if (ReadProperty(property, fields, values) is { } problem)
                {
                    return problem;
                }
            }
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            // Also text that is not UTF-8, which is found where it is read.
            return $"The body is not JSON: {failure.Message}";
        }

        return MissingOf(fields, values);
    }

    private static string? MissingOf(IReadOnlyList<ApiField> fields, ApiValues values) =>
        fields.FirstOrDefault(field => field.IsRequired && !values.Has(field.Name)) is { } missing
            ? $"'{missing.Name}' is missing in the body: {missing.Allowed}."
            : null;

    private static string? ReadProperty(in JsonProperty property, IReadOnlyList<ApiField> fields, ApiValues values)
    {
        string name = property.Name;
        ApiField? field = fields.FirstOrDefault(one => one.Name == name);
        if (field is null)
        {
            string known = fields.Count == 0 ? "nothing" : string.Join(", ", fields.Select(one => one.Name));
            return $"'{name}' is not known here: the body may have {known}.";
        }

        JsonElement json = property.Value;
        ApiValue? value = (field.Kind, json.ValueKind) switch
        {
            (ApiKind.Number or ApiKind.Duration, JsonValueKind.Number) when json.TryGetInt64(out long number)
                && number >= field.Min && number <= field.Max => new ApiValue([], number),
            (ApiKind.Flag, JsonValueKind.True) => new ApiValue([], 1),
            (ApiKind.Flag, JsonValueKind.False) => new ApiValue([], 0),
            (ApiKind.Choice, JsonValueKind.String) when ApiText.IndexOf(field.Choices, json.GetString()!) is var index and >= 0 =>
                new ApiValue([], index),
            (ApiKind.Text or ApiKind.Bytes, JsonValueKind.String) when Encoding.UTF8.GetBytes(json.GetString()!) is var bytes
                && bytes.Length <= field.BytesMax => new ApiValue(bytes, 0),
            (ApiKind.Texts, JsonValueKind.Array) => TextsOf(json),
            _ => null,
        };
        if (value is not { } read)
        {
            string allowed = field.Kind == ApiKind.Duration ? "milliseconds, a whole number" : field.Allowed;
            return $"'{name}' is not what it may be: {allowed}.";
        }

        values.TryAdd(name, read);
        return null;
    }

    private static ApiValue? TextsOf(JsonElement array)
    {
        if (array.GetArrayLength() > TextsMax)
        {
            return null;
        }

        var texts = new List<byte[]>(array.GetArrayLength());
        foreach (JsonElement one in array.EnumerateArray())
        {
            if (one.ValueKind != JsonValueKind.String)
            {
                return null;
            }

            texts.Add(Encoding.UTF8.GetBytes(one.GetString()!));
        }

        return new ApiValue([], 0, texts);
    }
}
