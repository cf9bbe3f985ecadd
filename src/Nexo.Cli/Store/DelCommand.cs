using System.CommandLine;
using Nexo.Cli.Terminal;
using Nexo.Client;
using Nexo.Protocol;

namespace Nexo.Cli.Store;

internal static class DelCommand
{
    public static Command Create()
    {
        Argument<string[]> keys = StoreArguments.Keys();
        var condition = new ConditionOptions();
        var command = new Command("del", "Delete keys") { keys };
        command.Aliases.Add("mdel");
        condition.AddTo(command, existence: false);
        command.Validators.Add(result =>
        {
            if (condition.IsGiven(result) && result.GetResult(keys) is { Tokens.Count: > 1 })
            {
                result.AddError("A condition is about one key; there are several.");
            }
        });
        return command
            .OnServer(async run =>
            {
                byte[][] names = run.Bytes(keys);
                if (names.Length == 1)
                {
                    return One(run, names[0], await run.Store.DeleteAsync(names[0], condition.Of(run), run.Cancel));
                }

                long deleted =
                    await run.Store.DeleteManyAsync([.. names.Select(name => new NexoKey(name))], run.Cancel);
                StoreResults.Number(run, "deleted", deleted, $"{StoreResults.Count(deleted, "key")} deleted");
                return deleted > 0 ? ExitCode.Ok : ExitCode.Negative;
            })
            .WithDetails("Prints how many there were; exit code 1 when there was none, or the condition did not hold.")
            .WithExamples(
                ("One key, or several at once", "nexo store del session:7 session:8"),
                ("Free a lock only if it is still ours", "nexo store del lock:job --if-value $$"),
                ("Everything under a prefix", "nexo store clear session:"));
    }

    private static int One(ClientRun run, byte[] key, StoreDeleteResult result)
    {
        string people = result.Outcome switch
        {
            DeleteOutcome.Deleted => run.Out.Good("deleted"),
            DeleteOutcome.NotFound => run.Out.Dim("no such key"),
            _ => $"not deleted: the condition does not hold; the entry has version {result.Version}",
        };
        StoreResults.Number(run, "deleted", result.Deleted ? 1 : 0, people, json =>
        {
            json.WriteBytes("key", key);
            json.WriteBoolean("found", result.Outcome != DeleteOutcome.NotFound);
            json.WriteNumber("version", result.Version);
        });
        return result.Deleted ? ExitCode.Ok : ExitCode.Negative;
    }
}
