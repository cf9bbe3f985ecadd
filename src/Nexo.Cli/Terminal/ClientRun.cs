using System.CommandLine;
using Nexo.Cli.Store;
using Nexo.Client;

namespace Nexo.Cli.Terminal;

/// <summary>One run of a command that talks to a server.</summary>
internal sealed class ClientRun(ParseResult parsed, NexoClient client, CancellationToken cancel)
    : CommandRun(parsed, cancel)
{
    public NexoClient Client => client;

    public NexoStore Store { get; } = StoreOptions.DurabilityOf(parsed) is { } durability
        ? client.Store.WithDurability(durability)
        : client.Store;

    public byte[] Bytes(Argument<string> argument) =>
        BytesArguments.Decode(Parsed, Get(argument), argument.Name.ToLowerInvariant());

    public byte[][] Bytes(Argument<string[]> argument) =>
        [.. Get(argument).Select(text => BytesArguments.Decode(Parsed, text, argument.Name.ToLowerInvariant()))];

    /// <summary>The empty prefix when it was not given.</summary>
    public byte[] Prefix(Argument<string?> argument) =>
        BytesArguments.Decode(Parsed, Parsed.GetValue(argument) ?? "", "prefix");

    /// <summary>A value, or that there is none.</summary>
    public int Value(byte[] key, StoreEntry<ReadOnlyMemory<byte>>? entry, byte[]? field = null)
    {
        if (entry is not { } found)
        {
            return Missing(key, field);
        }

        if (Out.Json)
        {
            Out.Object(json =>
            {
                WriteKey(json, key, field);
                json.WriteBoolean("found", true);
                json.WriteBytes("value", found.Value.Span);
                json.WriteNumber("version", found.Version);
            });
        }
        else
        {
            Out.Value(found.Value.Span);
        }

        return ExitCode.Ok;
    }

    /// <summary>There is no such key, or no such field.</summary>
    public int Missing(byte[] key, byte[]? field = null)
    {
        if (Out.Json)
        {
            Out.Object(json =>
            {
                WriteKey(json, key, field);
                json.WriteBoolean("found", false);
            });
        }

        Remark(field is null ? "no such key" : "no such field");
        return ExitCode.Negative;
    }

    private static void WriteKey(System.Text.Json.Utf8JsonWriter json, byte[] key, byte[]? field)
    {
        json.WriteBytes("key", key);
        if (field is not null)
        {
            json.WriteBytes("field", field);
        }
    }
}
