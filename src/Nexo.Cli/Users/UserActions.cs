using System.CommandLine;
using Nexo.Cli.Terminal;
using Nexo.Server.Security;

namespace Nexo.Cli.Users;

/// <summary>What the commands for users have in common: they work on the file, and a server that runs reads it again by itself.</summary>
internal static class UserActions
{
    /// <summary>Runs on the file of users, and explains what is wrong with it.</summary>
    public static Command OnUsers(this Command command, Func<CommandRun, UsersFile, Task<int>> action)
    {
        var which = new UserFileOptions();
        which.AddTo(command);
        return command
            .OnRun(async run =>
            {
                try
                {
                    return await action(run, which.Open(run));
                }
                catch (UsersFileException failure)
                {
                    throw new CliFailure(ExitCode.Negative, "users_file", failure.Message, null, failure);
                }
            })
            .WithoutServer();
    }

    /// <summary>Changes one user that is there.</summary>
    public static Task ChangeAsync(this UsersFile file, CommandRun run, string name, Func<UserEntry, UserEntry?> change) =>
        file.ChangeAsync(
            users =>
            {
                if (!users.Any(user => user.Name == name))
                {
                    throw Missing(file, name);
                }

                return [.. users.Select(user => user.Name == name ? change(user) : user).OfType<UserEntry>()];
            },
            run.Cancel);

    /// <summary>The user of a name.</summary>
    public static UserEntry Find(this UsersFile file, string name) =>
        file.Read().FirstOrDefault(user => user.Name == name) ?? throw Missing(file, name);

    /// <summary>The words of a rule, given as one argument or as several.</summary>
    public static AccessRule ReadRule(params IEnumerable<string> words)
    {
        string text = string.Join(' ', words);
        return AccessRule.TryParse(text, out AccessRule? rule, out string? reason)
            ? rule
            : throw CliFailure.Usage($"'{text}' is no rule: {reason}.", "such as: queue consume 'jobs.*'");
    }

    private static CliFailure Missing(UsersFile file, string name) => new(
        ExitCode.Negative, "user_not_found", $"There is no user '{name}' in {file.FullPath}.", "nexo user list shows who there is");
}
