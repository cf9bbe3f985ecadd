using Spectre.Console;

namespace Nexo.Cli.Terminal;

/// <summary>
/// A terminal's other screen, drawn over and over; the one before comes back at the end. Each drawing goes over the one
/// before it instead of clearing first, so that nothing flickers.
/// </summary>
internal sealed class LiveScreen : IDisposable
{
    private const string Enter = "\e[?1049h\e[?25l";
    private const string Leave = "\e[?25h\e[?1049l";
    private const string Home = "\e[H";
    private const string ClearLine = "\e[K";
    private const string ClearBelow = "\e[J";

    private readonly CliOutput _output;

    public LiveScreen(CliOutput output)
    {
        _output = output;
        output.Control(Enter);
    }

    /// <summary>Draws from the upper left corner.</summary>
    public void Draw(Action<IAnsiConsole> draw)
    {
        _output.Control(Home);
        _output.Render(draw, lineEnd: ClearLine + "\n");
        _output.Control(ClearBelow);
        _output.Flush();
    }

    public void Dispose()
    {
        _output.Control(Leave);
        _output.Flush();
    }
}
