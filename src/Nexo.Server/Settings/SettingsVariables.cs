namespace Nexo.Server.Settings;

/// <summary>Environment variables: <c>NEXO_STORE__MAX_MEMORY</c> is <c>store.max-memory</c>.</summary>
internal static class SettingsVariables
{
    // What the client commands and nexo itself read; none of them is a setting of the server.
    private static readonly string[] NotSettings =
        ["NEXO_CONFIG", "NEXO_URL", "NEXO_TOKEN", "NEXO_USER", "NEXO_PASSWORD", "NEXO_DEBUG"];

    public static IEnumerable<GivenValue> Read(IReadOnlyDictionary<string, string> variables) =>
        from variable in variables
        where variable.Key.StartsWith(Setting.VariablePrefix, StringComparison.Ordinal)
        where !NotSettings.Contains(variable.Key)
        orderby variable.Key
        let place = $"environment variable {variable.Key}"
        select new GivenValue(NameOf(variable.Key), variable.Value, $"environment {variable.Key}", place);

    private static string NameOf(string variable) =>
        variable[Setting.VariablePrefix.Length..]
            .Replace("__", ".", StringComparison.Ordinal)
            .Replace('_', '-')
            .ToLowerInvariant();
}
