using System.Globalization;
using Nexo.Cli.Terminal;

namespace Nexo.Cli.Bench;

/// <summary>One line on standard error that is written over and over; nothing where no person looks.</summary>
internal sealed class BenchProgress(CommandRun run, string noun = "requests")
{
    private const string ClearLine = "\r\e[K";
    private const int BarWidth = 24;

    private readonly bool _shown = run.Console.ErrorIsTerminal && !run.Settings.Quiet && !run.Settings.Json;

    public void Report(string name, double share, long replies)
    {
        if (_shown)
        {
            int filled = (int)(Math.Clamp(share, 0, 1) * BarWidth);
            string bar = new string('━', filled) + new string('─', BarWidth - filled);
            run.Console.Error.Write(string.Create(
                CultureInfo.InvariantCulture, $"{ClearLine}{name,-10} {bar} {replies:N0} {noun}"));
        }
    }

    public void Clear()
    {
        if (_shown)
        {
            run.Console.Error.Write(ClearLine);
        }
    }
}
