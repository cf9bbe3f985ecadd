using System.Net;
using Microsoft.AspNetCore.Http;
using Nexo.Server.Security;

namespace Nexo.Server.Http;

/// <summary>
/// Keeps pages of other sites from using the API through the browser of somebody who can reach it: they are refused unless
/// <c>http.allowed-origins</c> has theirs. And as long as nobody is asked who he is, what was reached under a name that anybody could
/// have made to lead here (DNS rebinding) is refused too.
/// </summary>
internal sealed class BrowserGuard(NexoServerOptions options, IAuthenticator authenticator)
{
    private const string SecFetchSite = "Sec-Fetch-Site";
    private const string ExposedHeaders = "ETag, Retry-After, WWW-Authenticate, Allow";
    private const string PreflightMaxAge = "600";

    // Nobody outside can own names that end so.
    private static readonly string[] OwnSuffixes = [".localhost", ".local", ".internal", ".home.arpa"];

    private readonly HashSet<string> _origins = [.. options.Http.AllowedOrigins];

    /// <summary>Null: the request may go on; else why not. Says in the answer what a browser must know.</summary>
    public string? FindRefusal(HttpContext http)
    {
        string origin = http.Request.Headers.Origin.ToString();
        bool isListed = origin.Length > 0 && _origins.Contains(origin);
        if (isListed)
        {
            http.Response.Headers.AccessControlAllowOrigin = origin;
            http.Response.Headers.AccessControlExposeHeaders = ExposedHeaders;
            http.Response.Headers.Vary = "Origin";
        }
        else if (origin.Length > 0 && !IsSame(origin, http.Request.Host))
        {
            return $"Pages of {Shown(origin)} may not use this server: see http.allowed-origins.";
        }
        else if (http.Request.Headers[SecFetchSite].ToString() is "cross-site" or "same-site")
        {
            return "Pages of other sites may not use this server: see http.allowed-origins.";
        }

        return FindRebinding(http);
    }

    /// <summary>As <see cref="FindRefusal"/>, of the pages that are only read: who is no browser may use any name.</summary>
    public string? FindRebound(HttpContext http) =>
        http.Request.Headers.UserAgent.ToString().Contains("Mozilla", StringComparison.Ordinal) ? FindRebinding(http) : null;

    private string? FindRebinding(HttpContext http)
    {
        return authenticator.Required || IsOwn(http.Request.Host.Host)
            ? null
            : $"As long as it has no users, this server is not used under the name {Shown(http.Request.Host.Host)}: "
                + "see http.allowed-origins, or add a user.";
    }

    /// <summary>Answers a browser that asks what a page may do; false: it is no such question.</summary>
    public bool TryAnswerPreflight(HttpContext http)
    {
        IHeaderDictionary asked = http.Request.Headers;
        if (!HttpMethods.IsOptions(http.Request.Method)
            || asked.AccessControlRequestMethod.Count == 0
            || !_origins.Contains(asked.Origin.ToString()))
        {
            return false;
        }

        http.Response.StatusCode = StatusCodes.Status204NoContent;
        http.Response.Headers.AccessControlAllowMethods = "GET, HEAD, PUT, POST, PATCH, DELETE";

        // As it was asked for, unless it is no list of names.
        string names = asked.AccessControlRequestHeaders.ToString();
        if (names.All(one => char.IsAsciiLetterOrDigit(one) || one is '-' or '_' or ',' or ' '))
        {
            http.Response.Headers.AccessControlAllowHeaders = names;
        }

        http.Response.Headers.AccessControlMaxAge = PreflightMaxAge;
        return true;
    }

    private static bool IsSame(string origin, HostString host)
    {
        int scheme = origin.IndexOf("://", StringComparison.Ordinal);
        return scheme > 0 && host.HasValue && origin.AsSpan(scheme + 3).Equals(host.Value, StringComparison.OrdinalIgnoreCase);
    }

    // Addresses, names of one label, names that are nobody's outside, the machine's own, and those of origins that are listed.
    private bool IsOwn(string host)
    {
        string name = host.TrimEnd('.');
        return name.Length == 0
            || !name.Contains('.', StringComparison.Ordinal)
            || IPAddress.TryParse(name.Trim('[', ']'), out _)
            || OwnSuffixes.Any(suffix => name.EndsWith(suffix, StringComparison.OrdinalIgnoreCase))
            || name.Equals(Dns.GetHostName(), StringComparison.OrdinalIgnoreCase)
            || _origins.Any(origin => Uri.TryCreate(origin, UriKind.Absolute, out Uri? listed)
                && listed.Host.Equals(name, StringComparison.OrdinalIgnoreCase));
    }

    private static string Shown(string text) => text.Length <= 128 ? text : text[..128];
}
