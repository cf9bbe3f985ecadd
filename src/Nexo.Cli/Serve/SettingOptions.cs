using System.CommandLine;
using System.CommandLine.Parsing;
using Nexo.Server.Settings;

namespace Nexo.Cli.Serve;

/// <summary>
/// The flags of <c>serve</c> and <c>config</c>. They only carry text: the catalogue reads it, so that a value is checked
/// the same way wherever it comes from.
/// </summary>
internal sealed class SettingOptions
{
    private const string SetFlag = "--set";

    private readonly Option<string?> _file = new("--config")
    {
        Description = "Settings file, JSON with comments [NEXO_CONFIG, else nexo.json where it exists]",
        HelpName = "FILE",
    };

    private readonly Option<string[]> _set = new(SetFlag)
    {
        Description = "Any setting; may be repeated. nexo config lists them",
        HelpName = "section.key=value",
        AllowMultipleArgumentsPerToken = false,
    };

    private readonly List<(Option Option, string Setting)> _own = [];

    public SettingOptions()
    {
        foreach ((string flag, string setting, string description, bool isSwitch) in SettingsReference.Flags())
        {
            Option option = isSwitch
                ? new Option<bool>(flag) { Description = description, Arity = ArgumentArity.ZeroOrOne }
                : new Option<string?>(flag) { Description = description, HelpName = KeyOf(setting) };
            _own.Add((option, setting));
        }
    }

    public void AddTo(Command command)
    {
        command.Add(_file);
        foreach ((Option option, _) in _own)
        {
            command.Add(option);
        }

        command.Add(_set);
        _set.Validators.Add(RequireEqualsSign);
    }

    public SettingsInput Read(ParseResult parsed) => new()
    {
        File = parsed.GetValue(_file),
        Variables = SettingsInput.ProcessVariables(),
        Flags = [.. OwnFlags(parsed), .. SetFlags(parsed)],
    };

    private IEnumerable<FlagValue> OwnFlags(ParseResult parsed)
    {
        foreach ((Option option, string setting) in _own)
        {
            if (parsed.GetResult(option) is not { Implicit: false } result)
            {
                continue;
            }

            string value = result.Tokens.Count == 0 ? "true" : result.Tokens[0].Value;
            yield return new FlagValue(setting, value, option.Name);
        }
    }

    private IEnumerable<FlagValue> SetFlags(ParseResult parsed) =>
        from pair in parsed.GetValue(_set) ?? []
        let at = pair.IndexOf('=', StringComparison.Ordinal)
        select new FlagValue(pair[..at].Trim(), pair[(at + 1)..], SetFlag);

    private static string KeyOf(string setting) => setting[(setting.IndexOf('.', StringComparison.Ordinal) + 1)..];

    private static void RequireEqualsSign(OptionResult result)
    {
        if (result.Tokens.FirstOrDefault(token => !token.Value.Contains('=', StringComparison.Ordinal)) is { } wrong)
        {
            result.AddError($"{SetFlag} takes section.key=value, such as store.max-memory=1gb; '{wrong.Value}' has no '='");
        }
    }
}
