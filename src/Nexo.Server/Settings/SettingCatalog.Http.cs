namespace Nexo.Server.Settings;

// The HTTP API.
internal static partial class SettingCatalog
{
    private static IEnumerable<Setting> Http()
    {
        yield return new Setting<IReadOnlyList<string>>("http.allowed-origins", SettingKinds.Origins,
            o => o.Http.AllowedOrigins, (o, v) => o with { Http = o.Http with { AllowedOrigins = v } },
            "Sites whose pages may use the HTTP API, such as https://app.example");
    }
}
