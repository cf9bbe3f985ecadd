using System.CommandLine;
using Nexo.Cli.Terminal;
using Nexo.Server.Security;

namespace Nexo.Cli.Users;

/// <summary><c>nexo user allow</c> and <c>nexo user deny</c>.</summary>
internal static class RuleCommands
{
    public static Command CreateAllow()
    {
        var name = NameOf();
        var words = RuleOf();
        var command = new Command("allow", "Give a user a rule") { name, words };
        return command
            .OnUsers(async (run, file) =>
            {
                AccessRule rule = UserActions.ReadRule(run.Get(words));
                string text = rule.ToString();
                await file.ChangeAsync(run, run.Get(name), user => user.Rules.Any(one => one.ToString() == text)
                    ? user
                    : user with { Rules = [.. user.Rules, rule] });
                Print(run, run.Get(name), "may", text);
                return ExitCode.Ok;
            })
            .WithExamples(
                ("Read some keys", "nexo user allow ada store read 'session:*'"),
                ("Listen to some topics", "nexo user allow ada topics read 'sensors/#'"),
                ("Do everything with one stream", "nexo user allow ada streams '*' orders"));
    }

    public static Command CreateDeny()
    {
        var name = NameOf();
        var words = RuleOf();
        var command = new Command("deny", "Take a rule away from a user: what is open by it is ended") { name, words };
        return command
            .OnUsers(async (run, file) =>
            {
                string text = UserActions.ReadRule(run.Get(words)).ToString();
                await file.ChangeAsync(run, run.Get(name), user => user.Rules.Any(one => one.ToString() == text)
                    ? user with { Rules = [.. user.Rules.Where(one => one.ToString() != text)] }
                    : throw new CliFailure(
                        ExitCode.Negative,
                        "rule_not_found",
                        $"'{user.Name}' has no rule '{text}'.",
                        $"it has: {string.Join("; ", user.Rules)}"));
                Print(run, run.Get(name), "may no more", text);
                return ExitCode.Ok;
            })
            .WithExamples(("As it is in nexo user show", "nexo user deny ada store read 'session:*'"));
    }

    private static Argument<string> NameOf() => new("NAME") { Description = "Whose" };

    private static Argument<string[]> RuleOf() => new("RULE")
    {
        Description = "BROKER OPERATIONS PATTERN: store, queue, topics, streams, admin; read, write, consume, manage",
        Arity = ArgumentArity.OneOrMore,
    };

    private static void Print(CommandRun run, string name, string may, string rule) => run.Out.Result(
        $"{name}\t{rule}",
        $"{name} {may}: {rule}",
        json =>
        {
            json.WriteString("user", name);
            json.WriteString("rule", rule);
        });
}
