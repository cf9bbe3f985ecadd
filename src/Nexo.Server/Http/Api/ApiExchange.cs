using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Nexo.Protocol;
using Nexo.Server.Connections;
using Nexo.Server.Http.Links;

namespace Nexo.Server.Http.Api;

/// <summary>One request on its way through its handler: what it has asked for, the link that it is done over, and its answer.</summary>
internal sealed class ApiExchange(HttpContext http, HttpLink link, ApiRoute route, ApiValues values, TimeProvider time) : IDisposable
{
    private const string HeaderPrefix = "Nexo-Header-";
    private const string NoMemory = "The server has no memory for a body as large as this one; try again later.";

    private int _taken;

    public HttpContext Http { get; } = http;

    public HttpLink Link { get; } = link;

    public ApiRoute Route { get; } = route;

    public ApiValues Values { get; } = values;

    public TimeProvider Time { get; } = time;

    /// <summary>Gives back the memory that its bodies have taken.</summary>
    public void Dispose()
    {
        Link.Connection.All.Cap.Give(_taken);
        Link.Connection.All.CountBuffered(-_taken);
        _taken = 0;
    }

    /// <summary>Something is open on the link, or may be: it is of no more use.</summary>
    public bool IsLinkUsedUp { get; set; }

    private CancellationToken Aborted => Http.RequestAborted;

    /// <summary>Begins a request of the native protocol, to be sent by <see cref="AskAsync"/>.</summary>
    public FrameBuffer Begin(Opcode opcode, FrameFlags flags = FrameFlags.None) => Link.Begin(opcode, flags);

    /// <summary>
    /// Begins one that carries a message's headers: those that are called <c>Nexo-Header-NAME</c>, and the trace. Null: they are too many,
    /// which was answered.
    /// </summary>
    public async ValueTask<FrameBuffer?> BeginWithHeadersAsync(Opcode opcode)
    {
        List<KeyValuePair<string, string>> headers = [];
        foreach ((string name, Microsoft.Extensions.Primitives.StringValues given) in Http.Request.Headers)
        {
            string lower = name.ToLowerInvariant();
            bool isTrace = lower is HeaderBlock.TraceParent or HeaderBlock.TraceState;
            if (isTrace || (lower.Length > HeaderPrefix.Length && name.StartsWith(HeaderPrefix, StringComparison.OrdinalIgnoreCase)))
            {
                headers.AddRange(given.Select(value => KeyValuePair.Create(isTrace ? lower : lower[HeaderPrefix.Length..], value ?? "")));
            }
        }

        if (headers.Count == 0)
        {
            return Begin(opcode);
        }

        FrameBuffer frame = Begin(opcode, FrameFlags.Headers);
        try
        {
            HeaderBlock.Write(frame, headers.ToArray());
            return frame;
        }
        catch (ArgumentException failure)
        {
            Link.Abandon();
            await RefuseAsync(ErrorCode.InvalidArgument, failure.Message);
            return null;
        }
    }

    /// <summary>Copies the body of the request to the end of the frame that was begun; false: it is too large, as was answered.</summary>
    /// <param name="frame">Where it goes.</param>
    /// <param name="bytesMax">Of all that is in the frame then.</param>
    public async ValueTask<bool> TakeBodyAsync(FrameBuffer frame, int bytesMax = int.MaxValue)
    {
        bytesMax = Math.Min(bytesMax, Link.FrameBytesMax);
        PipeReader body = Http.Request.BodyReader;
        while (true)
        {
            if (!body.TryRead(out ReadResult read))
            {
                // It may take its time.
                Link.BeginIdle();
                read = await body.ReadAsync(Aborted);
                if (!await Link.EndIdleAsync())
                {
                    body.AdvanceTo(read.Buffer.End);
                    Link.Abandon();
                    await RefuseAsync(Link.Farewell ?? LinkFailure.Lost);
                    return false;
                }
            }

            if (frame.Count + read.Buffer.Length > bytesMax)
            {
                body.AdvanceTo(read.Buffer.End);
                Link.Abandon();
                await RefuseAsync(
                    ErrorCode.ValueTooLarge, $"With its name and headers, a body has at most {bytesMax} bytes here.");
                return false;
            }

            if (!TryTake(frame.Count + read.Buffer.Length))
            {
                body.AdvanceTo(read.Buffer.End);
                Link.Abandon();
                await RefuseAsync(ErrorCode.OutOfMemory, NoMemory);
                return false;
            }

            foreach (ReadOnlyMemory<byte> piece in read.Buffer)
            {
                frame.Write(piece.Span);
            }

            body.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
            {
                return true;
            }
        }
    }

    /// <summary>Sends the request that was begun; null: it was refused, which was answered.</summary>
    public async ValueTask<LinkFrame?> AskAsync()
    {
        (LinkFrame? reply, LinkFailure failure) = await TryAskAsync();
        if (reply is null)
        {
            await RefuseAsync(failure);
        }

        return reply;
    }

    /// <summary>Sends the request that was begun, and answers with what its reply says.</summary>
    /// <param name="fields">Writes them.</param>
    /// <param name="isCreated">Whether the reply tells of something new: then it is 201.</param>
    public async Task AnswerAsync(LinkWriter fields, Func<ReadOnlySpan<byte>, bool>? isCreated = null)
    {
        using LinkFrame? reply = await AskAsync();
        if (reply is not null)
        {
            bool isNew = isCreated?.Invoke(reply.Body) == true;
            await JsonAsync(Render(reply, fields), isNew ? StatusCodes.Status201Created : StatusCodes.Status200OK);
        }
    }

    /// <summary>Sends the request that was begun, and answers that it is done.</summary>
    public async Task AnswerEmptyAsync()
    {
        using LinkFrame? reply = await AskAsync();
        if (reply is not null)
        {
            await EmptyAsync(StatusCodes.Status204NoContent);
        }
    }

    /// <summary>As <see cref="AskAsync"/>, and answers nothing.</summary>
    public async ValueTask<(LinkFrame? Reply, LinkFailure Failure)> TryAskAsync()
    {
        Link.EndRequest();
        LinkFrame? answer = await Link.AskAsync(Aborted);
        if (answer is { Kind: FrameKind.Reply })
        {
            if (TryTake(_taken + (long)answer.Body.Length))
            {
                return (answer, default);
            }

            answer.Dispose();
            return (null, new LinkFailure(ErrorCode.OutOfMemory, NoMemory));
        }

        using (answer)
        {
            return (null, answer is null ? Unanswered() : LinkFailure.Of(answer));
        }
    }

    // Bodies beyond a little are part of what the process may have in memory; none for a body that comes is known before its end.
    private bool TryTake(long bytes)
    {
        int more = bytes > Outbox.RoomBytes ? (int)Math.Min(bytes, int.MaxValue) - _taken : 0;
        if (more <= 0)
        {
            return true;
        }

        if (!Link.Connection.All.Cap.TryTake(more))
        {
            return false;
        }

        Link.Connection.All.CountBuffered(more);
        _taken += more;
        return true;
    }

    // A write that was sent may have been done.
    private LinkFailure Unanswered()
    {
        LinkFailure why = Link.Farewell ?? LinkFailure.Lost;
        return !Link.HasSent || HttpMethods.IsGet(Route.Method)
            ? why
            : new LinkFailure(ErrorCode.Internal, $"It was not answered, so what became of it is not known: {why.Message}");
    }

    public Task RefuseAsync(ErrorCode code, string message) => RefuseAsync(new LinkFailure(code, message));

    public Task RefuseAsync(in LinkFailure failure) => ApiDispatcher.RefuseAsync(Http, failure);

    public Task EmptyAsync(int status) => HttpAnswer.WriteAsync(Http, status, type: null, ReadOnlyMemory<byte>.Empty);

    public Task BytesAsync(int status, ReadOnlyMemory<byte> body) =>
        HttpAnswer.WriteAsync(Http, status, "application/octet-stream", body);

    /// <summary>Asks, and answers with a count as the only field.</summary>
    public async Task AnswerCountAsync(string name)
    {
        using LinkFrame? reply = await AskAsync();
        if (reply is not null)
        {
            CountReply.TryRead(reply.Body, out CountReply count);
            await JsonAsync(Render(json => json.WriteNumber(name, count.Count)));
        }
    }

    /// <summary>Answers with one JSON object.</summary>
    public Task JsonAsync(ArrayBufferWriter<byte> json, int status = StatusCodes.Status200OK) =>
        HttpAnswer.WriteAsync(Http, status, "application/json", json.WrittenMemory);

    /// <summary>Writes one JSON object, to be given to <see cref="JsonAsync"/>.</summary>
    public static ArrayBufferWriter<byte> Render(Action<Utf8JsonWriter> fields)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(bytes, ApiJson.WriterOptions);
        json.WriteStartObject();
        fields(json);
        json.WriteEndObject();
        return bytes;
    }

    /// <summary>As <see cref="Render(Action{Utf8JsonWriter})"/>, of an answer, which can lie on the stack there.</summary>
    public static ArrayBufferWriter<byte> Render(LinkFrame reply, LinkWriter fields)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(bytes, ApiJson.WriterOptions);
        json.WriteStartObject();
        fields(json, reply.Body);
        json.WriteEndObject();
        return bytes;
    }
}

/// <summary>Writes the fields of an answer from the body of a reply.</summary>
internal delegate void LinkWriter(Utf8JsonWriter json, ReadOnlySpan<byte> body);
