using System.Text.Json;
using Microsoft.Extensions.Configuration;

namespace Nexo.Server.Settings;

/// <summary>The JSON file: an object per section, comments and trailing commas allowed.</summary>
internal static class SettingsFile
{
    private const string DefaultName = "nexo.json";
    private const string FileVariable = "NEXO_CONFIG";

    public static List<GivenValue> Read(SettingsInput input, List<string> problems)
    {
        (string? name, string? namedBy) = Choose(input);
        string path = Path.Combine(input.WorkingDirectory, name ?? DefaultName);
        if (name is null && !File.Exists(path))
        {
            return [];
        }

        try
        {
            using FileStream stream = File.OpenRead(path);
            IConfigurationRoot root = new ConfigurationBuilder().AddJsonStream(stream).Build();
            return [.. Flatten(root, name ?? DefaultName)];
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            problems.Add($"{namedBy ?? DefaultName}: cannot read {path}: {failure.Message}");
        }
        catch (Exception failure) when (failure is InvalidDataException or FormatException or JsonException)
        {
            problems.Add($"{path}: {Explain(failure)}");
        }

        return [];
    }

    /// <summary>The file that settings come from, whether it is there or not.</summary>
    public static string PathOf(SettingsInput input) => Path.Combine(input.WorkingDirectory, Choose(input).Name ?? DefaultName);

    private static (string? Name, string? NamedBy) Choose(SettingsInput input)
    {
        if (input.File is not null)
        {
            return (input.File, "--config");
        }

        return input.Variables.TryGetValue(FileVariable, out string? name) && name.Length > 0
            ? (name, FileVariable)
            : (null, null);
    }

    private static IEnumerable<GivenValue> Flatten(IConfigurationRoot root, string file)
    {
        // Configuration knows no arrays: their items are keys that end in an index.
        var leaves =
            from entry in root.AsEnumerable()
            where !root.GetSection(entry.Key).GetChildren().Any()
            let parts = entry.Key.Split(':')
            let isItem = parts.Length > 1 && int.TryParse(parts[^1], out _)
            let path = string.Join(':', isItem ? parts[..^1] : parts)
            orderby isItem ? int.Parse(parts[^1]) : 0
            group entry.Value by path;

        foreach (var leaf in leaves)
        {
            string name = leaf.Key.Replace(':', '.');
            bool isEmptySection = leaf.All(string.IsNullOrEmpty)
                && SettingCatalog.All.Any(setting => setting.Section == name);
            if (!isEmptySection)
            {
                string? text = leaf.Any(value => value is null) ? null : string.Join(',', leaf);
                yield return new GivenValue(name, text, $"file {file}", $"{file}, {name}");
            }
        }
    }

    private static string Explain(Exception failure)
    {
        for (Exception? cause = failure; cause is not null; cause = cause.InnerException)
        {
            if (cause is JsonException { LineNumber: { } line, BytePositionInLine: { } column } broken)
            {
                // The reader's own text ends with its zero-based position: say it once, as editors count.
                string what = broken.Message.Split(" LineNumber:")[0];
                return $"line {line + 1}, column {column + 1}: {what}";
            }
        }

        // A key that is there twice; configuration joins its parts with colons.
        return (failure.InnerException ?? failure).Message.Replace(':', '.');
    }
}
