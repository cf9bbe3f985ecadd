namespace Nexo.Server.Settings;

/// <summary>Environment variables: <c>NEXO_STORE__MAX_MEMORY</c> is <c>store.max-memory</c>.</summary>
internal static class SettingsVariables
{
    private const string SectionMark = "__";

    // What the client commands and nexo itself read; none of them is a setting of the server.
    private static readonly string[] NotSettings =
    [
        "NEXO_CONFIG", "NEXO_URL", "NEXO_TOKEN", "NEXO_USER", "NEXO_PASSWORD", "NEXO_NAMESPACE", "NEXO_DEBUG",
        "NEXO_TLS_CA", "NEXO_TLS_CERT", "NEXO_TLS_KEY",
    ];

    public static IEnumerable<GivenValue> Read(IReadOnlyDictionary<string, string> variables) =>
        from variable in variables
        where variable.Key.StartsWith(Setting.VariablePrefix, StringComparison.Ordinal)
        where !NotSettings.Contains(variable.Key) && !IsOfAnOrchestrator(variable.Key, variable.Value)
        orderby variable.Key
        let place = $"environment variable {variable.Key}"
        select new GivenValue(NameOf(variable.Key), variable.Value, $"environment {variable.Key}", place);

    // Kubernetes gives these to every container beside a service that is called nexo; nobody wrote them.
    private static bool IsOfAnOrchestrator(string name, string value) =>
        !name.Contains(SectionMark, StringComparison.Ordinal)
        && (name.StartsWith("NEXO_SERVICE_", StringComparison.Ordinal)
            || name.StartsWith("NEXO_PORT_", StringComparison.Ordinal)
            || (name == "NEXO_PORT" && value.Contains("://", StringComparison.Ordinal)));

    private static string NameOf(string variable) =>
        variable[Setting.VariablePrefix.Length..]
            .Replace(SectionMark, ".", StringComparison.Ordinal)
            .Replace('_', '-')
            .ToLowerInvariant();
}
