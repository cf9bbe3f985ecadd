namespace Nexo.Bench.Compare;

/// <summary>Finds, and where they are ours builds, the servers to compare.</summary>
internal static class Contenders
{
    private const string DefaultBinary = "out/nexo";
    private const string GarnetProject = "bench/Nexo.Bench.Garnet";

    private static readonly TimeSpan BuildWithin = TimeSpan.FromMinutes(15);

    /// <summary>What a server is called that is measured against itself.</summary>
    public static string Again(string name) => $"{name} again";

    public static StoreContender Redis(Durability durability, string name = "redis")
    {
        foreach (string program in (string[])["redis-server", "redis-benchmark"])
        {
            if (Tool.Find(program) is null)
            {
                throw new CompareFailure($"{program} is not installed; on Debian: apt-get install redis-server redis-tools");
            }
        }

        return new RespContender(name, (port, folder) => RedisCommandLine(port, folder, durability));
    }

    public static IReadOnlyList<string> RedisCommandLine(int port, string folder, Durability durability)
    {
        string[] log = durability switch
        {
            Durability.Interval => ["--appendonly", "yes", "--appendfsync", "everysec"],
            Durability.Fsync => ["--appendonly", "yes", "--appendfsync", "always"],
            _ => ["--appendonly", "no"],
        };
        return ["redis-server", "--port", $"{port}", "--bind", "127.0.0.1", "--dir", folder, "--save", "", .. log];
    }

    /// <param name="binary">Null: <c>out/nexo</c>, published first if it is not there.</param>
    public static async Task<NexoContender> NexoAsync(
        string? binary, Durability durability, CancellationToken cancel, string name = "nexo") =>
        new(name, await NexoBinaryAsync(binary, cancel), durability);

    /// <summary>Nexo's Redis port, driven by redis-benchmark.</summary>
    /// <param name="binary">Null: <c>out/nexo</c>, published first if it is not there.</param>
    public static async Task<StoreContender> NexoRespAsync(
        string? binary, Durability durability, CancellationToken cancel, string name = "nexo")
    {
        var native = new NexoContender(name, await NexoBinaryAsync(binary, cancel), durability);
        return new RespContender(
            name,
            (port, folder) => [.. native.CommandLine(ServerProcess.FreePort(), folder), "--resp-port", $"{port}"],
            native.ReadyText);
    }

    /// <summary>The full path.</summary>
    /// <param name="binary">Null: <c>out/nexo</c>, published first if it is not there.</param>
    public static async Task<string> NexoBinaryAsync(string? binary, CancellationToken cancel)
    {
        if (binary is null && !File.Exists(DefaultBinary))
        {
            await Console.Error.WriteLineAsync($"publishing {DefaultBinary} …");
            await Tool.RunAsync(
                "dotnet", ["publish", "src/Nexo.Cli", "-c", "Release", "-r", "linux-x64", "-o", "out"], BuildWithin, cancel);
        }

        string path = Path.GetFullPath(binary ?? DefaultBinary);
        return File.Exists(path) ? path : throw new CompareFailure($"There is no {path}.");
    }

    public static async Task<StoreContender> GarnetAsync(CancellationToken cancel)
    {
        await Console.Error.WriteLineAsync("building Garnet's host …");
        await Tool.RunAsync("dotnet", ["build", GarnetProject, "-c", "Release", "-v", "q"], BuildWithin, cancel);
        string program = Path.GetFullPath($"{GarnetProject}/bin/Release/net10.0/Nexo.Bench.Garnet.dll");
        return new RespContender("garnet", (port, _) => ["dotnet", program, "--bind", "127.0.0.1", "--port", $"{port}"]);
    }
}
