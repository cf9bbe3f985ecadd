using System.Text;
using Spectre.Console;

namespace Nexo.Cli.Terminal;

/// <summary>Spectre consoles over any writer; Spectre's own look only at the process's.</summary>
internal static class AnsiConsoles
{
    public static IAnsiConsole Create(TextWriter writer, int width, bool color, bool isTerminal) =>
        AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new Output(writer, width, isTerminal),
            Ansi = color || isTerminal ? AnsiSupport.Yes : AnsiSupport.No,
            ColorSystem = color ? ColorSystemSupport.Standard : ColorSystemSupport.NoColors,
            Interactive = isTerminal ? InteractionSupport.Yes : InteractionSupport.No,

            // Enrichment looks for CI systems in the environment and would turn colours on behind our back.
            Enrichment = new ProfileEnrichment { UseDefaultEnrichers = false },
        });

    private sealed class Output(TextWriter writer, int width, bool isTerminal) : IAnsiConsoleOutput
    {
        public TextWriter Writer => writer;

        public bool IsTerminal => isTerminal;

        public int Width => width;

        public int Height => 24;

        public void SetEncoding(Encoding encoding)
        {
            // The writer's encoding is settled where it is opened: UTF-8.
        }
    }
}
