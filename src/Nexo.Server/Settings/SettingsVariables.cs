namespace Nexo.Server.Settings;

/// <summary>Environment variables: <c>NEXO_STORE__MAX_MEMORY</c> is <c>store.max-memory</c>.</summary>
internal static class SettingsVariables
{
    private const string SectionMark = "__";

    /// <summary>
    /// Only names with a section are settings: others are for the client commands (<c>NEXO_URL</c>), or come from an
    /// orchestrator that has a service of this name (<c>NEXO_PORT=tcp://…</c>).
    /// </summary>
    public static IEnumerable<GivenValue> Read(IReadOnlyDictionary<string, string> variables) =>
        from variable in variables
        where variable.Key.StartsWith(Setting.VariablePrefix, StringComparison.Ordinal)
        where variable.Key.Contains(SectionMark, StringComparison.Ordinal)
        orderby variable.Key
        let place = $"environment variable {variable.Key}"
        select new GivenValue(NameOf(variable.Key), variable.Value, $"environment {variable.Key}", place);

    private static string NameOf(string variable) =>
        variable[Setting.VariablePrefix.Length..]
            .Replace(SectionMark, ".", StringComparison.Ordinal)
            .Replace('_', '-')
            .ToLowerInvariant();
}
