using System.CommandLine;
using Nexo.Cli.Terminal;

namespace Nexo.Cli.Store;

/// <summary>Where a value comes from: the argument, standard input (<c>-</c>) or a file. The latter two are binary-safe.</summary>
internal sealed class ValueInput
{
    private const string FromInput = "-";

    private readonly Argument<string?> _value = new("VALUE")
    {
        Description = "The value; - reads it from standard input",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<string?> _file = new("--file", "-f")
    {
        Description = "Read the value from a file; - is standard input",
        HelpName = "FILE",
    };

    public void AddTo(Command command)
    {
        command.Add(_value);
        command.Add(_file);
    }

    public async Task<byte[]> ReadAsync(ClientRun run)
    {
        string? text = run.Parsed.GetValue(_value);
        string? file = run.Get(_file);
        if (text is null == (file is null))
        {
            throw CliFailure.Usage(
                file is null ? "There is no VALUE." : "Give either VALUE or --file, not both.",
                "- reads it from standard input, --file FILE from a file");
        }

        if (text == FromInput || file == FromInput)
        {
            using var buffer = new MemoryStream();
            await run.Console.Input.CopyToAsync(buffer, run.Cancel).WaitAsync(run.Cancel);
            return buffer.ToArray();
        }

        return file is not null
            ? await Files.ReadAsync(file, run.Cancel)
            : BytesArguments.Decode(run.Parsed, text!, "value");
    }
}
