using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Nexo.Server.Http.Api;
using Nexo.Server.Mqtt;
using Nexo.Server.Observability;
using Nexo.Server.Security;
using Nexo.Server.Tls;

namespace Nexo.Server.Http;

/// <summary>The HTTP port: the API, and a handful of pages to read.</summary>
internal static class HttpPipeline
{
    private const string DocumentPath = "/openapi.json";

    public static void UseNexoHttp(this WebApplication app)
    {
        app.Use(LeaveSocketThread);
        var guard = app.Services.GetRequiredService<BrowserGuard>();
        UseApi(app, guard);
        app.Use(RefuseOtherMethods);
        UseMqtt(app, guard);

        var metrics = app.Services.GetRequiredService<NexoMetrics>();
        var readiness = app.Services.GetRequiredService<Readiness>();
        var page = app.Services.GetRequiredService<StatusPage>();
        var access = app.Services.GetRequiredService<HttpAccess>();
        app.Run(context => context.Request.Path.Value switch
        {
            "/" => AnswerFigures(context, guard, access, "text/html; charset=utf-8", page.Render),
            "/healthz" => HttpAnswer.WriteAsync(context, StatusCodes.Status200OK, HttpAnswer.PlainText, "alive\n"),
            "/readyz" => AnswerReadiness(context, readiness),
            "/metrics" => AnswerFigures(context, guard, access, PrometheusText.ContentType, metrics.Scrape),
            DocumentPath => HttpAnswer.WriteAsync(context, StatusCodes.Status200OK, "application/json", OpenApiDocument.Bytes),
            _ => HttpAnswer.WriteAsync(context, StatusCodes.Status404NotFound, HttpAnswer.PlainText,
                "Nothing is here. There are /, /healthz, /readyz, /metrics, and the API below /v1: see /openapi.json.\n"),
        });
    }

    private static void UseApi(WebApplication app, BrowserGuard guard)
    {
        var api = app.Services.GetRequiredService<ApiDispatcher>();
        app.Use(async (HttpContext context, RequestDelegate next) =>
        {
            if (context.Request.Path.Value is not { } path || !path.StartsWith(ApiDispatcher.Prefix, StringComparison.Ordinal))
            {
                await next(context);
            }
            else if (guard.FindRefusal(context) is { } refusal)
            {
                await ApiDispatcher.RefuseAsync(
                    context, StatusCodes.Status403Forbidden, new(Protocol.ErrorCode.PermissionDenied, refusal));
            }
            else if (!guard.TryAnswerPreflight(context))
            {
                await api.ServeAsync(context);
            }
        });
    }

    private static void UseMqtt(WebApplication app, BrowserGuard guard)
    {
        var mqtt = app.Services.GetRequiredService<MqttWebSocket>();
        if (!mqtt.IsOn)
        {
            return;
        }

        // Where credentials are asked for, a page has none but for the certificate that its browser shows by itself.
        var authenticator = app.Services.GetRequiredService<IAuthenticator>();
        app.UseWebSockets();
        app.Map(MqttWebSocket.Path, branch => branch.Run(context =>
            (!authenticator.Required || context.Features.Get<TlsPeer>() is { Names.Count: > 0 })
                && guard.FindRefusal(context) is { } refusal
                ? HttpAnswer.WriteAsync(context, StatusCodes.Status403Forbidden, HttpAnswer.PlainText, $"{refusal}\n")
                : mqtt.ServeAsync(context)));
    }

    private static async Task AnswerFigures(
        HttpContext context, BrowserGuard guard, HttpAccess access, string type, Func<string> figures)
    {
        if (guard.FindRebound(context) is { } rebound)
        {
            await HttpAnswer.WriteAsync(context, StatusCodes.Status403Forbidden, HttpAnswer.PlainText, $"{rebound}\n");
            return;
        }

        if (await access.FindRefusalAsync(context) is { } refusal)
        {
            await HttpAnswer.WriteAsync(context, refusal.Status, HttpAnswer.PlainText, $"{refusal.Message}\n");
            return;
        }

        await HttpAnswer.WriteAsync(context, StatusCodes.Status200OK, type, figures());
    }

    // Requests arrive on the thread that serves native connections; a scrape must not hold those up.
    private static async Task LeaveSocketThread(HttpContext context, RequestDelegate next)
    {
        await Task.Yield();
        await next(context);
    }

    private static Task RefuseOtherMethods(HttpContext context, RequestDelegate next)
    {
        if (HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method))
        {
            return next(context);
        }

        context.Response.Headers.Allow = "GET, HEAD";
        return HttpAnswer.WriteAsync(
            context, StatusCodes.Status405MethodNotAllowed, HttpAnswer.PlainText, "Only GET and HEAD are served here.\n");
    }

    private static Task AnswerReadiness(HttpContext context, Readiness readiness) => readiness.Obstacle is not { } obstacle
        ? HttpAnswer.WriteAsync(
            context, StatusCodes.Status200OK, HttpAnswer.PlainText, readiness.Note is { } note ? $"ready\n{note}\n" : "ready\n")
        : HttpAnswer.WriteAsync(context, StatusCodes.Status503ServiceUnavailable, HttpAnswer.PlainText, $"{obstacle}\n");
}
