using Nexo.Protocol;

namespace Nexo.Crash.Server;

/// <summary>How the server under test is started: the program, and the settings that a scenario wants.</summary>
internal sealed record ServerLaunch
{
    /// <summary>The program and its first arguments: the native binary, or <c>dotnet nexo.dll</c>.</summary>
    public required IReadOnlyList<string> Program { get; init; }

    public required string DataDirectory { get; init; }

    /// <summary>What the server is set to.</summary>
    public Durability Durability { get; init; } = Durability.Fsync;

    /// <summary>
    /// What the ledger takes the server's default to be. Another than <see cref="Durability"/> is a server that lies,
    /// to see that the ledger finds it out.
    /// </summary>
    public Durability? Claimed { get; init; }

    /// <summary>Further <c>section.key=value</c> settings.</summary>
    public IReadOnlyList<string> Settings { get; init; } = [];

    /// <summary>A program that runs the server as its child, such as strace with its arguments.</summary>
    public IReadOnlyList<string> Wrapper { get; init; } = [];

    public Durability LedgerDefault => Claimed ?? Durability;

    /// <summary>Small segments and frequent snapshots, so that every part of the log's life comes up often.</summary>
    public static IReadOnlyList<string> SmallLog { get; } =
        ["storage.segment-bytes=4mb", "storage.snapshot-wal-bytes=8mb"];

    public IReadOnlyList<string> CommandLine()
    {
        List<string> words =
        [
            .. Wrapper, .. Program, "serve", "--data", DataDirectory, "--port", "0", "--http-port", "0",
            "--log-format", "json", "--set", $"store.durability={Name(Durability)}",
        ];
        IEnumerable<string> lies = Claimed is null
            ? []
            : [$"topics.durability={Name(Durability)}", $"mqtt.durability={Name(Durability)}"];
        foreach (string setting in Settings.Concat(lies))
        {
            words.Add("--set");
            words.Add(setting);
        }

        return words;
    }

    private static string Name(Durability durability) => durability switch
    {
        Durability.Memory => "memory",
        Durability.Interval => "interval",
        _ => "fsync",
    };
}
