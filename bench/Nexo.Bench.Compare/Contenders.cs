namespace Nexo.Bench.Compare;

/// <summary>Finds, and where they are ours builds, the servers to compare.</summary>
internal static class Contenders
{
    private const string DefaultBinary = "out/nexo";
    private const string GarnetProject = "bench/Nexo.Bench.Garnet";

    private static readonly TimeSpan BuildWithin = TimeSpan.FromMinutes(15);

    /// <summary>What a server is called that is measured against itself.</summary>
    public static string Again(string name) => $"{name} again";

    public static Contender Redis(Durability durability, string name = "redis")
    {
        foreach (string program in (string[])["redis-server", "redis-benchmark"])
        {
            if (Tool.Find(program) is null)
            {
                throw new CompareFailure($"{program} is not installed; on Debian: apt-get install redis-server redis-tools");
            }
        }

        string[] log = durability switch
        {
            Durability.Interval => ["--appendonly", "yes", "--appendfsync", "everysec"],
            Durability.Fsync => ["--appendonly", "yes", "--appendfsync", "always"],
            _ => ["--appendonly", "no"],
        };
        return new RespContender(name, (port, folder) =>
            ["redis-server", "--port", $"{port}", "--bind", "127.0.0.1", "--dir", folder, "--save", "", .. log]);
    }

    /// <param name="binary">Null: <c>out/nexo</c>, published first if it is not there.</param>
    public static async Task<NexoContender> NexoAsync(
        string? binary, Durability durability, CancellationToken cancel, string name = "nexo")
    {
        if (binary is null && !File.Exists(DefaultBinary))
        {
            await Console.Error.WriteLineAsync($"publishing {DefaultBinary} …");
            await Tool.RunAsync(
                "dotnet", ["publish", "src/Nexo.Cli", "-c", "Release", "-r", "linux-x64", "-o", "out"], BuildWithin, cancel);
        }

        string path = Path.GetFullPath(binary ?? DefaultBinary);
        return File.Exists(path) ? new NexoContender(name, path, durability) : throw new CompareFailure($"There is no {path}.");
    }

    public static async Task<Contender> GarnetAsync(CancellationToken cancel)
    {
        await Console.Error.WriteLineAsync("building Garnet's host …");
        await Tool.RunAsync("dotnet", ["build", GarnetProject, "-c", "Release", "-v", "q"], BuildWithin, cancel);
        string program = Path.GetFullPath($"{GarnetProject}/bin/Release/net10.0/Nexo.Bench.Garnet.dll");
        return new RespContender("garnet", (port, _) => ["dotnet", program, "--bind", "127.0.0.1", "--port", $"{port}"]);
    }
}
