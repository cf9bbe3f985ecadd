using System.Text;
using Microsoft.AspNetCore.Http;

namespace Nexo.Server.Http;

/// <summary>Writes answers, with the headers that all of them have.</summary>
internal static class HttpAnswer
{
    public const string PlainText = "text/plain; charset=utf-8";

    public static Task WriteAsync(HttpContext context, int status, string type, string body) =>
        WriteAsync(context, status, type, Encoding.UTF8.GetBytes(body));

    /// <param name="context">The request.</param>
    /// <param name="status">Of HTTP.</param>
    /// <param name="type">Of the body; null: there is none.</param>
    /// <param name="body">Left out for HEAD.</param>
    public static Task WriteAsync(HttpContext context, int status, string? type, ReadOnlyMemory<byte> body)
    {
        HttpResponse response = context.Response;
        Begin(response, status, type);
        if (type is null && status is StatusCodes.Status204NoContent or StatusCodes.Status304NotModified)
        {
            return Task.CompletedTask;
        }

        response.ContentLength = body.Length;
        return HttpMethods.IsHead(context.Request.Method) || body.IsEmpty
            ? Task.CompletedTask
            : response.Body.WriteAsync(body, context.RequestAborted).AsTask();
    }

    /// <summary>Sets what stands before a body of any length.</summary>
    public static void Begin(HttpResponse response, int status, string? type)
    {
        response.StatusCode = status;
        response.ContentType = type;
        response.Headers.CacheControl = "no-store";
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers.ContentSecurityPolicy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";
    }
}
