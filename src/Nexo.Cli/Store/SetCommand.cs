using System.CommandLine;
using Nexo.Cli.Terminal;
using Nexo.Client;

namespace Nexo.Cli.Store;

internal static class SetCommand
{
    public static Command Create()
    {
        Argument<string> key = StoreArguments.Key();
        var value = new ValueInput();
        var expiry = new ExpiryOptions();
        var condition = new ConditionOptions();
        var keepTtl = new Option<bool>("--keep-ttl") { Description = "Keep the expiry that the entry has" };
        var previous = new Option<bool>("--get") { Description = "Print the value that was there before" };
        var command = new Command("set", "Store a value under a key") { key };
        value.AddTo(command);
        expiry.AddTo(command);
        command.Add(keepTtl);
        condition.AddTo(command, existence: true);
        command.Add(previous);
        command.Validators.Add(result =>
        {
            bool expires = result.GetResult(expiry.Ttl) is not null || result.GetResult(expiry.ExpiresAt) is not null;
            if (result.GetValue(keepTtl) && expires)
            {
                result.AddError("--keep-ttl does not go with --ttl or --expires-at.");
            }
        });
        return command
            .OnServer(async run =>
            {
                byte[] name = run.Bytes(key);
                byte[] bytes = await value.ReadAsync(run);
                var options = new StoreSetOptions
                {
                    Ttl = run.Get(expiry.Ttl),
                    ExpiresAt = run.Get(expiry.ExpiresAt),
                    KeepTtl = run.Get(keepTtl),
                    When = condition.Of(run),
                };
                return run.Get(previous)
                    ? Swapped(run, name, await run.Store.SwapBytesAsync(name, bytes, options, run.Cancel))
                    : StoreResults.Stored(run, name, await run.Store.SetBytesAsync(name, bytes, options, run.Cancel));
            })
            .WithDetails("Prints the new version of the entry. Exit code 1 when the condition did not hold.")
            .WithExamples(
                ("Keep a value for five minutes", "nexo store set session:7 alice --ttl 5m"),
                ("A file, byte for byte", "nexo store set photo:1 --file photo.jpg"),
                ("From a pipe", "date | nexo store set now -"),
                ("Take a lock that frees itself", "nexo store set lock:job $$ --nx --ttl 30s"),
                ("Replace, and print what was there", "nexo store set color blue --get"),
                ("A value that begins with a dash", "nexo store set temperature -- -5"));
    }

    private static int Swapped(ClientRun run, byte[] key, StoreSwapResult<ReadOnlyMemory<byte>> result)
    {
        if (run.Out.Json)
        {
            run.Out.Object(json =>
            {
                StoreResults.WriteStored(json, key, result.Stored, result.Version);
                json.WriteBoolean("previous_found", result.PreviousFound);
                if (result.PreviousFound)
                {
                    json.WriteBytes("previous", result.Previous.Span);
                }
            });
        }
        else if (result.PreviousFound)
        {
            run.Out.Value(result.Previous.Span);
        }

        if (!result.Stored)
        {
            run.Remark(StoreResults.Refusal(result.Version));
        }

        return result.Stored ? ExitCode.Ok : ExitCode.Negative;
    }
}
