using System.CommandLine;
using Nexo.Cli.Terminal;
using Nexo.Client;

namespace Nexo.Cli.Store;

internal static class CasCommand
{
    public static Command Create()
    {
        Argument<string> key = StoreArguments.Key();
        var value = new ValueInput();
        var condition = new ConditionOptions();
        var expiry = new ExpiryOptions();
        var command = new Command("cas", "Replace a value if it is still the one you know (compare and set)") { key };
        value.AddTo(command);
        condition.AddTo(command, existence: false);
        command.Validators.Add(result =>
        {
            if (!condition.IsGiven(result))
            {
                result.AddError("cas compares: give --if-version N or --if-value OLD.");
            }
        });
        expiry.AddTo(command);
        return command
            .OnServer(async run =>
            {
                byte[] name = run.Bytes(key);
                TimeSpan? ttl = run.Get(expiry.Ttl);
                DateTimeOffset? expiresAt = run.Get(expiry.ExpiresAt);
                var options = new StoreSetOptions
                {
                    Ttl = ttl,
                    ExpiresAt = expiresAt,
                    KeepTtl = ttl is null && expiresAt is null,
                    When = condition.Of(run),
                };
                byte[] bytes = await value.ReadAsync(run);
                return StoreResults.Stored(run, name, await run.Store.SetBytesAsync(name, bytes, options, run.Cancel));
            })
            .WithDetails(
                "The expiry of the entry stays unless another is given. Exit code 1 when the comparison failed.")
            .WithExamples(
                ("By value", "nexo store cas stock:9 4 --if-value 5"),
                ("By version, as 'get --json' shows it", "nexo store cas config:app --file app.json --if-version 42"));
    }
}
