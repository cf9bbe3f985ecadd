using System.CommandLine;
using Nexo.Cli.Terminal;
using Nexo.Server.Security;
using Nexo.Server.Settings;

namespace Nexo.Cli.Users;

/// <summary>Which file of users is meant: that of a server which would be started here, unless it is said.</summary>
internal sealed class UserFileOptions
{
    private readonly Option<string?> _data = new("--data")
    {
        Description = "The server's data directory; users.json is in it [as nexo serve has it]",
        HelpName = "DIR",
    };

    private readonly Option<string?> _users = new("--users")
    {
        Description = "The file of users, where security.users-file names one",
        HelpName = "FILE",
    };

    private readonly Option<string?> _config = new("--config")
    {
        Description = "The server's settings file [NEXO_CONFIG, else nexo.json where it exists]",
        HelpName = "FILE",
    };

    public void AddTo(Command command)
    {
        command.Add(_data);
        command.Add(_users);
        command.Add(_config);
    }

    public UsersFile Open(CommandRun run)
    {
        if (run.Get(_users) is { } named)
        {
            return new UsersFile(named);
        }

        SettingsResult settings = SettingsLoader.Load(new SettingsInput
        {
            File = run.Get(_config),
            Variables = run.Console.Environment,
            Flags = run.Get(_data) is { } data ? [new FlagValue("data.directory", data, "--data")] : [],
        });

        // That settings do not go together is no obstacle: it may be users that are missing.
        if (settings.UnreadableCount > 0)
        {
            throw CliFailure.Usage(settings.Problems[0], "name the file with --users, or the directory with --data");
        }

        return settings.Options.UsersFilePath is { } path
            ? new UsersFile(path)
            : throw CliFailure.Usage(
                "A server without a data directory has no file of users by itself.",
                "name one with --users, and tell the server with security.users-file");
    }
}
