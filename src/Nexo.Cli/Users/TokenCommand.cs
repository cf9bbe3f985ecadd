using System.CommandLine;
using System.Security.Cryptography;
using Nexo.Cli.Terminal;
using Nexo.Server.Security;

namespace Nexo.Cli.Users;

/// <summary><c>nexo user token</c>.</summary>
internal static class TokenCommand
{
    private const int TokenBytes = 32;

    public static Command Create()
    {
        var name = new Argument<string>("NAME") { Description = "Whose" };
        var id = new Option<string?>("--id") { Description = "What it is called [token-1, token-2, …]", HelpName = "ID" };
        var expires = new Option<string?>("--expires") { Description = "How long it is valid, such as 90d", HelpName = "DURATION" };
        var remove = new Option<string?>("--remove") { Description = "Take this token away instead", HelpName = "ID" };
        var command = new Command("token", "Make a token of a user, and print it: it is not kept") { name, id, expires, remove };
        return command
            .OnUsers(async (run, file) => run.Get(remove) is { } gone
                ? await RemoveAsync(run, file, run.Get(name), gone)
                : await MakeAsync(run, file, run.Get(name), run.Get(id), LifeOf(run.Get(expires))))
            .WithExamples(
                ("For a device, without an end", "nexo user token sensor-7"),
                ("For a pipeline, for a while", "nexo user token ci --id deploy --expires 90d"),
                ("It was lost", "nexo user token ci --remove deploy"));
    }

    private static async Task<int> MakeAsync(CommandRun run, UsersFile file, string name, string? wanted, TimeSpan? life)
    {
        string token = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(TokenBytes));
        string id = wanted ?? string.Empty;
        DateTimeOffset now = run.Console.Time.GetUtcNow();
        await file.ChangeAsync(run, name, user =>
        {
            id = wanted ?? FreeId(user);
            return user.Tokens.Any(one => one.Id == id)
                ? throw new CliFailure(
                    ExitCode.Negative, "token_exists", $"'{name}' has a token '{id}' already.", $"nexo user token {name} --remove {id}")
                : user with { Tokens = [.. user.Tokens, new UserToken(id, TokenHash.Of(token), now, now + life)] };
        });
        run.Out.Result(
            token,
            token,
            json =>
            {
                json.WriteString("user", name);
                json.WriteString("id", id);
                json.WriteString("token", token);
            });
        run.Remark($"token '{id}' of {name}: it is shown only now");
        return ExitCode.Ok;
    }

    private static async Task<int> RemoveAsync(CommandRun run, UsersFile file, string name, string id)
    {
        await file.ChangeAsync(run, name, user => user.Tokens.Any(one => one.Id == id)
            ? user with { Tokens = [.. user.Tokens.Where(one => one.Id != id)] }
            : throw new CliFailure(
                ExitCode.Negative, "token_not_found", $"'{name}' has no token '{id}'.", $"nexo user show {name} names those there are"));
        run.Out.Result(id, $"removed the token '{id}' of {name}", json => json.WriteString("removed", id));
        return ExitCode.Ok;
    }

    private static TimeSpan? LifeOf(string? text) => text is null ? null
        : DurationText.TryParse(text, out TimeSpan life) && life > TimeSpan.Zero ? life
        : throw CliFailure.Usage($"'{text}' is not {DurationText.Expected}.");

    private static string FreeId(UserEntry user)
    {
        int number = user.Tokens.Count + 1;
        while (user.Tokens.Any(one => one.Id == $"token-{number}"))
        {
            number++;
        }

        return $"token-{number}";
    }
}
