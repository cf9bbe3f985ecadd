using System.CommandLine;
using Nexo.Cli.Terminal;

namespace Nexo.Cli.Store;

/// <summary>How long an entry lives: <c>--ttl</c> or <c>--expires-at</c>.</summary>
internal sealed class ExpiryOptions
{
    public Option<TimeSpan?> Ttl { get; } = Parsers.Duration("--ttl", "Lives this long: 1500ms, 30s, 5m, 12h, 2d");

    public Option<DateTimeOffset?> ExpiresAt { get; } =
        Parsers.Moment("--expires-at", "Lives until then: ISO 8601 (UTC by default) or Unix milliseconds");

    public void AddTo(Command command)
    {
        command.Add(Ttl);
        command.Add(ExpiresAt);
        command.Validators.Add(result =>
        {
            if (result.GetResult(Ttl) is not null && result.GetResult(ExpiresAt) is not null)
            {
                result.AddError("Give either --ttl or --expires-at, not both.");
            }
        });
    }
}
