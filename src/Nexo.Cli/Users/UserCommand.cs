using System.CommandLine;
using Nexo.Cli.Terminal;

namespace Nexo.Cli.Users;

/// <summary><c>nexo user</c>. A new command is a file beside this one and a line below.</summary>
internal static class UserCommand
{
    public static Command Create()
    {
        var command = new Command("user", "Users: who may log in, and do what")
        {
            AddUserCommand.Create(),
            ShowUserCommands.CreateList(),
            ShowUserCommands.CreateShow(),
            RemoveUserCommand.Create(),
            PasswordCommand.Create(),
            RuleCommands.CreateAllow(),
            RuleCommands.CreateDeny(),
            TokenCommand.Create(),
            LimitCommand.Create(),
            BindCommands.CreateBind(),
            BindCommands.CreateUnbind(),
        };
        return command
            .WithoutServer()
            .WithDetails(
                "They are kept in users.json in the server's data directory, for its owner only; a server that runs takes a change over "
                + "by itself within seconds. What no rule allows is refused. docs/security.md has the rules and what they mean.")
            .WithExamples(
                ("A worker that may take from some queues", "nexo user add worker --allow \"queue consume jobs.*\" < password.txt"),
                ("One that may do everything", "nexo user add admin --allow \"* * *\""),
                ("A token for a device", "nexo user token sensor-7"));
    }
}
