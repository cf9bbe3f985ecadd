using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Nexo.Server.Settings;

namespace Nexo.Server.Security;

/// <summary>What a user may take of the server, over all its connections, whatever they speak. 0: as much as there is.</summary>
/// <param name="ConnectionsMax">Connections that are open at once.</param>
/// <param name="RequestsPerSecond">Requests; what comes faster is read later.</param>
/// <param name="InFlightBytesMax">Answers and messages that it has not read; with more it is not read from.</param>
public sealed record UserLimits(int ConnectionsMax = 0, int RequestsPerSecond = 0, long InFlightBytesMax = 0)
{
    public const string ConnectionsKey = "connections";
    public const string RateKey = "rate";
    public const string InFlightBytesKey = "in-flight-bytes";

    public static UserLimits None { get; } = new();

    public bool IsNone => this == None;

    /// <summary>Reads <c>connections=10 rate=1000 in-flight-bytes=16mb</c>, any of them.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out UserLimits? limits, [NotNullWhen(false)] out string? reason)
    {
        limits = None;
        reason = null;
        foreach (string word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            int sign = word.IndexOf('=', StringComparison.Ordinal);
            (UserLimits changed, string? fault) =
                limits.TrySet(sign < 0 ? word : word[..sign], sign < 0 ? string.Empty : word[(sign + 1)..]);
            if (fault is not null)
            {
                limits = null;
                reason = fault;
                return false;
            }

            limits = changed;
        }

        return true;
    }

    public override string ToString() => string.Join(' ', Words());

    /// <summary>The same with one of them changed, or why it cannot be.</summary>
    public (UserLimits Changed, string? Fault) TrySet(string key, string value) => key switch
    {
        ConnectionsKey when TryNumber(value, out int connections) => (this with { ConnectionsMax = connections }, null),
        RateKey when TryNumber(value, out int rate) => (this with { RequestsPerSecond = rate }, null),
        InFlightBytesKey when SizeText.TryParse(value, out long bytes) => (this with { InFlightBytesMax = bytes }, null),
        ConnectionsKey or RateKey => (this, $"{key} is a number from 0 to {int.MaxValue}; 0: no limit"),
        InFlightBytesKey => (this, $"{key} is a size such as 16mb; 0: no limit"),
        _ => (this, $"'{key}' is no limit: there are {ConnectionsKey}, {RateKey} and {InFlightBytesKey}, each with = and a number"),
    };

    private static bool TryNumber(string text, out int number) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);

    private IEnumerable<string> Words()
    {
        if (ConnectionsMax > 0)
        {
            yield return $"{ConnectionsKey}={ConnectionsMax}";
        }

        if (RequestsPerSecond > 0)
        {
            yield return $"{RateKey}={RequestsPerSecond}";
        }

        if (InFlightBytesMax > 0)
        {
            yield return $"{InFlightBytesKey}={SizeText.Print(InFlightBytesMax)}";
        }
    }
}

/// <summary>What a user of the settings may take.</summary>
/// <param name="User">Whose limits they are.</param>
/// <param name="Limits">Which.</param>
public sealed record LimitedUser(string User, UserLimits Limits);
