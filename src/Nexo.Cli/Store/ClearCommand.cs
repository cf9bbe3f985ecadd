using System.CommandLine;
using Nexo.Cli.Terminal;

namespace Nexo.Cli.Store;

internal static class ClearCommand
{
    public static Command Create()
    {
        Argument<string?> prefix = StoreArguments.Prefix("Delete the keys that begin with this");
        var all = new Option<bool>("--all") { Description = "Delete every key" };
        var yes = new Option<bool>("--yes", "-y") { Description = "Do not ask" };
        var command = new Command("clear", "Delete all keys under a prefix") { prefix, all, yes };
        command.Validators.Add(result =>
        {
            // An empty prefix, such as that of an unset variable in a script, must not empty the store by accident.
            if (string.IsNullOrEmpty(result.GetValue(prefix)) != result.GetValue(all))
            {
                result.AddError("Give either a PREFIX or --all.");
            }
        });
        return command
            .OnServer(
                async run =>
                {
                    byte[] bytes = run.Prefix(prefix);
                    if (!run.Get(yes) && !await ConfirmAsync(run, bytes))
                    {
                        run.Remark("nothing was deleted");
                        return ExitCode.Negative;
                    }

                    long deleted = await Spinner.ShowAsync(
                        run, "deleting", run.Store.ClearAsync(bytes, run.Cancel).AsTask());
                    return StoreResults.Number(
                        run,
                        "deleted",
                        deleted,
                        $"{StoreResults.Count(deleted, "key")} deleted",
                        json => json.WriteBytes("prefix", bytes));
                },
                ServerActions.LongTimeout)
            .WithDetails("Asks first on a terminal. Prints how many keys were deleted; 0 is no failure.")
            .WithExamples(
                ("End all sessions", "nexo store clear session:"),
                ("Empty the store, in a script", "nexo store clear --all --yes"));
    }

    private static async Task<bool> ConfirmAsync(ClientRun run, byte[] prefix)
    {
        if (!Confirmation.IsWanted(run))
        {
            return true;
        }

        long count = await run.Store.CountAsync(prefix, run.Cancel);
        string what = prefix.Length == 0 ? "the whole store" : $"everything under '{EscapedText.Show(prefix)}'";
        return await Confirmation.AskAsync(run, $"Delete {what}, {StoreResults.Count(count, "key")}?");
    }
}
