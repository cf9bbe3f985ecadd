namespace Nexo.Crash.Server;

/// <summary>How a server's file is run.</summary>
internal static class Programs
{
    public static IReadOnlyList<string> For(string file) =>
        file.EndsWith(".dll", StringComparison.Ordinal) ? ["dotnet", Path.GetFullPath(file)] : [Path.GetFullPath(file)];
}
