using System.CommandLine;
using System.Text.Json;
using Nexo.Cli.Terminal;
using Nexo.Server.Security;
using Spectre.Console;

namespace Nexo.Cli.Users;

/// <summary><c>nexo user list</c> and <c>nexo user show</c>. Neither shows a secret, not even hashed.</summary>
internal static class ShowUserCommands
{
    private const string MomentFormat = "yyyy-MM-dd HH:mm";

    public static Command CreateList()
    {
        var command = new Command("list", "List the users");
        return command
            .OnUsers((run, file) =>
            {
                List(run, file.Read());
                return Task.FromResult(ExitCode.Ok);
            })
            .WithExamples(
                ("Who there is", "nexo user list"),
                ("Who may manage anything", "nexo user list --json | grep manage"));
    }

    public static Command CreateShow()
    {
        var name = new Argument<string>("NAME") { Description = "Who" };
        var command = new Command("show", "Show what a user may do, and how it logs in") { name };
        return command
            .OnUsers((run, file) =>
            {
                Show(run, file.Find(run.Get(name)));
                return Task.FromResult(ExitCode.Ok);
            })
            .WithExamples(("Its rules, as nexo user deny takes them", "nexo user show ada"));
    }

    private static void List(CommandRun run, IReadOnlyList<UserEntry> users)
    {
        if (run.Out.Json)
        {
            foreach (UserEntry user in users)
            {
                run.Out.Object(json => Write(json, user));
            }

            return;
        }

        if (!run.Out.ForPeople)
        {
            foreach (UserEntry user in users)
            {
                run.Out.Line(user.Name);
            }

            return;
        }

        Table table = Tables.Create("USER", "NAMESPACE", "LOGS IN BY", "RULES");
        foreach (UserEntry user in users)
        {
            table.AddRow(new Text(user.Name), new Text(user.Namespace ?? string.Empty), new Text(WaysOf(user)), new Text(RulesOf(user)));
        }

        run.Out.Render(console => console.Write(table));
    }

    private static void Show(CommandRun run, UserEntry user)
    {
        if (run.Out.Json)
        {
            run.Out.Object(json => Write(json, user));
            return;
        }

        run.Out.Line($"user\t{user.Name}");
        if (user.Namespace is { } space)
        {
            run.Out.Line($"namespace\t{space}");
        }

        run.Out.Line($"password\t{(user.Password is null ? "no" : "yes")}");
        if (user.Certificate is { } certificate)
        {
            run.Out.Line($"certificate\t{certificate}");
        }

        if (!user.Limits.IsNone)
        {
            run.Out.Line($"limits\t{user.Limits}");
        }

        foreach (UserToken token in user.Tokens)
        {
            string end = token.ExpiresAt is { } expires ? $"until {expires.UtcDateTime.ToString(MomentFormat)}" : "without an end";
            run.Out.Line($"token\t{token.Id}, made {token.CreatedAt.UtcDateTime.ToString(MomentFormat)}, {end}");
        }

        foreach (AccessRule rule in user.Rules)
        {
            run.Out.Line($"allow\t{rule}");
        }
    }

    private static string WaysOf(UserEntry user)
    {
        string[] ways =
        [
            .. user.Password is null ? Array.Empty<string>() : ["password"],
            .. user.Tokens.Count == 0 ? Array.Empty<string>() : [$"{user.Tokens.Count} tokens"],
            .. user.Certificate is null ? Array.Empty<string>() : ["certificate"],
        ];
        return ways.Length == 0 ? "nothing" : string.Join(", ", ways);
    }

    private static string RulesOf(UserEntry user) => user.Rules.Count == 0 ? "none" : string.Join("; ", user.Rules);

    private static void Write(Utf8JsonWriter json, UserEntry user)
    {
        json.WriteString("user", user.Name);
        json.WriteString("namespace", user.Namespace);
        json.WriteBoolean("password", user.Password is not null);
        json.WriteString("certificate", user.Certificate);
        json.WriteString("limits", user.Limits.ToString());
        json.WriteStartArray("tokens");
        foreach (UserToken token in user.Tokens)
        {
            json.WriteStartObject();
            json.WriteString("id", token.Id);
            json.WriteString("created", token.CreatedAt);
            if (token.ExpiresAt is { } expires)
            {
                json.WriteString("expires", expires);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("rules");
        foreach (AccessRule rule in user.Rules)
        {
            json.WriteStringValue(rule.ToString());
        }

        json.WriteEndArray();
    }
}
