namespace Nexo.Bench.Compare;

/// <summary>Finds, and where they are ours builds, the servers to compare.</summary>
internal static class Contenders
{
    private const string DefaultBinary = "out/nexo";
    private const string GarnetProject = "bench/Nexo.Bench.Garnet";

    private static readonly TimeSpan BuildWithin = TimeSpan.FromMinutes(15);

    /// <summary>What a server is called that is measured against itself.</summary>
    public static string Again(string name) => $"{name} again";

    public static Contender Redis(string name = "redis")
    {
        foreach (string program in (string[])["redis-server", "redis-benchmark"])
        {
            if (Tool.Find(program) is null)
            {
                throw new CompareFailure($"{program} is not installed; on Debian: apt-get install redis-server redis-tools");
            }
        }

        return new RespContender(name, port =>
            ["redis-server", "--port", $"{port}", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]);
    }

    /// <param name="binary">Null: <c>out/nexo</c>, published first if it is not there.</param>
    public static async Task<NexoContender> NexoAsync(string? binary, CancellationToken cancel, string name = "nexo")
    {
        if (binary is null && !File.Exists(DefaultBinary))
        {
            await Console.Error.WriteLineAsync($"publishing {DefaultBinary} …");
            await Tool.RunAsync(
                "dotnet", ["publish", "src/Nexo.Cli", "-c", "Release", "-r", "linux-x64", "-o", "out"], BuildWithin, cancel);
        }

        string path = Path.GetFullPath(binary ?? DefaultBinary);
        return File.Exists(path) ? new NexoContender(name, path) : throw new CompareFailure($"There is no {path}.");
    }

    public static async Task<Contender> GarnetAsync(CancellationToken cancel)
    {
        await Console.Error.WriteLineAsync("building Garnet's host …");
        await Tool.RunAsync("dotnet", ["build", GarnetProject, "-c", "Release", "-v", "q"], BuildWithin, cancel);
        string program = Path.GetFullPath($"{GarnetProject}/bin/Release/net10.0/Nexo.Bench.Garnet.dll");
        return new RespContender("garnet", port => ["dotnet", program, "--bind", "127.0.0.1", "--port", $"{port}"]);
    }
}
