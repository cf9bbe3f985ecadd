using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Nexo.Server.Mqtt;
using Nexo.Server.Observability;

namespace Nexo.Server.Http;

/// <summary>The HTTP port: a handful of pages to read, and nothing to change.</summary>
internal static class HttpPipeline
{
    private const string PlainText = "text/plain; charset=utf-8";

    public static void UseNexoHttp(this WebApplication app)
    {
        app.Use(LeaveSocketThread);
        app.Use(RefuseOtherMethods);

        var metrics = app.Services.GetRequiredService<NexoMetrics>();
        var readiness = app.Services.GetRequiredService<Readiness>();
        var page = app.Services.GetRequiredService<StatusPage>();
        var mqtt = app.Services.GetRequiredService<MqttWebSocket>();
        if (mqtt.IsOn)
        {
            app.UseWebSockets();
            app.Map(MqttWebSocket.Path, branch => branch.Run(mqtt.ServeAsync));
        }

        var access = app.Services.GetRequiredService<HttpAccess>();
        app.Run(context => context.Request.Path.Value switch
        {
            "/" => AnswerFigures(context, access, "text/html; charset=utf-8", page.Render),
            "/healthz" => Answer(context, StatusCodes.Status200OK, PlainText, "alive\n"),
            "/readyz" => AnswerReadiness(context, readiness),
            "/metrics" => AnswerFigures(context, access, PrometheusText.ContentType, metrics.Scrape),
            _ => Answer(context, StatusCodes.Status404NotFound, PlainText,
                "Nothing is here. There are /, /healthz, /readyz and /metrics.\n"),
        });
    }

    private static async Task AnswerFigures(HttpContext context, HttpAccess access, string type, Func<string> figures)
    {
        if (await access.FindRefusalAsync(context) is { } refusal)
        {
            await Answer(context, refusal.Status, PlainText, $"{refusal.Message}\n");
            return;
        }

        await Answer(context, StatusCodes.Status200OK, type, figures());
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
        return Answer(context, StatusCodes.Status405MethodNotAllowed, PlainText, "Only GET and HEAD are served here.\n");
    }

    private static Task AnswerReadiness(HttpContext context, Readiness readiness) => readiness.Obstacle is not { } obstacle
        ? Answer(context, StatusCodes.Status200OK, PlainText, readiness.Note is { } note ? $"ready\n{note}\n" : "ready\n")
        : Answer(context, StatusCodes.Status503ServiceUnavailable, PlainText, $"{obstacle}\n");

    private static Task Answer(HttpContext context, int status, string type, string body)
    {
        HttpResponse response = context.Response;
        response.StatusCode = status;
        response.ContentType = type;
        response.Headers.CacheControl = "no-store";
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers.ContentSecurityPolicy = "default-src 'none'; style-src 'unsafe-inline'";
        response.ContentLength = System.Text.Encoding.UTF8.GetByteCount(body);
        return HttpMethods.IsHead(context.Request.Method) ? Task.CompletedTask : response.WriteAsync(body);
    }
}
