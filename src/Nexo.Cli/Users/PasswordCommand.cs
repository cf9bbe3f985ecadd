using System.CommandLine;
using Nexo.Cli.Terminal;
using Nexo.Server.Security;

namespace Nexo.Cli.Users;

/// <summary><c>nexo user passwd</c>.</summary>
internal static class PasswordCommand
{
    public static Command Create()
    {
        var name = new Argument<string>("NAME") { Description = "Whose" };
        var remove = new Option<bool>("--remove") { Description = "It logs in by tokens, or a certificate, from now on" };
        var command = new Command("passwd", "Set a password, which is read from standard input") { name, remove };
        return command
            .OnUsers(async (run, file) =>
            {
                string user = run.Get(name);
                file.Find(user);
                PasswordHash? password = run.Get(remove) ? null : Read(run);
                await file.ChangeAsync(run, user, entry => entry with { Password = password });
                run.Out.Result(
                    user,
                    password is null
                        ? $"{user} has no password any more"
                        : $"{user} has a new password; who came by the old one is sent away",
                    json => json.WriteString("user", user));
                return ExitCode.Ok;
            })
            .WithExamples(
                ("It is asked for", "nexo user passwd ada"),
                ("From a script", "nexo user passwd ada < password.txt"));
    }

    /// <summary>Reads a password and hashes it.</summary>
    public static PasswordHash Read(CommandRun run) => PasswordInput.Read(run.Console) is { Length: > 0 } password
        ? PasswordHash.Of(password)
        : throw CliFailure.Usage("There is no password on standard input.", "printf %s \"$PASSWORD\" | nexo user …, or --no-password");
}
