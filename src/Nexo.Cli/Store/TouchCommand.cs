using System.CommandLine;
using Nexo.Cli.Terminal;

namespace Nexo.Cli.Store;

internal static class TouchCommand
{
    public static Command Create()
    {
        Argument<string> key = StoreArguments.Key();
        Option<TimeSpan?> ttl = Parsers.Duration("--ttl", "Lives this long from now on");
        var persist = new Option<bool>("--persist") { Description = "Lives for ever from now on" };
        var command = new Command("touch", "Print a value and give its key a new expiry, in one step")
        {
            key, ttl, persist,
        };
        command.Aliases.Add("getex");
        command.Validators.Add(result =>
        {
            if (result.GetResult(ttl) is null != result.GetValue(persist))
            {
                result.AddError("Give either --ttl DURATION or --persist.");
            }
        });
        return command
            .OnServer(async run =>
            {
                byte[] name = run.Bytes(key);
                return run.Value(name, await run.Store.TouchBytesAsync(name, run.Get(ttl), run.Cancel));
            })
            .WithExamples(("Keep a session alive while it is used", "nexo store touch session:7 --ttl 30m"));
    }
}
