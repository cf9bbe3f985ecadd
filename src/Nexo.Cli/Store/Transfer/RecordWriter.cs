using System.Text.Json;
using Nexo.Cli.Terminal;

namespace Nexo.Cli.Store.Transfer;

/// <summary>Writes records as <see cref="RecordParser"/> reads them.</summary>
internal static class RecordWriter
{
    public static void Write(Utf8JsonWriter json, in StoreRecord record)
    {
        json.WriteBytes("key", record.Key);
        if (record.Hash is { } hash)
        {
            json.WriteHash("hash", hash);
        }
        else
        {
            json.WriteBytes("value", record.Value);
        }

        if (record.TtlMs is { } ttlMs)
        {
            json.WriteNumber("ttl_ms", ttlMs);
        }

        if (record.ExpiresAtMs is { } expiresAtMs)
        {
            json.WriteNumber("expires_at_ms", expiresAtMs);
        }
    }
}
