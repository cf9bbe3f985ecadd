using System.CommandLine;
using Nexo.Cli.Terminal;

namespace Nexo.Cli.Store;

internal static class RangeCommand
{
    public static Command Create()
    {
        Argument<string> key = StoreArguments.Key();
        Argument<long> first = StoreArguments.Position("FIRST", "The first byte, from 0; negative counts from the end");
        Argument<long> last =
            StoreArguments.Position("LAST", "The last byte, included; -1 is the end, also when not given");
        last.Arity = ArgumentArity.ZeroOrOne;
        last.DefaultValueFactory = _ => -1;
        var command = new Command("range", "Print a part of a value") { key, first, last };
        command.Aliases.Add("getrange");
        return command
            .OnServer(async run =>
            {
                byte[] name = run.Bytes(key);
                return run.Value(
                    name, await run.Store.RangeAsync(name, run.Get(first), run.Get(last), run.Cancel));
            })
            .WithExamples(
                ("The first hundred bytes", "nexo store range page:1 0 99"),
                ("The last ten", "nexo store range page:1 -10"));
    }
}
