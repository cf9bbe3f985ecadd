using System.CommandLine;
using Nexo.Cli.Terminal;

namespace Nexo.Cli.Users;

/// <summary><c>nexo user remove</c>.</summary>
internal static class RemoveUserCommand
{
    public static Command Create()
    {
        var name = new Argument<string>("NAME") { Description = "Who is to go" };
        var command = new Command("remove", "Remove a user; its connections are ended") { name };
        return command
            .OnUsers(async (run, file) =>
            {
                string user = run.Get(name);
                await file.ChangeAsync(run, user, _ => null);
                run.Out.Result(user, $"removed {user}", json => json.WriteString("removed", user));
                return ExitCode.Ok;
            })
            .WithExamples(("Somebody has left", "nexo user remove ada"));
    }
}
