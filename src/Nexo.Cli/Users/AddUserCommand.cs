using System.CommandLine;
using Nexo.Cli.Terminal;
using Nexo.Server.Security;

namespace Nexo.Cli.Users;

/// <summary><c>nexo user add</c>.</summary>
internal static class AddUserCommand
{
    public static Command Create()
    {
        var name = new Argument<string>("NAME") { Description = "What it logs in as" };
        var allow = new Option<string[]>("--allow")
        {
            Description = "A rule, \"BROKER OPERATIONS PATTERN\"; may be repeated",
            HelpName = "RULE",
            AllowMultipleArgumentsPerToken = false,
        };
        var noPassword = new Option<bool>("--no-password") { Description = "It logs in by tokens, or a certificate" };
        var certificate = new Option<string?>("--certificate")
        {
            Description = "The name in a client certificate that is this user",
            HelpName = "NAME",
        };
        Option<string?> space = BindCommands.NamespaceOption("The namespace that it is always in");
        var command = new Command("add", "Make a user; its password is read from standard input")
        {
            name, allow, noPassword, certificate, space,
        };
        return command
            .OnUsers(async (run, file) =>
            {
                string user = run.Get(name);
                if (UserNames.FaultOf(user) is { } fault)
                {
                    throw CliFailure.Usage($"'{user}' cannot be a user: {fault}.");
                }

                string? bound = run.Get(space) is { } wanted ? BindCommands.Read(wanted) : null;
                AccessRule[] rules = [.. (run.Get(allow) ?? []).Select(text => UserActions.ReadRule(text))];

                // Before the password is asked for, so that nobody types one in vain.
                RefuseIfThere(file, file.Read(), user);
                PasswordHash? password = run.Get(noPassword) ? null : PasswordCommand.Read(run);
                var entry = new UserEntry(user)
                {
                    Password = password,
                    Rules = rules,
                    Certificate = run.Get(certificate),
                    Namespace = bound,
                };
                await file.ChangeAsync(
                    users =>
                    {
                        RefuseIfThere(file, users, user);
                        return [.. users, entry];
                    },
                    run.Cancel);
                run.Out.Result(
                    $"{user}",
                    $"made {user} in {file.FullPath}",
                    json =>
                    {
                        json.WriteString("user", user);
                        json.WriteString("file", file.FullPath);
                    });
                if (rules.Length == 0)
                {
                    run.Remark($"it may do nothing yet: nexo user allow {user} queue consume 'jobs.*'");
                }

                return ExitCode.Ok;
            })
            .WithExamples(
                ("The password is asked for", "nexo user add ada --allow \"* * *\""),
                ("From a script", "printf %s \"$PASSWORD\" | nexo user add worker --allow \"queue consume jobs.*\""),
                ("One that sees nothing but its namespace", "nexo user add shop --namespace shop --allow \"* * *\""),
                ("A device, which gets a token", "nexo user add sensor --no-password --allow \"topics write sensors/7/#\""));
    }

    private static void RefuseIfThere(UsersFile file, IReadOnlyList<UserEntry> users, string name)
    {
        if (users.Any(user => user.Name == name))
        {
            throw new CliFailure(
                ExitCode.Negative,
                "user_exists",
                $"There is a user '{name}' in {file.FullPath} already.",
                "nexo user passwd changes a password");
        }
    }
}
