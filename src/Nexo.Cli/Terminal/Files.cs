using System.CommandLine.Parsing;

namespace Nexo.Cli.Terminal;

/// <summary>Opens the files that people name; what is wrong with one is their news, not a defect.</summary>
internal static class Files
{
    public static async Task<byte[]> ReadAsync(string path, CancellationToken cancel)
    {
        await using FileStream file = OpenRead(path);
        using var buffer = new MemoryStream();
        await file.CopyToAsync(buffer, cancel);
        return buffer.ToArray();
    }

    /// <summary>Refuses a name of no file before anything is done.</summary>
    /// <param name="result">The option or the argument that holds the name.</param>
    /// <param name="standsForInput">The name that means standard input.</param>
    public static void RequireThere(SymbolResult result, string standsForInput)
    {
        foreach (string path in result.Tokens.Select(token => token.Value).Where(path => path != standsForInput))
        {
            if (!File.Exists(path))
            {
                result.AddError(Directory.Exists(path) ? $"'{path}' is a directory." : $"There is no file '{path}'.");
            }
        }
    }

    public static FileStream OpenRead(string path)
    {
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 1);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw CliFailure.Usage($"Cannot read '{path}': {refused.Message}");
        }
    }
}
