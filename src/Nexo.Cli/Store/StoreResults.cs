using System.Text.Json;
using Nexo.Cli.Terminal;
using Nexo.Client;

namespace Nexo.Cli.Store;

/// <summary>Results that several Store commands print alike.</summary>
internal static class StoreResults
{
    /// <summary>What became of a write.</summary>
    public static int Stored(ClientRun run, byte[] key, StoreSetResult result)
    {
        if (run.Out.Json)
        {
            run.Out.Object(json => WriteStored(json, key, result.Stored, result.Version));
        }
        else if (result.Stored)
        {
            run.Out.Line(run.Out.ForPeople
                ? $"{run.Out.Good("stored")} {run.Out.Dim($"version {result.Version}")}"
                : $"{result.Version}");
        }

        if (!result.Stored)
        {
            run.Remark(Refusal(result.Version));
        }

        return result.Stored ? ExitCode.Ok : ExitCode.Negative;
    }

    public static void WriteStored(Utf8JsonWriter json, byte[] key, bool stored, ulong version)
    {
        json.WriteBytes("key", key);
        json.WriteBoolean("stored", stored);
        json.WriteNumber("version", version);
    }

    public static string Refusal(ulong version) => version == 0
        ? "not stored: there is no such key"
        : $"not stored: the condition does not hold; the entry has version {version}";

    /// <summary>A number that a command answers with.</summary>
    public static int Number(
        CommandRun run, string name, long number, string people, Action<Utf8JsonWriter>? more = null)
    {
        run.Out.Result($"{number}", people, json =>
        {
            more?.Invoke(json);
            json.WriteNumber(name, number);
        });
        return ExitCode.Ok;
    }

    /// <summary>A number about a key.</summary>
    public static int Number(CommandRun run, byte[] key, string name, long number, string? people = null) =>
        Number(run, name, number, people ?? $"{number}", json => json.WriteBytes("key", key));

    /// <summary>Yes or no about a key: exit code 0 or 1.</summary>
    public static int YesNo(CommandRun run, byte[] key, string name, bool yes, string whenYes, string whenNo)
    {
        run.Out.Result(yes ? "1" : "0", yes ? run.Out.Good(whenYes) : run.Out.Dim(whenNo), json =>
        {
            json.WriteBytes("key", key);
            json.WriteBoolean(name, yes);
        });
        return yes ? ExitCode.Ok : ExitCode.Negative;
    }

    /// <summary>How many, as people say it: <c>1 key</c>, <c>2,000 keys</c>.</summary>
    public static string Count(long number, string noun, string? plural = null) =>
        number == 1 ? $"1 {noun}" : $"{number:N0} {plural ?? noun + "s"}";
}
