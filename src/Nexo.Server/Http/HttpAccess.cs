using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Http;
using Nexo.Protocol;
using Nexo.Server.Connections;
using Nexo.Server.Security;
using Nexo.Server.Tls;

namespace Nexo.Server.Http;

/// <summary>Who asks by HTTP: the same users, by <c>Authorization: Bearer TOKEN</c> or <c>Basic</c> with user and password.</summary>
internal sealed class HttpAccess(
    NexoServerOptions options, IAuthenticator authenticator, ClientConnections clients, AuditLog audit)
{
    /// <summary>How a client may say who it is.</summary>
    public const string Challenge = "Basic realm=\"nexo\", charset=\"UTF-8\", Bearer";

    /// <summary>Null: the client may read figures of the server; else what it is answered.</summary>
    public async ValueTask<HttpRefusal?> FindRefusalAsync(HttpContext context)
    {
        if (options.Security.MetricsOpen || !authenticator.Required)
        {
            return null;
        }

        AuthResult login = await AuthenticateAsync(context);
        if (login.Code != ErrorCode.None)
        {
            return Refuse(context, login);
        }

        bool isKeeper = login.Namespace is null;
        if (isKeeper && login.Access.AllowsAdmin(AccessOperation.Read))
        {
            return null;
        }

        audit.Operation(login.User, RemoteOf(context), context.Request.Path.Value ?? "/", default, isAllowed: false);
        return new HttpRefusal(
            StatusCodes.Status403Forbidden,
            isKeeper
                ? AccessRefusal.MessageOf(login.User, AccessBroker.Admin, AccessOperation.Read, default, AccessReach.Name)
                : "These are figures of the whole server, and the user is bound to a namespace.");
    }

    /// <summary>Verifies the credentials of a request.</summary>
    public async ValueTask<AuthResult> AuthenticateAsync(HttpContext context)
    {
        AuthResult login = await authenticator.VerifyAsync(
            HttpCredentials.Read(context.Request.Headers.Authorization.ToString()),
        context.Features.Get<TlsPeer>()?.Names ?? [],
        RemoteOf(context),
        context.RequestAborted);
        if (login.Code != ErrorCode.None || clients.Shares.TryRequest(login.User, out int retryAfterSeconds))
        {
            return login;
        }

        context.Response.Headers.RetryAfter = retryAfterSeconds.ToString(CultureInfo.InvariantCulture);
        return AuthResult.Refused(ErrorCode.UserLimitExceeded, $"The user '{login.User}' asks more often than it may.");
    }

    /// <summary>What a login that was refused is answered.</summary>
    public static HttpRefusal Refuse(HttpContext context, in AuthResult login)
    {
        if (login.Code is ErrorCode.AuthenticationThrottled or ErrorCode.UserLimitExceeded)
        {
            return new HttpRefusal(StatusCodes.Status429TooManyRequests, login.Message);
        }

        context.Response.Headers.WWWAuthenticate = Challenge;
        return new HttpRefusal(StatusCodes.Status401Unauthorized, login.Message);
    }

    private static IPEndPoint? RemoteOf(HttpContext context) => context.Connection.RemoteIpAddress is { } address
        ? new IPEndPoint(address, context.Connection.RemotePort)
        : null;
}

/// <summary>What a client is answered instead of what it has asked for.</summary>
internal readonly record struct HttpRefusal(int Status, string Message);
