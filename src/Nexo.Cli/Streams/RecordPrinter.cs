using System.CommandLine;
using Nexo.Cli.Terminal;
using Record = Nexo.Client.StreamRecord<System.ReadOnlyMemory<byte>>;

namespace Nexo.Cli.Streams;

/// <summary>How records are printed, by the options that say so.</summary>
internal sealed class PrintOptions
{
    private readonly Option<bool> _verbose = new("--verbose", "-v")
    {
        Description = "Print each one's offset, time and key before its value",
    };

    private readonly Option<bool> _raw = new("--raw") { Description = "Print values as they are, with nothing between them" };

    public void AddTo(Command command)
    {
        command.Add(_verbose);
        command.Add(_raw);
        command.Validators.Add(result =>
        {
            if (result.GetValue(_verbose) && result.GetValue(_raw))
            {
                result.AddError("Give either --verbose or --raw, not both.");
            }
        });
    }

    public RecordPrinter Of(ClientRun run, string stream) => new(run.Out, stream, run.Get(_verbose), run.Get(_raw));
}

/// <summary>Prints records in the form that is wanted.</summary>
internal sealed class RecordPrinter(CliOutput output, string stream, bool verbose, bool raw)
{
    public void Print(in Record record)
    {
        if (output.Json)
        {
            Record written = record;
            output.Object(json => RecordText.Write(json, stream, written));
        }
        else if (raw)
        {
            output.Value(record.RawValue.Span);
        }
        else if (output.ForPeople)
        {
            output.Line(RecordText.Line(output, record, withTime: verbose));
        }
        else if (verbose)
        {
            RecordText.WriteItems(output, record);
        }
        else
        {
            output.Body(record.RawValue.Span);
        }
    }
}
