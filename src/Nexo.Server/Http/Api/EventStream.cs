using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Nexo.Protocol;
using Nexo.Server.Http.Links;

namespace Nexo.Server.Http.Api;

/// <summary>
/// Answers with what a subscription pushes, as server-sent events, until either side ends it. A client that does not read holds up the
/// link behind it, and so the subscription, as any client does; in silence a comment says that the server is there.
/// </summary>
internal sealed class EventStream(ApiExchange exchange, long countMax)
{
    /// <summary>Items that may be on their way.</summary>
    public const uint Credits = 512;

    public const string ContentType = "text/event-stream";

    private readonly PipeWriter _output = exchange.Http.Response.BodyWriter;
    private long _count;

    /// <summary>Writes the events of a push, by <see cref="WriteEvent"/>.</summary>
    public delegate void PushWriter(EventStream events, ReadOnlySpan<byte> push);

    // Proxies and clients take silence for an end no sooner than peers of the native protocol do.
    private TimeSpan Heartbeat => exchange.Link.Connection.Server.Options.PingAfterIdleMs is > 0 and var idleMs
        ? TimeSpan.FromMilliseconds(Math.Max(1, idleMs / 2))
        : Timeout.InfiniteTimeSpan;

    private bool IsDone => countMax > 0 && _count >= countMax;

    /// <summary>Opens the subscription that was begun, and answers; a refusal is answered as any.</summary>
    public async Task RunAsync(PushWriter write)
    {
        exchange.IsLinkUsedUp = true;
        using (LinkFrame? reply = await exchange.AskAsync())
        {
            if (reply is null)
            {
                return;
            }
        }

        HttpAnswer.Begin(exchange.Http.Response, StatusCodes.Status200OK, ContentType);

        // Proxies would gather them.
        exchange.Http.Response.Headers["X-Accel-Buffering"] = "no";
        if (HttpMethods.IsHead(exchange.Http.Request.Method))
        {
            return;
        }

        using var end = CancellationTokenSource.CreateLinkedTokenSource(exchange.Http.RequestAborted);
        Task<LinkFrame?>? next = null;
        try
        {
            await exchange.Http.Response.StartAsync(end.Token);
            await _output.FlushAsync(end.Token);
            using var pulse = new PeriodicTimer(Heartbeat, exchange.Time);
            Task<bool>? beat = null;
            bool goesOn = true;
            while (goesOn && !IsDone)
            {
                next ??= exchange.Link.ReadAsync(end.Token).AsTask();
                beat ??= pulse.WaitForNextTickAsync(end.Token).AsTask();
                if (await Task.WhenAny(next, beat) == next)
                {
                    using LinkFrame? frame = await next;
                    next = null;
                    goesOn = await WriteAsync(frame, write, end.Token);
                }
                else
                {
                    await beat;
                    beat = null;
                    _output.Write(":\n\n"u8);
                    goesOn = !(await _output.FlushAsync(end.Token)).IsCompleted;
                }
            }
        }
        finally
        {
            await end.CancelAsync();
            await ((Task?)next ?? Task.CompletedTask).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (next is { IsCompletedSuccessfully: true })
            {
                (await next)?.Dispose();
            }
        }
    }

    /// <summary>Writes one event with a JSON object.</summary>
    /// <param name="name">Null: a message.</param>
    /// <param name="id">What a client that comes back says it had last; null: nothing.</param>
    /// <param name="fields">Writes what is in it.</param>
    public void WriteEvent(string? name, ulong? id, Action<Utf8JsonWriter> fields)
    {
        if (name is null && IsDone)
        {
            return;
        }

        _count += name is null ? 1 : 0;
        if (name is not null)
        {
            _output.Write(Encoding.ASCII.GetBytes($"event: {name}\n"));
        }

        if (id is { } number)
        {
            _output.Write(Encoding.ASCII.GetBytes($"id: {number}\n"));
        }

        // A JSON text has no line breaks of its own.
        _output.Write("data: "u8);
        _output.Write(ApiExchange.Render(fields).WrittenSpan);
        _output.Write("\n\n"u8);
    }

    // False: it was the last.
    private async ValueTask<bool> WriteAsync(LinkFrame? frame, PushWriter write, CancellationToken cancel)
    {
        if (frame is { Kind: FrameKind.Push })
        {
            long before = _count;
            write(this, frame.Body);
            if ((await _output.FlushAsync(cancel)).IsCompleted)
            {
                return false;
            }

            if (_count > before)
            {
                await exchange.Link.AddCreditsAsync((uint)(_count - before), cancel);
            }

            return true;
        }

        LinkFailure failure = frame is null ? exchange.Link.Farewell ?? LinkFailure.Lost : LinkFailure.Of(frame);
        WriteEvent("end", null, json => ApiProblem.Write(json, ApiProblem.StatusOf(failure.Code), failure));
        await _output.FlushAsync(cancel);
        return false;
    }
}
