using System.Text;

namespace Nexo.Server.Settings;

/// <summary>The table of all settings that <c>docs/operating.md</c> embeds.</summary>
public static class SettingsReference
{
    public static string Markdown()
    {
        var defaults = new NexoServerOptions();
        var table = new StringBuilder();
        table.Append("| setting | default | may be | what it does |\n|---|---|---|---|\n");
        foreach (Setting setting in SettingCatalog.All)
        {
            string flag = setting.Flag is null ? string.Empty : $" (`{setting.Flag}`)";
            string live = SettingCatalog.IsLive(setting) ? " (reloaded)" : string.Empty;
            table.Append($"| `{setting.Name}`{flag} | `{setting.Show(defaults)}` | {setting.Allowed} | {setting.Description}{live} |\n");
        }

        return table.ToString();
    }

    /// <summary>Flags that set one setting each.</summary>
    public static IReadOnlyList<(string Flag, string Setting, string Description, bool IsSwitch)> Flags() =>
    [
        .. from setting in SettingCatalog.All
           where setting.Flag is not null
           select (setting.Flag, setting.Name, setting.Description, setting is Setting<bool>),
    ];
}
