using System.Runtime.CompilerServices;

namespace Nexo.Protocol.Tests;

/// <summary>Files of the repository that the tests hold the code against.</summary>
internal static class Repository
{
    public static string ProtocolText => File.ReadAllText(Path.Combine(Root(), "docs", "protocol.md"));

    public static string Vectors => File.ReadAllText(Path.Combine(Root(), "protocol", "vectors.json"));

    private static string Root([CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", ".."));
}
