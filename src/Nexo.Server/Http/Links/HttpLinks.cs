using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Nexo.Protocol;
using Nexo.Server.Native;

namespace Nexo.Server.Http.Links;

/// <summary>
/// The links of clients of HTTP. One is kept for the next request of its connection that comes with the same credentials; it ends with the
/// connection. All that the HTTP API knows of the brokers goes through here.
/// </summary>
internal sealed class HttpLinks(NativeServer server)
{
    private const string ClientName = "http";
    private const string NamespaceHeader = "Nexo-Namespace";

    private readonly KeptLeases _leases = new();

    public NativeServer Server => server;

    /// <summary>A link that is logged in, or why there is none.</summary>
    public async ValueTask<(HttpLink? Link, LinkFailure Failure)> TakeAsync(HttpContext http)
    {
        if (SlotOf(http) is { } slot && slot.TryTake(LoginOf(http)) is { } kept)
        {
            if (await kept.EndIdleAsync())
            {
                return (kept, default);
            }

            kept.Dispose();
        }

        HttpLink link = HttpLink.Open(http, server, _leases);
        string space = http.Request.Headers[NamespaceHeader].ToString();
        HelloRequest hello = HttpCredentials.Read(http.Request.Headers.Authorization.ToString()) with
        {
            ClientName = ClientName,
            Namespace = space.Length == 0 ? null : space,
        };
        LinkFailure? failure = LinkFailure.Lost;
        try
        {
            failure = await link.GreetAsync(hello, http.RequestAborted);
        }
        finally
        {
            // Also when the client has gone meanwhile.
            if (failure is not null)
            {
                link.Dispose();
            }
        }

        return failure is { } refused ? (null, refused) : (link, default);
    }

    /// <summary>Keeps a link on which nothing is open for the connection's next request.</summary>
    public void GiveBack(HttpContext http, HttpLink link)
    {
        if (SlotOf(http) is not { } slot || !slot.TryKeep(http, link))
        {
            link.Dispose();
        }
    }

    // All that a link is logged in by.
    private static string LoginOf(HttpContext http) => $"{http.Request.Headers[NamespaceHeader]}\n{http.Request.Headers.Authorization}";

    private static Slot? SlotOf(HttpContext http)
    {
        if (http.Features.Get<IConnectionItemsFeature>()?.Items is not { } items)
        {
            return null;
        }

        if (items.TryGetValue(typeof(Slot), out object? there))
        {
            return (Slot?)there;
        }

        var slot = new Slot();
        items[typeof(Slot)] = slot;
        return slot;
    }

    /// <summary>The link of a connection between two requests.</summary>
    private sealed class Slot
    {
        private readonly Lock _gate = new();
        private HttpLink? _link;
        private string _login = string.Empty;
        private bool _isWatched;
        private bool _isClosed;

        public HttpLink? TryTake(string login)
        {
            HttpLink? link;
            lock (_gate)
            {
                link = _link;
                _link = null;
            }

            if (link is null || _login == login)
            {
                return link;
            }

            link.Dispose();
            return null;
        }

        public bool TryKeep(HttpContext http, HttpLink link)
        {
            if (http.Features.Get<IConnectionLifetimeFeature>() is not { } life)
            {
                return false;
            }

            lock (_gate)
            {
                if (_isClosed)
                {
                    return false;
                }

                link.BeginIdle();
                _link = link;
                _login = LoginOf(http);
            }

            if (!_isWatched)
            {
                _isWatched = true;
                life.ConnectionClosed.Register(static slot => ((Slot)slot!).Close(), this);
            }

            return true;
        }

        private void Close()
        {
            HttpLink? link;
            lock (_gate)
            {
                _isClosed = true;
                link = _link;
                _link = null;
            }

            link?.Dispose();
        }
    }
}
