using System.CommandLine;
using System.CommandLine.Parsing;
using Nexo.Cli.Terminal;

namespace Nexo.Cli.Store;

/// <summary>
/// Where a value comes from: the argument, standard input (<c>-</c>) or a file. The latter two are binary-safe.
/// </summary>
/// <param name="noun">What it is called.</param>
internal sealed class ValueInput(string noun = "value")
{
    private const string FromInput = "-";

    private readonly Argument<string?> _value = new(noun.ToUpperInvariant())
    {
        Description = $"The {noun}; - reads it from standard input",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<string?> _file = new("--file", "-f")
    {
        Description = $"Read the {noun} from a file; - is standard input",
        HelpName = "FILE",
    };

    /// <param name="command">The command that takes it.</param>
    /// <param name="lines">Set: the input is lines, and standard input unless a file is named.</param>
    public void AddTo(Command command, Option<bool>? lines = null) =>
        AddTo(command, result => lines is not null && result.GetValue(lines));

    /// <param name="command">The command that takes it.</param>
    /// <param name="isLines">Whether the input is lines, and standard input unless a file is named.</param>
    /// <param name="isNone">Whether there is to be none.</param>
    public void AddTo(Command command, Func<CommandResult, bool> isLines, Func<CommandResult, bool>? isNone = null)
    {
        command.Add(_value);
        command.Add(_file);
        command.Validators.Add(result =>
        {
            bool hasFile = result.GetResult(_file) is not null;
            bool hasValue = result.GetResult(_value) is { Tokens.Count: > 0 };
            if (isNone?.Invoke(result) == true)
            {
                if (hasFile || hasValue)
                {
                    result.AddError($"There is to be no {noun} here.");
                }
            }
            else if (isLines(result))
            {
                if (hasValue && result.GetValue(_value) != FromInput)
                {
                    result.AddError($"Lines come from standard input or from --file, not from {_value.Name}.");
                }
            }
            else if (hasFile == hasValue)
            {
                result.AddError(hasFile
                    ? $"Give either {_value.Name} or --file, not both."
                    : $"There is no {_value.Name}; - reads it from standard input, --file FILE from a file.");
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
            : BytesArguments.Decode(run.Parsed, text!, noun);
    }

    /// <summary>The file, or standard input.</summary>
    public Stream Open(ClientRun run) =>
        run.Get(_file) is { } file && file != FromInput ? Files.OpenRead(file) : run.Console.Input;
}
