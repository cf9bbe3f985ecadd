namespace Nexo.Server.Settings;

/// <summary>
/// Puts the layers on each other: defaults, then the file, then the environment, then flags. Every problem of every
/// layer is found, also that of a value which a later layer covers: a setting that nobody can read is never passed over.
/// </summary>
public static class SettingsLoader
{
    private const string DefaultSource = "default";
    private const int ShownLengthMax = 80;

    public static SettingsResult Load(SettingsInput input)
    {
        List<string> problems = [];
        var options = new NexoServerOptions();
        Dictionary<string, string> sources = [];
        IEnumerable<GivenValue>[] layers =
        [
            SettingsFile.Read(input, problems), SettingsVariables.Read(input.Variables), Flags(input.Flags),
        ];
        foreach (IEnumerable<GivenValue> layer in layers)
        {
            Apply(layer, ref options, sources, problems);
        }

        int unreadable = problems.Count;
        problems.AddRange(SettingsCheck.Find(options));
        return new SettingsResult(options, Effective(options, sources), problems) { UnreadableCount = unreadable };
    }

    private static IEnumerable<GivenValue> Flags(IEnumerable<FlagValue> flags) =>
        from flag in flags
        let place = flag.Flag == "--set" ? $"--set {flag.Name}" : flag.Flag
        select new GivenValue(flag.Name, flag.Value, $"flag {place}", place);

    private static void Apply(
        IEnumerable<GivenValue> layer,
        ref NexoServerOptions options,
        Dictionary<string, string> sources,
        List<string> problems)
    {
        Dictionary<string, string> places = [];
        foreach (GivenValue given in layer)
        {
            if (SettingCatalog.Find(given.Name) is not { } setting)
            {
                problems.Add(Unknown(given));
            }
            else if (!places.TryAdd(setting.Name, given.Place))
            {
                problems.Add($"{setting.Name} is given twice: {places[setting.Name]}; {given.Place}");
            }
            else if (given.Text is null)
            {
                problems.Add($"{setting.Name} ({given.Place}) has no value; leave it out for the default, or give {setting.Allowed}");
            }
            else if (!setting.TryApply(given.Text, ref options, out string? reason))
            {
                problems.Add(Unreadable(setting, given, reason));
            }
            else
            {
                sources[setting.Name] = given.Source;
            }
        }
    }

    private static IReadOnlyList<EffectiveSetting> Effective(NexoServerOptions options, Dictionary<string, string> sources)
    {
        var defaults = new NexoServerOptions();
        return [.. SettingCatalog.All.Select(setting => new EffectiveSetting(
            setting.Name,
            setting.Show(options),
            setting.Show(defaults),
            sources.GetValueOrDefault(setting.Name, DefaultSource),
            setting.Description))];
    }

    private static string Unknown(GivenValue given)
    {
        IReadOnlyList<string> near = NearestNames.Find(given.Name);
        string advice = near.Count == 0 ? "nexo config lists them all" : $"did you mean {string.Join(" or ", near)}?";
        return $"{Clip(given.Name)} ({Clip(given.Place)}) is no setting; {advice}";
    }

    private static string Unreadable(Setting setting, GivenValue given, string? reason)
    {
        string shown = setting.IsSecret ? "what was given" : $"'{Clip(given.Text!)}'";
        string why = reason is null ? string.Empty : $": {reason}";
        return $"{setting.Name} ({given.Place}): {shown} will not do{why}; give {setting.Allowed}";
    }

    private static string Clip(string text)
    {
        string oneLine = string.Concat(text.Select(c => char.IsControl(c) ? '?' : c));
        return oneLine.Length <= ShownLengthMax ? oneLine : $"{oneLine.AsSpan(0, ShownLengthMax)}…";
    }
}
