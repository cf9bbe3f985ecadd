using System.Diagnostics;

namespace Nexo.Crash.Machine;

/// <summary>A program of the system that is run to its end.</summary>
internal static class Tool
{
    /// <exception cref="MachineException">It is not there, or ended with another code than 0.</exception>
    public static async Task<string> RunAsync(params string[] words)
    {
        try
        {
            var start = new ProcessStartInfo(words[0], words.Skip(1))
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            };
            using Process process = Process.Start(start)!;
            Task<string> output = process.StandardOutput.ReadToEndAsync();
            string error = await process.StandardError.ReadToEndAsync();
            await process.WaitForExitAsync();
            return process.ExitCode == 0
                ? await output
                : throw new MachineException(
                    $"{string.Join(' ', words)} ended with {process.ExitCode}: {error.Trim()}");
        }
        catch (System.ComponentModel.Win32Exception failure)
        {
            throw new MachineException($"{words[0]}: {failure.Message}");
        }
    }
}

/// <summary>
/// The machine does not let itself be treated like this: not root, no loop device, a tool that is missing.
/// </summary>
internal sealed class MachineException(string message) : Exception(message);
