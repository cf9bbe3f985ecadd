using Nexo.Server.Settings;

namespace Nexo.Server.Hosting;

/// <summary>
/// Reads the settings anew from where they came from, and puts those into force that a running server can change; of the others it says
/// that they wait for the next start.
/// </summary>
internal sealed class SettingsReload(SettingsInput input, NexoServerOptions first, IEnumerable<ILiveSettings> takers) : IReloadable
{
    // Where it is off, nobody stands at the ports to turn it on.
    private const string TlsSection = "tls";

    private readonly ILiveSettings[] _takers = [.. takers];

    // What is in force; and what was read last, so that what waits for the next start is said once.
    private NexoServerOptions _current = first;
    private NexoServerOptions _lastRead = SettingsLoader.Load(input).Options;

    public string Name => "settings";

    public IReadOnlyList<string> Files => [SettingsFile.PathOf(input)];

    public ReloadOutcome Reload()
    {
        SettingsResult read = SettingsLoader.Load(input);
        if (read.Problems.Count > 0)
        {
            return ReloadOutcome.Refused(string.Join("; ", read.Problems));
        }

        NexoServerOptions next = _current;
        List<string> live = [];
        List<string> later = [];
        foreach (Setting setting in SettingCatalog.All)
        {
            string text = setting.Print(read.Options);
            if (SettingCatalog.IsLive(setting) && (_current.Tls.IsOn || setting.Section != TlsSection))
            {
                if (text != setting.Print(_current) && setting.TryApply(text, ref next, out _))
                {
                    live.Add($"{setting.Name} is {setting.Show(next)}");
                }
            }
            else if (text != setting.Print(_lastRead))
            {
                later.Add(setting.Name);
            }
        }

        // What remains of the others may contradict what has changed.
        if (SettingsCheck.Find(next).Concat(_takers.Select(taker => taker.Refuse(next)).OfType<string>()).FirstOrDefault() is { } problem)
        {
            return ReloadOutcome.Refused(problem);
        }

        Array.ForEach(_takers, taker => taker.Apply(next));
        (_current, _lastRead) = (next, read.Options);
        if (live.Count + later.Count == 0)
        {
            return ReloadOutcome.Unchanged;
        }

        string now = live.Count == 0 ? "nothing of it is for a running server" : string.Join(", ", live);
        return later.Count == 0
            ? ReloadOutcome.Applied(now)
            : ReloadOutcome.AppliedInPart($"{now}; only a restart puts into force {string.Join(", ", later)}");
    }
}
