using System.Globalization;
using Nexo.Cli.Terminal;

namespace Nexo.Cli.Keeper;

/// <summary>What INFO told at one moment.</summary>
internal sealed class ServerFigures
{
    /// <summary>The namespaces of the server, the default one first; only who is in that one is told.</summary>
    public const string Namespaces = "server.namespaces";

    private readonly Dictionary<string, string> _facts;

    /// <param name="facts">Names and values.</param>
    /// <param name="at">When they came, by the timestamps of <paramref name="time"/>.</param>
    public ServerFigures(IEnumerable<KeyValuePair<string, string>> facts, long at, TimeProvider time)
    {
        _facts = new Dictionary<string, string>(facts, StringComparer.Ordinal);
        At = at;
        Time = time;
    }

    /// <summary>When they came.</summary>
    public long At { get; }

    private TimeProvider Time { get; }

    /// <exception cref="CliFailure">The user may not read the server's figures.</exception>
    public static async Task<ServerFigures> ReadAsync(ClientRun run)
    {
        TimeProvider time = run.Console.Time;
        var figures = new ServerFigures(await run.Client.InfoAsync(run.Cancel), time.GetTimestamp(), time);
        return figures.Has("server.uptime_ms")
            ? figures
            : throw new CliFailure(
                ExitCode.Authentication,
                "permission_denied",
                "the server's figures need the rule: admin read",
                "nexo user allow, at the server, gives a user a rule");
    }

    public bool Has(string name) => _facts.ContainsKey(name);

    /// <summary>0 where the server does not tell it.</summary>
    public long Number(string name) =>
        long.TryParse(
            _facts.GetValueOrDefault(name), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number)
            ? number
            : 0;

    /// <summary>Empty where the server does not tell it.</summary>
    public string Text(string name) => _facts.GetValueOrDefault(name) ?? string.Empty;

    /// <summary>How much the sum of some counters has grown a second since another look at the same run of the server.</summary>
    public double Rate(ServerFigures? before, params ReadOnlySpan<string> names)
    {
        if (before is null || Time.GetElapsedTime(before.At, At) is var elapsed && elapsed <= TimeSpan.Zero)
        {
            return 0;
        }

        long grown = 0;
        foreach (string name in names)
        {
            grown += Number(name) - before.Number(name);
        }

        return Math.Max(0, grown) / elapsed.TotalSeconds;
    }

    /// <summary>How much a counter has grown since another look; 0 after a restart of the server between them.</summary>
    public long Grown(ServerFigures before, string name) => Math.Max(0, Number(name) - before.Number(name));
}
