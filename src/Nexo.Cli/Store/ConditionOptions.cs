using System.CommandLine;
using System.CommandLine.Parsing;
using Nexo.Cli.Terminal;
using Nexo.Client;

namespace Nexo.Cli.Store;

/// <summary>When a write applies.</summary>
internal sealed class ConditionOptions
{
    private readonly Option<bool> _ifAbsent = new("--nx") { Description = "Only if the key does not exist" };
    private readonly Option<bool> _ifPresent = new("--xx") { Description = "Only if the key exists" };
    private readonly Option<ulong?> _ifVersion = new("--if-version")
    {
        Description = "Only if the entry has this version",
        HelpName = "N",
    };

    private readonly Option<string?> _ifValue = new("--if-value")
    {
        Description = "Only if the entry holds exactly this",
        HelpName = "OLD",
    };

    private Option[] _options = [];

    /// <summary>Adds the options; at most one of them may be given.</summary>
    public void AddTo(Command command, bool existence)
    {
        _options = existence ? [_ifAbsent, _ifPresent, _ifVersion, _ifValue] : [_ifVersion, _ifValue];
        foreach (Option option in _options)
        {
            command.Add(option);
        }

        command.Validators.Add(result =>
        {
            if (_options.Count(option => IsGiven(result, option)) > 1)
            {
                string names = string.Join(", ", _options.Select(option => option.Name));
                result.AddError($"Give at most one of {names}.");
            }
        });
    }

    public bool IsGiven(CommandResult result) => _options.Any(option => IsGiven(result, option));

    public StoreWhen Of(ClientRun run) =>
        IsGiven(run.Parsed.CommandResult, _ifAbsent) ? StoreWhen.IfAbsent
        : IsGiven(run.Parsed.CommandResult, _ifPresent) ? StoreWhen.IfPresent
        : run.Get(_ifVersion) is { } version ? StoreWhen.IfVersion(version)
        : run.Get(_ifValue) is { } value ? StoreWhen.IfValue(BytesArguments.Decode(run.Parsed, value, "value"))
        : StoreWhen.Always;

    private static bool IsGiven(CommandResult result, Option option) => result.GetResult(option) is { Implicit: false };
}
