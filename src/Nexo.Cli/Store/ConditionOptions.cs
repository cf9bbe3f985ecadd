using System.CommandLine;
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

    /// <summary>Adds the options; at most one of them may be given.</summary>
    public void AddTo(Command command, bool existence)
    {
        Option[] options = existence ? [_ifAbsent, _ifPresent, _ifVersion, _ifValue] : [_ifVersion, _ifValue];
        foreach (Option option in options)
        {
            command.Add(option);
        }

        command.Validators.Add(result =>
        {
            if (options.Count(option => result.GetResult(option) is { Implicit: false }) > 1)
            {
                string names = string.Join(", ", options.Select(option => option.Name));
                result.AddError($"Give at most one of {names}.");
            }
        });
    }

    public StoreWhen Of(ClientRun run) =>
        run.Parsed.GetResult(_ifAbsent) is { Implicit: false } ? StoreWhen.IfAbsent
        : run.Parsed.GetResult(_ifPresent) is { Implicit: false } ? StoreWhen.IfPresent
        : run.Get(_ifVersion) is { } version ? StoreWhen.IfVersion(version)
        : run.Get(_ifValue) is { } value ? StoreWhen.IfValue(BytesArguments.Decode(run.Parsed, value, "value"))
        : StoreWhen.Always;
}
