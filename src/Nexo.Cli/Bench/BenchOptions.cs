using System.CommandLine;
using Nexo.Cli.Terminal;

namespace Nexo.Cli.Bench;

/// <summary>The kinds of options that benchmarks take.</summary>
internal static class BenchOptions
{
    public static int Whole(CommandRun run, Option<long> option)
    {
        long number = run.Get(option);
        return number <= int.MaxValue
            ? (int)number
            : throw CliFailure.Usage($"{option.Name} must be at most {int.MaxValue}; got {number}.");
    }

    public static TimeSpan Seconds(CommandRun run, Option<double> option, double minimum)
    {
        const double SecondsMax = 86_400;
        double seconds = run.Get(option);
        return seconds >= minimum && seconds <= SecondsMax
            ? TimeSpan.FromSeconds(seconds)
            : throw CliFailure.Usage(
                $"{option.Name} must be {(minimum > 0 ? "above 0" : "0 or more")} and at most {SecondsMax}; got {seconds}.");
    }

    public static Option<double> Number(string name, string description, double defaultValue) => new(name)
    {
        Description = description,
        HelpName = "N",
        DefaultValueFactory = _ => defaultValue,
    };

    public static Option<string> Text(string name, string helpName, string description, string defaultValue) => new(name)
    {
        Description = description,
        HelpName = helpName,
        DefaultValueFactory = _ => defaultValue,
    };

    public static Option<T> Choice<T>(string name, string helpName, string description, T defaultValue)
        where T : struct, Enum
    {
        var option = new Option<T>(name)
        {
            Description = description,
            HelpName = helpName,
            DefaultValueFactory = _ => defaultValue,
            CustomParser = result =>
            {
                string text = result.Tokens.Count == 1 ? result.Tokens[0].Value : "";
                if (Enum.GetValues<T>().Where(value => BenchText.NameOf(value) == text).ToArray() is [T choice])
                {
                    return choice;
                }

                string choices = helpName.Replace("|", ", ", StringComparison.Ordinal);
                result.AddError($"{name} must be one of {choices}; got '{text}'.");
                return defaultValue;
            },
        };
        option.CompletionSources.Add(helpName.Split('|'));
        return option;
    }
}
