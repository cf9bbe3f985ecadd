using System.Buffers;
using System.Text.Json;
using Nexo.Protocol;
using Nexo.Server.Http.Links;

namespace Nexo.Server.Http.Api;

/// <summary>How a refusal is answered: by RFC 9457, with the error that the native protocol has for it.</summary>
internal static class ApiProblem
{
    // What is no error of the native protocol: there is nothing.
    private const string NotFound = "NotFound";

    public const string ContentType = "application/problem+json";

    public static ApiSchema Schema { get; } = ApiSchema.Of(
        ("type", ApiSchema.Text), ("title", ApiSchema.Text), ("status", ApiSchema.Number), ("detail", ApiSchema.Text),
        ("error", ApiSchema.Text), ("code", ApiSchema.Number), ("retryable", ApiSchema.Flag));

    /// <summary>The status of an error.</summary>
    public static int StatusOf(ErrorCode code) => code switch
    {
        ErrorCode.AuthenticationRequired or ErrorCode.AuthenticationFailed => 401,
        ErrorCode.AuthenticationThrottled or ErrorCode.UserLimitExceeded or ErrorCode.RateLimited
            or ErrorCode.TooManyInFlight => 429,
        ErrorCode.PermissionDenied or ErrorCode.TlsRequired => 403,
        ErrorCode.QueueNotFound or ErrorCode.StreamNotFound or ErrorCode.GroupNotFound or ErrorCode.ScheduleNotFound
            or ErrorCode.BindingNotFound or ErrorCode.NamespaceNotFound => 404,
        ErrorCode.WrongType or ErrorCode.NotAnInteger or ErrorCode.Overflow or ErrorCode.QueueConflict or ErrorCode.QueuePaused
            or ErrorCode.LeaseLost or ErrorCode.DeadLetterCycle or ErrorCode.BindingConflict or ErrorCode.StreamConflict
            or ErrorCode.SequenceGap or ErrorCode.MemberFenced or ErrorCode.GroupConflict or ErrorCode.BindingRefused => 409,
        ErrorCode.ValueTooLarge or ErrorCode.FrameTooLarge => 413,
        ErrorCode.OffsetOutOfRange => 416,
        ErrorCode.Internal or ErrorCode.StorageFailed => 500,
        ErrorCode.TooManyConnections or ErrorCode.ShuttingDown or ErrorCode.Recovering or ErrorCode.Cancelled
            or ErrorCode.KeysLoading or ErrorCode.SlowConsumer or ErrorCode.IdleTimeout => 503,
        ErrorCode.OutOfMemory or ErrorCode.QueueFull or ErrorCode.StorageFull or ErrorCode.TooManyQueues or ErrorCode.RetainedFull
            or ErrorCode.TooManyFilters or ErrorCode.TooManyStreams or ErrorCode.TooManyKeys => 507,

        // What is added later, by its kind.
        _ => ((int)code / 100) switch
        {
            2 => 403,
            3 => 503,
            5 => 500,
            _ => 400,
        },
    };

    /// <summary>Writes the fields of a problem.</summary>
    public static void Write(Utf8JsonWriter json, int status, in LinkFailure failure)
    {
        string name = failure.Code == ErrorCode.None ? NotFound : failure.Code.ToString();
        json.WriteString("type", $"urn:nexo:error:{name}");
        json.WriteString("title", name);
        json.WriteNumber("status", status);
        json.WriteString("detail", failure.Message);
        json.WriteString("error", name);
        json.WriteNumber("code", (int)failure.Code);
        json.WriteBoolean("retryable", ErrorCodes.IsRetryable(failure.Code));
    }

    /// <summary>As a whole document.</summary>
    public static ArrayBufferWriter<byte> Render(int status, in LinkFailure failure)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(bytes, ApiJson.WriterOptions);
        json.WriteStartObject();
        Write(json, status, failure);
        json.WriteEndObject();
        return bytes;
    }
}
