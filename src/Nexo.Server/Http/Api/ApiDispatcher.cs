using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using Nexo.Protocol;
using Nexo.Server.Http.Links;
using Nexo.Server.Native;
using Nexo.Server.Security;
using Nexo.Server.Transport;

namespace Nexo.Server.Http.Api;

/// <summary>Finds the route of a request, checks what it says, logs it in, and has it handled.</summary>
internal sealed partial class ApiDispatcher(HttpLinks links, TimeProvider time, ILogger<ApiDispatcher> log)
{
    public const string Prefix = "/v1/";

    private const int RetryAfterSeconds = 1;

    // Beyond what is refused by us.
    private const int BodyMargin = 64 * 1_024;

    private int _held;

    /// <summary>
    /// Tails and requests that wait, at once: they keep their connections, and others need some too, such as who asks whether the server
    /// is healthy.
    /// </summary>
    internal int HeldMax { get; set; } = Math.Max(1, DescriptorLimit.Shares.Http / 2);

    /// <summary>Answers a request whose path begins with <see cref="Prefix"/>.</summary>
    public async Task ServeAsync(HttpContext http)
    {
        // What is refused before it was read is passed over, so that the connection goes on.
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            limit.MaxRequestBodySize = links.Server.Options.FrameBytesMax + BodyMargin;
        }

        (string path, string query) = TargetOf(http);
        if (!path.StartsWith(Prefix, StringComparison.Ordinal))
        {
            await RefuseAsync(http, StatusCodes.Status404NotFound, new(ErrorCode.None, "Nothing is here: see /openapi.json."));
            return;
        }

        if (Find(http, path, out List<KeyValuePair<string, string>> names) is not { } route)
        {
            await RefuseUnknownAsync(http, path);
            return;
        }

        HttpLink? link = null;
        bool isWhole = false;
        try
        {
            (link, LinkFailure failure) = await links.TakeAsync(http);
            if (link is null)
            {
                await RefuseAsync(http, failure);
                return;
            }

            if (link.Connection.All.Shares.MustWait(link.Connection.User, out int retryAfterSeconds))
            {
                isWhole = true;
                http.Response.Headers.RetryAfter = retryAfterSeconds.ToString();
                await RefuseAsync(http, new(ErrorCode.UserLimitExceeded, "The user asks more often than it may."));
                return;
            }

            isWhole = await ServeAsync(http, link, route, names, query);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // Nobody is there any more to be answered.
        }
        catch (Exception failure) when (!http.Response.HasStarted && failure is not (IOException or BadHttpRequestException))
        {
            LogFailed(http.Request.Method, route.Pattern, failure);
            await RefuseAsync(http, new(ErrorCode.Internal, "The request has failed; the server's log says why."));
        }
        finally
        {
            if (isWhole)
            {
                links.GiveBack(http, link!);
            }
            else
            {
                link?.Dispose();
            }
        }
    }

    /// <summary>Answers that something is refused.</summary>
    public static Task RefuseAsync(HttpContext http, in LinkFailure failure) =>
        RefuseAsync(http, ApiProblem.StatusOf(failure.Code), failure);

    public static Task RefuseAsync(HttpContext http, int status, in LinkFailure failure)
    {
        if (status == StatusCodes.Status401Unauthorized)
        {
            http.Response.Headers.WWWAuthenticate = HttpAccess.Challenge;
        }
        else if (status is StatusCodes.Status429TooManyRequests or StatusCodes.Status503ServiceUnavailable)
        {
            // Who knows it better has said so already.
            http.Response.Headers.TryAdd("Retry-After", RetryAfterSeconds.ToString());
        }

        return HttpAnswer.WriteAsync(http, status, ApiProblem.ContentType, ApiProblem.Render(status, failure).WrittenMemory);
    }

    [LoggerMessage(1, LogLevel.Error, "{Method} {Route} has failed")]
    private partial void LogFailed(string method, string route, Exception failure);

    private async Task<bool> ServeAsync(
        HttpContext http, HttpLink link, ApiRoute route, List<KeyValuePair<string, string>> names, string query)
    {
        var values = new ApiValues();
        string? problem = ReadPath(names, values) ?? ReadQuery(route, query, values);
        if (problem is null && http.Request.ContentLength > link.FrameBytesMax)
        {
            http.Response.Headers.Connection = "close";
            await RefuseAsync(http, new(ErrorCode.ValueTooLarge, $"A body has at most {link.FrameBytesMax} bytes here."));
            return true;
        }

        // Who may not do it is not read from. What is done is judged where it is done.
        if (problem is null && route.Body != ApiBody.None && Denied(link.Connection, route, values) is { } denied)
        {
            await RefuseAsync(http, new(ErrorCode.PermissionDenied, denied));
            return true;
        }

        using var exchange = new ApiExchange(http, link, route, values, time);
        if (problem is null && route.Body == ApiBody.Json)
        {
            using var body = new FrameBuffer();
            if (!await exchange.TakeBodyAsync(body, ApiJson.BodyBytesMax))
            {
                return true;
            }

            problem = ApiJson.Read(body.Written, route.Fields, values);
        }

        if (problem is not null)
        {
            await RefuseAsync(http, new(ErrorCode.InvalidArgument, problem));
            return true;
        }

        if (!TryHold(route, values))
        {
            await RefuseAsync(http, new(
                ErrorCode.TooManyConnections, $"There are {HeldMax} tails and requests that wait already; more would keep others out."));
            return true;
        }

        try
        {
            await route.Handle(exchange);
        }
        finally
        {
            LetGo(route, values);
        }

        return !exchange.IsLinkUsedUp;
    }

    private static string? Denied(NativeConnection client, ApiRoute route, ApiValues values)
    {
        if (values.Has(StoreRoutes.KeyEncodingName) || route.Needs is not [{ Reach: AccessReach.Name } need])
        {
            return null;
        }

        byte[] name = values.Bytes(route.PathNames.First());
        if (client.Access.Allows(need.Broker, need.Operation, name))
        {
            return null;
        }

        client.All.Audit.Operation(client.User, client.RemoteEndPoint, route.Id, name, isAllowed: false);
        return AccessRefusal.MessageOf(client.User, need.Broker, need.Operation, name, AccessReach.Name);
    }

    private static bool Waits(ApiRoute route, ApiValues values) => route.IsTail || values.Number("wait") > 0;

    private bool TryHold(ApiRoute route, ApiValues values)
    {
        if (!Waits(route, values) || Interlocked.Increment(ref _held) <= HeldMax)
        {
            return true;
        }

        Interlocked.Decrement(ref _held);
        return false;
    }

    private void LetGo(ApiRoute route, ApiValues values)
    {
        if (Waits(route, values))
        {
            Interlocked.Decrement(ref _held);
        }
    }

    // Not what ASP.NET has made of it: names hold any bytes, and slashes.
    private static (string Path, string Query) TargetOf(HttpContext http)
    {
        string target = http.Features.Get<IHttpRequestFeature>()?.RawTarget ?? string.Empty;
        int scheme = target.IndexOf("://", StringComparison.Ordinal);
        if (scheme > 0 && target[0] != '/')
        {
            int slash = target.IndexOf('/', scheme + 3);
            target = slash < 0 ? "/" : target[slash..];
        }

        int question = target.IndexOf('?', StringComparison.Ordinal);
        return question < 0 ? (target, string.Empty) : (target[..question], target[(question + 1)..]);
    }

    private static ApiRoute? Find(HttpContext http, string path, out List<KeyValuePair<string, string>> names)
    {
        string method = HttpMethods.IsHead(http.Request.Method) ? HttpMethods.Get : http.Request.Method;
        string rest = path[1..];
        string[] segments = rest.Split('/');
        names = [];
        foreach (ApiRoute route in ApiRoutes.All)
        {
            if (route.Method == method && route.Matches(segments, rest, out names))
            {
                return route;
            }
        }

        return null;
    }

    private static Task RefuseUnknownAsync(HttpContext http, string path)
    {
        string rest = path[1..];
        string[] segments = rest.Split('/');
        string[] methods = [.. ApiRoutes.All.Where(route => route.Matches(segments, rest, out _)).Select(route => route.Method)];
        if (methods.Length == 0)
        {
            return RefuseAsync(http, StatusCodes.Status404NotFound, new(ErrorCode.None, "Nothing is here: see /openapi.json."));
        }

        string allowed = string.Join(", ", methods.Contains(HttpMethods.Get) ? methods.Append(HttpMethods.Head) : methods);
        http.Response.Headers.Allow = allowed;
        return RefuseAsync(http, StatusCodes.Status405MethodNotAllowed, new(ErrorCode.InvalidArgument, $"Here are {allowed}."));
    }

    private static string? ReadPath(List<KeyValuePair<string, string>> names, ApiValues values)
    {
        foreach ((string name, string encoded) in names)
        {
            if (!ApiText.TryDecode(encoded, isQuery: false, out byte[] decoded))
            {
                return "A % in the address is followed by two hexadecimal digits.";
            }

            values.TryAdd(name, new ApiValue(decoded, 0));
        }

        return null;
    }

    private static string? ReadQuery(ApiRoute route, string query, ApiValues values)
    {
        foreach (string part in query.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            int equals = part.IndexOf('=', StringComparison.Ordinal);
            ReadOnlySpan<char> given = equals < 0 ? default : part.AsSpan(equals + 1);
            string name = equals < 0 ? part : part[..equals];
            ApiField? field = route.Query.FirstOrDefault(one => one.Name == name);
            if (field is null)
            {
                return $"'{name}' is not known here: there may be "
                    + $"{(route.Query.Count == 0 ? "nothing" : string.Join(", ", route.Query.Select(one => one.Name)))} behind the ?.";
            }

            if (!ApiText.TryDecode(given, isQuery: true, out byte[] decoded) || !ApiText.TryRead(field, decoded, out ApiValue value))
            {
                return $"'{name}' is not what it may be: {field.Allowed}.";
            }

            if (field.Kind == ApiKind.Texts)
            {
                values.AddMore(name, decoded);
            }
            else if (!values.TryAdd(name, value))
            {
                return $"'{name}' is there twice.";
            }
        }

        return route.Query.FirstOrDefault(field => field.IsRequired && !values.Has(field.Name)) is { } missing
            ? $"'{missing.Name}' is missing behind the ?: {missing.Allowed}."
            : null;
    }
}
