namespace Nexo.Server.Settings;

/// <summary>Origins as they are configured: <c>https://app.example,http://localhost:3000</c>.</summary>
internal static class OriginList
{
    public static bool TryParse(string text, out IReadOnlyList<string> origins, out string? reason)
    {
        string[] items = text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        origins = items;
        string? wrong = items.FirstOrDefault(item => !IsOrigin(item));
        reason = wrong is null ? null : $"'{wrong}' is no origin: http:// or https://, a name, and a port if it is not the usual one";
        return wrong is null;
    }

    public static string Print(IReadOnlyList<string> origins) => string.Join(',', origins);

    // As browsers write it, since it is compared byte by byte.
    private static bool IsOrigin(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out Uri? uri)
        && (uri.Scheme == Uri.UriSchemeHttp || uri.Scheme == Uri.UriSchemeHttps)
        && uri.GetLeftPart(UriPartial.Authority) == text;
}
