using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;

namespace Nexo.Cli.Terminal;

/// <summary>
/// How bytes stand in JSON: as text under their own name, or as base64 under <c>name_base64</c> when they are not
/// UTF-8.
/// </summary>
internal static class JsonExtensions
{
    public const string Base64Suffix = "_base64";

    // The relaxed encoder leaves letters of other scripts and quotes readable; nobody pastes this into HTML.
    public static readonly JsonWriterOptions WriterOptions =
        new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

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

    /// <summary>Fields and values as one object; all of them as base64 when any of them is not UTF-8.</summary>
    public static void WriteHash(
        this Utf8JsonWriter json, string name, IReadOnlyCollection<KeyValuePair<byte[], byte[]>> pairs)
    {
        bool text = pairs.All(pair => Utf8.IsValid(pair.Key) && Utf8.IsValid(pair.Value));
        json.WriteStartObject(text ? name : name + Base64Suffix);
        foreach ((byte[] field, byte[] value) in pairs)
        {
            if (text)
            {
                json.WriteString(field, value);
            }
            else
            {
                json.WriteBase64String(Convert.ToBase64String(field), value);
            }
        }

        json.WriteEndObject();
    }
}
