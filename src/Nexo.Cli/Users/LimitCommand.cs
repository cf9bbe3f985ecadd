using System.CommandLine;
using Nexo.Cli.Terminal;
using Nexo.Server.Security;

namespace Nexo.Cli.Users;

/// <summary><c>nexo user limit</c>: what a user may take of the server.</summary>
internal static class LimitCommand
{
    public static Command Create()
    {
        var name = new Argument<string>("NAME") { Description = "Whose" };
        var connections = LimitOption(UserLimits.ConnectionsKey, "N", "Connections that are open at once; 0: no limit");
        var rate = LimitOption(UserLimits.RateKey, "N", "Requests in a second; 0: no limit");
        var inFlight = LimitOption(UserLimits.InFlightBytesKey, "SIZE", "Answers and messages that it has not read; 0: no limit");
        var command = new Command("limit", "Limit what a user takes, over all its connections") { name, connections, rate, inFlight };
        return command
            .OnUsers(async (run, file) =>
            {
                (string Key, string? Value)[] given =
                [
                    (UserLimits.ConnectionsKey, run.Get(connections)),
                    (UserLimits.RateKey, run.Get(rate)),
                    (UserLimits.InFlightBytesKey, run.Get(inFlight)),
                ];
                UserLimits limits = UserLimits.None;
                await file.ChangeAsync(run, run.Get(name), user => user with { Limits = limits = Change(user.Limits, given) });
                string text = limits.IsNone ? "none" : limits.ToString();
                run.Out.Result(
                    $"{run.Get(name)}\t{text}",
                    limits.IsNone ? $"{run.Get(name)} has no limits" : $"{run.Get(name)} has at most: {text}",
                    json =>
                    {
                        json.WriteString("user", run.Get(name));
                        json.WriteString("limits", limits.ToString());
                    });
                return ExitCode.Ok;
            })
            .WithExamples(
                ("No more than ten connections, and a thousand requests a second", "nexo user limit ada --connections 10 --rate 1000"),
                ("No limits any more", "nexo user limit ada --connections 0 --rate 0 --in-flight-bytes 0"));
    }

    private static UserLimits Change(UserLimits limits, (string Key, string? Value)[] given)
    {
        foreach ((string key, string? value) in given)
        {
            if (value is null)
            {
                continue;
            }

            (UserLimits changed, string? fault) = limits.TrySet(key, value);
            limits = fault is null ? changed : throw CliFailure.Usage($"--{fault}.");
        }

        return limits;
    }

    private static Option<string?> LimitOption(string key, string unit, string description) => new($"--{key}")
    {
        Description = description,
        HelpName = unit,
    };
}
