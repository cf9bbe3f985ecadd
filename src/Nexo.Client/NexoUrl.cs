using System.Globalization;
using Nexo.Protocol;

namespace Nexo.Client;

/// <summary>The parts of <see cref="NexoClientOptions.Url"/>.</summary>
internal sealed record NexoUrl
{
    private const string TcpScheme = "nexo";
    private const string UnixScheme = "nexo+unix";
    private const string Expected =
        "Expected nexo://[user:password@]host[:port][?token=…] or nexo+unix:///path/to.sock[?token=…].";

    /// <summary>Null for a unix socket.</summary>
    public string? Host { get; private init; }

    public int Port { get; private init; }

    public string? SocketPath { get; private init; }

    public string? User { get; private init; }

    public string? Password { get; private init; }

    public string? Token { get; private init; }

    /// <summary>What may be shown and logged: no credentials.</summary>
    public string Address => Host is null
        ? $"{UnixScheme}://{SocketPath}"
        : string.Create(CultureInfo.InvariantCulture, $"{TcpScheme}://{Host}:{Port}");

    /// <exception cref="ArgumentException">It is not such a URL. The message holds none of it: it may hold a
    /// password.</exception>
    public static NexoUrl Parse(string text)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out Uri? uri) || uri.Scheme is not (TcpScheme or UnixScheme))
        {
            throw new ArgumentException($"Not a Nexo URL. {Expected}", nameof(text));
        }

        bool unix = uri.Scheme == UnixScheme;
        bool complete = unix ? uri.Host.Length == 0 && uri.AbsolutePath.Length > 1 : uri.Host.Length > 0;
        if (!complete || (!unix && uri.AbsolutePath.Length > 1) || uri.Fragment.Length > 0)
        {
            throw new ArgumentException($"Not a complete Nexo URL. {Expected}", nameof(text));
        }

        string[] user = uri.UserInfo.Split(':', 2);
        return new NexoUrl
        {
            Host = unix ? null : uri.DnsSafeHost,
            Port = uri.Port < 0 ? ProtocolVersion.DefaultPort : uri.Port,
            SocketPath = unix ? Uri.UnescapeDataString(uri.AbsolutePath) : null,
            User = user[0].Length == 0 ? null : Uri.UnescapeDataString(user[0]),
            Password = user.Length < 2 ? null : Uri.UnescapeDataString(user[1]),
            Token = ReadToken(uri.Query),
        };
    }

    public override string ToString() => Address;

    private static string? ReadToken(string query)
    {
        string? token = null;
        foreach (string part in query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] pair = part.Split('=', 2);
            if (pair[0] != "token" || pair.Length < 2 || token is not null)
            {
                throw new ArgumentException($"A Nexo URL has no parameter '{pair[0]}' but one token. {Expected}");
            }

            token = Uri.UnescapeDataString(pair[1]);
        }

        return token;
    }
}
