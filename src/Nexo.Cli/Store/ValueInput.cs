using System.CommandLine;
using Nexo.Cli.Terminal;

namespace Nexo.Cli.Store;

/// <summary>
/// Where a value comes from: the argument, standard input (<c>-</c>) or a file. The latter two are binary-safe.
/// </summary>
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
        command.Validators.Add(result =>
        {
            bool hasFile = result.GetResult(_file) is not null;
            bool hasValue = result.GetResult(_value) is { Tokens.Count: > 0 };
            if (hasFile == hasValue)
            {
                result.AddError(hasFile
                    ? "Give either VALUE or --file, not both."
                    : "There is no VALUE; - reads it from standard input, --file FILE from a file.");
            }
        });
        _file.Validators.Add(result => Files.RequireThere(result, FromInput));
    }

    public async Task<byte[]> ReadAsync(ClientRun run)
    {
        string? text = run.Parsed.GetValue(_value);
        string? file = run.Get(_file);
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
