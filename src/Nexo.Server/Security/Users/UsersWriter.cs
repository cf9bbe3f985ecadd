using System.Text.Encodings.Web;
using System.Text.Json;

namespace Nexo.Server.Security;

/// <summary>Writes the file of users, as <see cref="UsersReader"/> reads it.</summary>
internal static class UsersWriter
{
    private const string MomentFormat = "yyyy-MM-dd'T'HH:mm:ss'Z'";

    // Rules are full of signs that a page of HTML would mind, and this is none.
    private static readonly JsonWriterOptions Options = new()
    {
        Indented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static byte[] Write(IReadOnlyList<UserEntry> users)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes, Options))
        {
            json.WriteStartObject();
            json.WriteNumber("version", UsersReader.Version);
            json.WriteStartArray("users");
            foreach (UserEntry user in users)
            {
                Write(json, user);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        bytes.WriteByte((byte)'\n');
        return bytes.ToArray();
    }

    private static void Write(Utf8JsonWriter json, UserEntry user)
    {
        json.WriteStartObject();
        json.WriteString("name", user.Name);
        if (user.Password is { } password)
        {
            json.WriteString("password", password.Format());
        }

        if (user.Certificate is { } certificate)
        {
            json.WriteString("certificate", certificate);
        }

        if (user.Namespace is { } space)
        {
            json.WriteString("namespace", space);
        }

        if (!user.Limits.IsNone)
        {
            WriteLimits(json, user.Limits);
        }

        if (user.Tokens.Count > 0)
        {
            json.WriteStartArray("tokens");
            foreach (UserToken token in user.Tokens)
            {
                Write(json, token);
            }

            json.WriteEndArray();
        }

        json.WriteStartArray("rules");
        foreach (AccessRule rule in user.Rules)
        {
            json.WriteStringValue(rule.ToString());
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteLimits(Utf8JsonWriter json, UserLimits limits)
    {
        json.WriteStartObject("limits");
        (string Key, long Value)[] all =
        [
            (UserLimits.ConnectionsKey, limits.ConnectionsMax),
            (UserLimits.RateKey, limits.RequestsPerSecond),
            (UserLimits.InFlightBytesKey, limits.InFlightBytesMax),
        ];
        foreach ((string key, long value) in all)
        {
            if (value > 0)
            {
                json.WriteNumber(key, value);
            }
        }

        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, UserToken token)
    {
        json.WriteStartObject();
        json.WriteString("id", token.Id);
        json.WriteString("sha256", token.Hash.Format());
        json.WriteString("created", token.CreatedAt.UtcDateTime.ToString(MomentFormat));
        if (token.ExpiresAt is { } expires)
        {
            json.WriteString("expires", expires.UtcDateTime.ToString(MomentFormat));
        }

        json.WriteEndObject();
    }
}
