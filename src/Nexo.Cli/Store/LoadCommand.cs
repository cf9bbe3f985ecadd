using System.CommandLine;
using Nexo.Cli.Store.Transfer;
using Nexo.Cli.Terminal;

namespace Nexo.Cli.Store;

internal static class LoadCommand
{
    private const string FromInput = "-";

    public static Command Create()
    {
        var file = new Argument<string>("FILE")
        {
            Description = "NDJSON, one object a line; - or nothing is standard input",
            Arity = ArgumentArity.ZeroOrOne,
            DefaultValueFactory = _ => FromInput,
        };
        file.Validators.Add(result => Files.RequireThere(result, FromInput));
        var keyField = new Option<string?>("--key-field")
        {
            Description = "Store each object as it stands, under the text of this field",
            HelpName = "NAME",
        };
        var prefix = new Option<string>("--prefix")
        {
            Description = "Put this in front of every key",
            HelpName = "PREFIX",
            DefaultValueFactory = _ => "",
        };
        var goOn = new Option<bool>("--continue")
        {
            Description = "Report bad lines and go on; else the first one stops",
        };
        var command = new Command("load", "Store many entries from NDJSON") { file, keyField, prefix, goOn };
        return command
            .OnServer(
                async run =>
                {
                    string path = run.Parsed.GetValue(file)!;
                    await using Stream input = path == FromInput ? run.Console.Input : Files.OpenRead(path);
                    if (path == FromInput && run.Console.InputIsTerminal)
                    {
                        run.Remark("reading from the terminal; Ctrl-D ends");
                    }

                    byte[] prefixBytes = BytesArguments.Decode(run.Parsed, run.Parsed.GetValue(prefix)!, "prefix");
                    var parser = new RecordParser(run.Get(keyField), prefixBytes);
                    var session = new LoadSession(run, new LineReader(input), parser, run.Get(goOn));
                    return await session.RunAsync(Length(input));
                })
            .WithDetails(
                """A line is {"key":K, "value":V}, with "value_base64" for bytes or "hash":{F:V, ...} for a hash, """
                + """and maybe "ttl_ms" or "expires_at_ms"; 'nexo store dump' writes the same. With --key-field """
                + "any object will do. What was stored before a bad line stays.")
            .WithExamples(
                ("What a dump saved", "nexo store load backup.ndjson"),
                (
                    "The packages of this machine",
                    """dpkg-query -W -f='{"package":"${Package}","version":"${Version}"}\n' """
                    + "| nexo store load --key-field package --prefix pkg: -"),
                ("Skip lines that are no records", "nexo store load --continue export.ndjson"));
    }

    private static long? Length(Stream input) => input.CanSeek ? input.Length : null;
}
