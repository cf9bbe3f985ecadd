using System.CommandLine;
using Nexo.Cli.Terminal;
using Nexo.Client;

namespace Nexo.Cli.Streams;

/// <summary>The arguments that stream commands share.</summary>
internal static class StreamArguments
{
    public static Argument<string> Stream() => new("STREAM") { Description = "The stream's name" };

    public static Argument<string> Group() => new("GROUP") { Description = "The group's name" };

    /// <summary>The stream that was named; its values are any bytes.</summary>
    public static NexoStream<ReadOnlyMemory<byte>> Stream(this ClientRun run, Argument<string> argument) =>
        run.Client.Stream(run.Get(argument));

    public static Option<string?> Key(string description) => new("--key", "-k") { Description = description, HelpName = "KEY" };

    /// <summary>The key that was given, which may be empty; null when none was.</summary>
    public static NexoKey? Key(this ClientRun run, Option<string?> option) =>
        run.Get(option) is { } text ? new NexoKey(BytesArguments.Decode(run.Parsed, text, "key")) : default(NexoKey?);
}
